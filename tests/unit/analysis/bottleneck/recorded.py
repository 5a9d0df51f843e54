"""Which real runs are there, and what was the truth about each?

`tests/golden/zoo/README.md` says how they were made.
"""

import gzip
import json
from dataclasses import dataclass, replace
from pathlib import Path

from capacity.model.run import Run
from capacity.storage.decoding import decode_run
from tests.targets.registry import target
from tests.targets.target import Target

ZOO = Path(__file__).parents[3] / "golden" / "zoo"
_SUFFIX = ".json.gz"
_BLIND = ".blind"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A run of a target of the zoo, with its monitors on or off."""

    path: Path

    @property
    def name(self) -> str:
        """As the file is called."""
        return self.path.name.removesuffix(_SUFFIX)

    @property
    def target(self) -> Target:
        """The service that was climbed, with its one bottleneck."""
        return target(self.name.removesuffix(_BLIND))

    @property
    def is_watched(self) -> bool:
        """Whether the tool was told of its resources."""
        return not self.name.endswith(_BLIND)

    def run(self) -> Run:
        """What the tool has measured."""
        return decode_run(json.loads(gzip.decompress(self.path.read_bytes())), file=self.path.name)


RECORDED = tuple(Recorded(path) for path in sorted(ZOO.glob(f"*{_SUFFIX}")))
WATCHED = tuple(one for one in RECORDED if one.is_watched)


def blinded(run: Run) -> Run:
    """The run as if nothing had been asked of its resources."""
    steps = tuple(replace(step, resources=(), changes=()) for step in run.steps)
    return replace(run, steps=steps)
