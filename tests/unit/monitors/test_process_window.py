"""What happened to a process from one look to the next."""

from dataclasses import replace

import pytest

from capacity.model.resources import ChangeKind
from capacity.monitors.process_looks import Basis, Sight
from capacity.monitors.process_window import changes_among
from tests.unit.monitors.looks import LIMITS, MIB, a_look, an_absence

SUCCESSOR = a_look(2.0, generation=1, subject="pid 8 api")


@pytest.mark.parametrize(
    ("sights", "wanted"),
    [
        pytest.param((a_look(0.0), a_look(1.0)), [], id="nothing"),
        pytest.param(
            (a_look(0.0), an_absence(1.0), an_absence(2.0)),
            [(ChangeKind.PROCESS_ENDED, "pid 7 api", "pid 7 api has ended", 1.0)],
            id="ended, told once",
        ),
        pytest.param(
            (a_look(0.0), SUCCESSOR),
            [(ChangeKind.RESTARTED, "pid 8 api", "pid 7 api -> pid 8 api", 2.0)],
            id="replaced between two looks",
        ),
        pytest.param(
            (an_absence(1.0), SUCCESSOR),
            [(ChangeKind.RESTARTED, "pid 8 api", "pid 7 api -> pid 8 api", 2.0)],
            id="replaced after a while",
        ),
        pytest.param(
            (
                a_look(0.0),
                a_look(1.0, limits=replace(LIMITS, cores=0.5, cores_basis=Basis.QUOTA)),
            ),
            [(ChangeKind.LIMIT_CHANGED, "pid 7 api", "cpu: 2 cores -> 0.5 cores", 1.0)],
            id="a quota was set",
        ),
        pytest.param(
            (a_look(0.0), a_look(1.0, limits=replace(LIMITS, memory_bytes=500 * MIB))),
            [(ChangeKind.LIMIT_CHANGED, "pid 7 api", "memory: 1000 MiB -> 500 MiB", 1.0)],
            id="a memory limit was set",
        ),
        pytest.param(
            (a_look(0.0, oom_kills=1), a_look(1.0, oom_kills=3)),
            [
                (
                    ChangeKind.OOM_KILLED,
                    "pid 7 api",
                    "2 killed in the control group of its memory limit",
                    1.0,
                )
            ],
            id="killed for want of memory",
        ),
        pytest.param((a_look(0.0, oom_kills=3), a_look(1.0, oom_kills=3)), [], id="killed before"),
    ],
)
def test_changes_are_told_once_with_from_and_to(
    sights: tuple[Sight, ...], wanted: list[tuple[ChangeKind, str, str, float]]
) -> None:
    """Each has its time, and the process it happened to."""
    changes = changes_among(sights)

    assert [(c.kind, c.subject, c.detail, c.seen_at_unix_s) for c in changes] == wanted
