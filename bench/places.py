"""Where does the comparison keep its things? All of it goes with `make clean`, but the page."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
HERE = ROOT / "bench"
CLIENTS = HERE / "clients"
TOOLS = ROOT / "build" / "bench-tools"
RESULTS = ROOT / "build" / "bench"
SCRATCH = RESULTS / "scratch"
PAGE = ROOT / "docs" / "performance.md"
CAPACITY = Path(sys.executable).parent / "capacity"
FLOOR = ROOT / "target" / "release" / "floor"
