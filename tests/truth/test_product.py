"""Tests that what only tests may do is not in what is shipped."""

import re
from pathlib import Path

from capacity import _core
from tests.truth.soak import SERVER

ROOT = Path(__file__).parents[2]
DEFECT = re.compile(r'^ +[A-Z]\w+ = "([a-z-]+)",$', re.MULTILINE)


def test_neither_the_audit_nor_a_defect_is_in_the_product() -> None:
    """Names and symbols that the program of the truth suite has are not in the compiled module."""
    source = (ROOT / "crates/loadgen/src/mutants.rs").read_text(encoding="utf-8")
    defects = [name.encode() for name in DEFECT.findall(source)]
    hooks = [b"\r\nX-Id: ", b"audit4kept"]
    product = Path(_core.__file__).read_bytes()
    suite = SERVER.with_name("truth").read_bytes()

    assert len(defects) >= 15
    assert [word for word in defects + hooks if word not in suite] == []
    assert [word for word in defects + hooks if word in product] == []
