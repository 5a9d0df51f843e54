"""Is everything named in which two runs differ beside their path, and nothing else?"""

from collections.abc import Callable
from dataclasses import replace

import pytest

from capacity.analysis.paths_plans import differences
from capacity.model.load import Arrivals, ConcurrencyLadder, RateLadder
from capacity.model.paths import PlanDifference, SecondRole, Unlike
from capacity.model.plan import EngineName, Header, HttpRequest, PythonCall, RunPlan, Secret
from capacity.model.run import Run
from capacity.model.snapshot import Counts
from tests.unit.builders import ERROR_RULE
from tests.unit.path_builders import a_path_run, a_path_step

OUTSIDE = a_path_run([a_path_step(1, 50.0)], port=443, scheme="https")
INSIDE = a_path_run([a_path_step(1, 90.0)])
CALL = HttpRequest("GET", Secret(b"/"), "/", (), None)


def planned(change: Callable[[RunPlan], RunPlan], run: Run = INSIDE) -> Run:
    """The run with another plan."""
    return replace(run, plan=change(run.plan))


def calling(call: HttpRequest | PythonCall, run: Run = INSIDE) -> Run:
    """The run with another call."""
    return planned(lambda plan: replace(plan, scenario=replace(plan.scenario, call=call)), run)


def answered(run: Run, received_bytes: int) -> Run:
    """The run with 100 answers of this size each."""
    counts = Counts(started=100, ok=100, received_bytes=100 * received_bytes)
    return replace(run, steps=tuple(replace(step, counts=counts) for step in run.steps))


def header(name: str) -> Header:
    """A header whose value nobody sees."""
    return Header(name, Secret(b"secret"))


RATES = RateLadder((100.0,), Arrivals.POISSON, 64)


@pytest.mark.parametrize(
    ("inside", "unlike"),
    [
        pytest.param(INSIDE, None, id="only the address"),
        pytest.param(
            calling(replace(CALL, method="POST")),
            Unlike(PlanDifference.METHOD, "GET", "POST"),
            id="method",
        ),
        pytest.param(
            calling(replace(CALL, path=Secret(b"/x"), shown_path="/x")),
            Unlike(PlanDifference.PATH, "/", "/x"),
            id="path",
        ),
        pytest.param(
            calling(PythonCall("shop.py", "buy", ())),
            Unlike(PlanDifference.PATH, "/", "shop.py:buy"),
            id="code",
        ),
        pytest.param(
            calling(replace(CALL, body=Secret(b"12345"))),
            Unlike(PlanDifference.BODY, "-", "5 B"),
            id="body",
        ),
        pytest.param(
            calling(replace(CALL, headers=(header("Cookie"), header("Accept")))),
            Unlike(PlanDifference.HEADERS, "-", "accept, cookie"),
            id="headers",
        ),
        pytest.param(
            calling(replace(CALL, headers=(header("Host"),))), None, id="a host is of the way"
        ),
        pytest.param(
            planned(lambda plan: replace(plan, engine=EngineName.AIOHTTP)),
            Unlike(PlanDifference.ENGINE, "native", "aiohttp"),
            id="engine",
        ),
        pytest.param(
            planned(lambda plan: replace(plan, ladder=ConcurrencyLadder((1, 8)))),
            Unlike(PlanDifference.LEVELS, "1", "1, 8"),
            id="levels",
        ),
        pytest.param(
            planned(lambda plan: replace(plan, hold_s=60.0)),
            Unlike(PlanDifference.HOLD, "30s", "60s"),
            id="hold",
        ),
        pytest.param(
            planned(lambda plan: replace(plan, rules=(ERROR_RULE,))),
            Unlike(
                PlanDifference.LIMITS,
                "error_rate > 1% over 10s, gain < 3% for 2 steps, p99 > 10x first over 10s",
                "error_rate > 1% over 10s",
            ),
            id="limits",
        ),
        pytest.param(
            answered(INSIDE, 5000),
            Unlike(PlanDifference.ANSWER_SIZE, "500 B", "4.88 KiB"),
            id="size of answers",
        ),
        pytest.param(answered(INSIDE, 1000), None, id="some headers more"),
        pytest.param(answered(INSIDE, 0), None, id="some headers less"),
        pytest.param(replace(INSIDE, steps=()), None, id="no answers"),
        pytest.param(
            replace(
                INSIDE, started_at_unix_s=INSIDE.started_at_unix_s + 90_000, run_id="20261122-0"
            ),
            Unlike(PlanDifference.AGE, "20261121-041207-9f3a", "20261122-0"),
            id="age",
        ),
        pytest.param(
            OUTSIDE,
            Unlike(PlanDifference.SAME_TARGET, "https://127.0.0.1:443 /", ""),
            id="the same address",
        ),
    ],
)
def test_what_differs_inside(inside: Run, unlike: Unlike | None) -> None:
    """One thing differs, and exactly that is told with both of its values."""
    found = differences(OUTSIDE, inside, SecondRole.INSIDE)

    assert found == (() if unlike is None else (unlike,))


def test_a_baseline_has_another_request_at_the_same_address() -> None:
    """Its request and the size of its answers differ by design; its address should not."""
    health = answered(calling(replace(CALL, method="HEAD"), OUTSIDE), 5000)
    elsewhere = calling(replace(CALL, method="HEAD"))

    assert differences(OUTSIDE, health, SecondRole.BASELINE) == ()
    assert differences(OUTSIDE, elsewhere, SecondRole.BASELINE) == (
        Unlike(PlanDifference.TARGET, "https://127.0.0.1:443", "http://127.0.0.1:8080"),
    )


def test_planned_starts_differ_in_how_they_come() -> None:
    """Poisson or constant; levels are then rates."""
    poisson = planned(lambda plan: replace(plan, ladder=RATES), OUTSIDE)
    constant = planned(
        lambda plan: replace(plan, ladder=replace(RATES, arrivals=Arrivals.CONSTANT))
    )

    assert differences(poisson, constant, SecondRole.INSIDE) == (
        Unlike(PlanDifference.ARRIVALS, "poisson", "constant"),
    )


def test_of_tables_nothing_is_known() -> None:
    """A steps.csv has no plan, so nothing can be said to differ."""
    assert differences(None, INSIDE, SecondRole.INSIDE) == ()
    assert differences(OUTSIDE, None, SecondRole.INSIDE) == ()


def test_a_request_of_its_own_is_told_from_other_differences() -> None:
    """Another method may explain another throughput; another ladder does not."""
    assert PlanDifference.METHOD.is_of_the_request
    assert PlanDifference.SAME_TARGET.is_of_the_request
    assert not PlanDifference.LEVELS.is_of_the_request
