"""What can be asked of `python -m bench`, and in which order is it done?"""

import argparse
import os
import resource
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench import store
from bench.document import page, terminal, verdict_line
from bench.install import find
from bench.machine import facts_of_machine
from bench.model import Absent, Sample, Tool
from bench.nginx import Nginx
from bench.peers import PEERS
from bench.places import PAGE, RESULTS, ROOT
from bench.rounds import Course, run_rounds
from bench.table import Table, rows_of
from bench.targets import TARGETS, write_request_files
from bench.verdicts import verdicts_of

_SERVER_TOOLS = ("nginx", "openssl")
_COMPARED = "compared"
_EVERYTHING = "all clients and targets"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for; only a complete comparison makes the page of the project."""

    course: Course
    is_complete: bool
    is_page_only: bool


def main(words: Sequence[str]) -> int:
    """Install, measure, write; 1 if there is nothing to show."""
    wanted = parse(words)
    if not wanted.is_page_only and not _measure(wanted):
        return 1
    if not (RESULTS / store.FACTS).exists():
        _say("no comparison has come to its end yet, so there is nothing to show: make bench")
        return 1
    _show()
    return 0


def parse(words: Sequence[str]) -> Wanted:
    """The command line; ends the process with a message if it names what is not there."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="turns of each client, default 3")
    parser.add_argument("--seconds", type=int, default=2, help="load of each turn, default 2")
    parser.add_argument("--peers", type=_names(PEERS), default=(), help="some of the clients")
    parser.add_argument("--targets", type=_names(TARGETS), default=(), help="some of the targets")
    parser.add_argument("--page-only", action="store_true", help="no load: from the CSV files")
    given = parser.parse_args(words)
    if given.rounds < 1 or given.seconds < 1:
        parser.error("--rounds and --seconds must be at least 1")
    course = Course(
        targets=[TARGETS[name] for name in given.targets or TARGETS],
        peers=[PEERS[name] for name in given.peers or PEERS],
        rounds=given.rounds,
        seconds=given.seconds,
    )
    is_complete = not given.targets and not given.peers
    return Wanted(course, is_complete, given.page_only)


def _names(known: Mapping[str, object]) -> Callable[[str], tuple[str, ...]]:
    def parse(text: str) -> tuple[str, ...]:
        names = tuple(name for name in text.replace(",", " ").split())
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(known)}")
        return names

    return parse


def _measure(wanted: Wanted) -> bool:
    course = wanted.course
    # Client and server inherit it; 10,000 connections need it.
    _, limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    names = dict.fromkeys([*_SERVER_TOOLS, *(peer.tool for peer in course.peers)])
    tools = {name: find(name, _say) for name in names}
    for name, tool in tools.items():
        _say(f"{name}: {_described(tool)}")
    nginx, openssl = (tools[name] for name in _SERVER_TOOLS)
    if isinstance(nginx, Absent) or isinstance(openssl, Absent):
        _say("there is no server to load, so nothing was measured")
        return False
    write_request_files()
    (RESULTS / store.FACTS).unlink(missing_ok=True)  # they are written when all samples are
    facts = facts_of_machine()
    samples: list[Sample] = []
    store.write_samples(RESULTS / store.SAMPLES, samples)
    with Nginx(nginx.path, openssl.path, RESULTS / "nginx") as server:
        for sample in run_rounds(course, tools, server, _say):
            samples.append(sample)
            store.write_samples(RESULTS / store.SAMPLES, samples)
    facts["load"] = f"rounds: {course.rounds}, of {course.seconds} s each"
    facts[_COMPARED] = _EVERYTHING if wanted.is_complete else "a part"
    facts |= {name: _described(tool) for name, tool in tools.items()}
    store.write_facts(RESULTS / store.FACTS, facts)
    return True


def _show() -> None:
    rows = rows_of(store.read_samples(RESULTS / store.SAMPLES))
    facts = store.read_facts(RESULTS / store.FACTS)
    store.write_medians(RESULTS / store.MEDIANS, rows)
    table = Table(rows)
    verdicts = verdicts_of(table)
    # A page of some rows would look like the whole comparison.
    target = PAGE if facts[_COMPARED] == _EVERYTHING else RESULTS / PAGE.name
    target.write_text(page(table, verdicts, facts), encoding="utf-8")
    for name in table.targets():
        _say(f"\n{terminal(table, name)}")
    _say("")
    for verdict in verdicts:
        _say(verdict_line(verdict))
    _say(f"written: {target.relative_to(ROOT)}, {os.path.relpath(RESULTS, ROOT)}/*.csv")


def _described(tool: Tool | Absent) -> str:
    return tool.version if isinstance(tool, Tool) else f"not installed: {tool.reason}"


def _say(text: str) -> None:
    print(text, flush=True)
