"""In which order do clients and targets take their turns?"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.measure import measure
from bench.model import Absent, Peer, Sample, Tool
from bench.nginx import Nginx
from bench.targets import Target


@dataclass(frozen=True, slots=True)
class Course:
    """What is to be measured, and how long."""

    targets: Sequence[Target]
    peers: Sequence[Peer]
    rounds: int
    seconds: int


def run_rounds(
    course: Course,
    tools: Mapping[str, Tool | Absent],
    server: Nginx,
    say: Callable[[str], None],
) -> Iterator[Sample]:
    """Every client once, then every client again, target by target."""
    for target in course.targets:
        for round_number in range(1, course.rounds + 1):
            for peer, tool in _able(course, target, tools, server):
                sample = measure(peer, tool, target, course.seconds, round_number, server)
                say(f"{target.name} {round_number}/{course.rounds} {_line(sample)}")
                yield sample


def _able(
    course: Course, target: Target, tools: Mapping[str, Tool | Absent], server: Nginx
) -> Iterator[tuple[Peer, Tool]]:
    load = target.load(server, course.seconds)
    for peer in course.peers:
        tool = tools[peer.tool]
        if target.concerns(peer) and isinstance(tool, Tool) and peer.cannot(load) is None:
            yield peer, tool


def _line(sample: Sample) -> str:
    if sample.problem:
        return f"{sample.peer}: {sample.problem}"
    return f"{sample.peer}: {sample.cpu_us:.2f} us CPU per request, {sample.qps:,.0f} requests/s"
