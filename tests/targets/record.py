"""How is a run of the zoo kept, small enough to be golden input of the pure function?

Without its histograms, which the function does not look at, without what was found, which is found
anew, and without the name of the machine's kernel.
"""

import gzip
import json
from pathlib import Path
from typing import Any

from tests.targets.play import Play

_DRAWN_ANEW = ("bottleneck", "capacity", "knee", "peak", "missing", "exit")


def record(play: Play, folder: Path) -> Path:
    """Write `CASE.json.gz`, or `CASE.blind.json.gz` of a run without monitors."""
    run: dict[str, Any] = json.loads(play.run_json.read_text())
    for key in _DRAWN_ANEW:
        run.pop(key, None)
    for step in run["steps"]:
        step["latency_blob"] = ""
    run["environment"]["platform"] = "Linux"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{play.target}{'' if play.is_watched else '.blind'}.json.gz"
    text = json.dumps(run, separators=(",", ":"), ensure_ascii=False)
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    return path
