"""Does `capacity --help` stay light? It loads click and nothing that is slow."""

import subprocess
import sys

HEAVY = {"aiohttp", "matplotlib", "numpy", "pydantic", "rich", "scipy", "yaml"}
PROGRAM = """
import sys
from capacity.commands.cli import main
sys.argv = ["capacity", "--help"]
try:
    main()
except SystemExit as end:
    assert end.code in (0, None), end.code
print(" ".join(sorted(sys.modules)), file=sys.stderr)
"""


def test_help_loads_no_heavy_library() -> None:
    """After the help of the whole command none of the slow libraries has been imported."""
    command = [sys.executable, "-c", PROGRAM]
    ended = subprocess.run(command, check=True, capture_output=True, text=True)
    loaded = set(ended.stderr.splitlines()[-1].split())
    assert "click" in loaded
    assert loaded & HEAVY == set()
    assert ended.stdout.startswith("Usage: capacity")
