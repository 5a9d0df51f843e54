"""In which order do clients and targets take their turns?"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.measure import measure, unmeasured
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
        load = target.load(server, course.seconds)
        clients = [peer for peer in course.peers if target.concerns(peer)]
        for round_number in range(1, course.rounds + 1):
            for peer in clients:
                tool = tools[peer.tool]
                if isinstance(tool, Absent):
                    continue
                reason = peer.cannot(load)
                if reason is None:
                    sample = measure(peer, tool, target, course.seconds, round_number, server)
                else:
                    sample = unmeasured(peer, target, round_number, reason)
                say(f"{target.name} {round_number}/{course.rounds} {_line(sample)}")
                yield sample


def _line(sample: Sample) -> str:
    if sample.problem:
        return f"{sample.peer}: {sample.problem}"
    return f"{sample.peer}: {sample.cpu_us:.2f} us CPU per request, {sample.qps:,.0f} requests/s"
