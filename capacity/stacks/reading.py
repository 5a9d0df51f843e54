"""Which format does a profile have, and what does it say?"""

from capacity.stacks.folded import read_folded
from capacity.stacks.pprof import GZIP_MAGIC, read_pprof
from capacity.stacks.sampled import Sampled, StackError

PPROF_FILE = "profile.pb.gz"
FOLDED_FILE = "profile.folded"


def file_name_of(content: bytes) -> str:
    """What the file of a profile is called: its first bytes tell."""
    return PPROF_FILE if content.startswith(GZIP_MAGIC) else FOLDED_FILE


def read_stacks(content: bytes) -> Sampled:
    """Add up the stacks of a profile of either format; StackError says why that cannot be."""
    if not content:
        raise StackError("it is empty")
    read = read_pprof if content.startswith(GZIP_MAGIC) else read_folded
    sampled = read(content)
    if sampled.total <= 0:
        raise StackError("it has no sample: nothing ran, or what it counts is switched off")
    return sampled
