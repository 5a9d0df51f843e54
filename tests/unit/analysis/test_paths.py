"""Is the side of the limit named from what both paths carry, and only where that decides it?"""

from dataclasses import replace

import pytest

from capacity.analysis.findings import EXIT_NOT_VALID
from capacity.analysis.paths import (
    PathSource,
    compare_paths,
    is_comparable,
    role_of_second,
)
from capacity.model.confidence import Confidence
from capacity.model.findings import (
    CapacityKind,
    Estimate,
    Knee,
    NoCapacity,
    NoCapacityReason,
    NoKnee,
    NoKneeReason,
)
from capacity.model.load import ClosedLoop
from capacity.model.paths import PathVerdict, PlanDifference, SecondRole, Undecided
from capacity.model.plan import HttpRequest, Secret
from tests.unit.builders import NO_KNEE, a_knee
from tests.unit.measured_builders import a_confirmation
from tests.unit.path_builders import a_capacity, a_path_run, a_path_step, a_source

INSIDE = SecondRole.INSIDE
OPEN_END = CapacityKind.NO_FAILURE_IN_RANGE
BELOW = NoKnee(NoKneeReason.BELOW_RANGE, "saturated from the first step on")
NONE = NoCapacity(NoCapacityReason.NO_STEP)


@pytest.mark.parametrize(
    ("outside", "inside", "verdict", "undecided"),
    [
        pytest.param(
            a_source(qps=200),
            a_source("inside", 800),
            PathVerdict.ONLY_OUTSIDE,
            None,
            id="inside scales further",
        ),
        pytest.param(
            a_source(qps=200),
            a_source("inside", capacity=a_capacity(800, kind=OPEN_END)),
            PathVerdict.ONLY_OUTSIDE,
            None,
            id="inside scales further and still grew",
        ),
        pytest.param(
            a_source(qps=200),
            a_source("inside", 800, exit_code=EXIT_NOT_VALID),
            PathVerdict.ONLY_OUTSIDE,
            None,
            id="a bound that its generator set is enough",
        ),
        pytest.param(
            a_source(qps=200, exit_code=EXIT_NOT_VALID),
            a_source("inside", 800),
            PathVerdict.GENERATOR,
            None,
            id="the generator was the limit outside",
        ),
        pytest.param(
            a_source(qps=800),
            a_source("inside", 800, exit_code=EXIT_NOT_VALID),
            PathVerdict.GENERATOR,
            None,
            id="a bound that its generator set is not enough",
        ),
        pytest.param(
            a_source(capacity=NONE, exit_code=EXIT_NOT_VALID),
            a_source("inside", 800),
            PathVerdict.GENERATOR,
            None,
            id="the generator was the limit from the first step on",
        ),
        pytest.param(
            a_source(qps=800), a_source("inside", 790), PathVerdict.SHARED, None, id="alike"
        ),
        pytest.param(
            a_source(qps=800),
            a_source("inside", capacity=a_capacity(860, 1.001)),
            PathVerdict.SHARED,
            None,
            id="surely more, but hardly",
        ),
        pytest.param(
            a_source(qps=800),
            a_source("inside", capacity=a_capacity(800, 1.3)),
            PathVerdict.INCONCLUSIVE,
            Undecided.TOO_WIDE,
            id="alike, but nobody knows",
        ),
        pytest.param(
            a_source(capacity=a_capacity(700, 1.2)),
            a_source("inside", capacity=a_capacity(800, 1.2)),
            PathVerdict.INCONCLUSIVE,
            Undecided.TOO_WIDE,
            id="more, but the intervals overlap",
        ),
        pytest.param(
            a_source(qps=800),
            a_source("inside", 200),
            PathVerdict.INSIDE_LESS,
            None,
            id="inside carries less",
        ),
        pytest.param(
            a_source(qps=800),
            a_source("inside", capacity=a_capacity(200, kind=OPEN_END)),
            PathVerdict.INCONCLUSIVE,
            Undecided.NOT_DRIVEN,
            id="inside carries less, but was not driven",
        ),
        pytest.param(
            a_source(capacity=a_capacity(200, kind=OPEN_END)),
            a_source("inside", 800),
            PathVerdict.INCONCLUSIVE,
            Undecided.NOT_DRIVEN,
            id="outside was not driven",
        ),
        pytest.param(
            a_source(capacity=a_capacity(200, kind=OPEN_END)),
            a_source("inside", capacity=a_capacity(800, kind=OPEN_END)),
            PathVerdict.NO_LIMIT,
            None,
            id="both still grew",
        ),
        pytest.param(
            a_source(capacity=NONE),
            a_source("inside", 800),
            PathVerdict.INCONCLUSIVE,
            Undecided.NO_CAPACITY,
            id="no capacity outside",
        ),
        pytest.param(
            a_source(qps=800),
            a_source("inside", capacity=replace(a_capacity(800), qps_range=None)),
            PathVerdict.INCONCLUSIVE,
            Undecided.NO_INTERVAL,
            id="no interval inside",
        ),
        pytest.param(
            a_source(capacity=replace(a_capacity(9), qps_range=Estimate(9, 0, 20))),
            a_source("inside", 800),
            PathVerdict.INCONCLUSIVE,
            Undecided.NO_INTERVAL,
            id="an interval down to zero",
        ),
    ],
)
def test_where_the_limit_sits(
    outside: PathSource, inside: PathSource, verdict: PathVerdict, undecided: Undecided | None
) -> None:
    """The side that carries more has not the limit; a lower bound decides only where it can."""
    compared = compare_paths(outside, inside, INSIDE)

    assert (compared.verdict, compared.undecided) == (verdict, undecided)


@pytest.mark.parametrize(
    ("outside", "inside", "confidence"),
    [
        pytest.param(a_source(qps=200), a_source("inside", 800), Confidence.HIGH, id="far"),
        pytest.param(
            a_source(capacity=a_capacity(200)),
            a_source("inside", capacity=a_capacity(225)),
            Confidence.MEDIUM,
            id="not far",
        ),
        pytest.param(a_source(qps=800), a_source("inside", 200), Confidence.HIGH, id="far less"),
        pytest.param(
            a_source(capacity=a_capacity(225)),
            a_source("inside", capacity=a_capacity(200)),
            Confidence.MEDIUM,
            id="not far less",
        ),
        pytest.param(a_source(qps=800), a_source("inside", 800), Confidence.HIGH, id="same knee"),
        pytest.param(
            a_source(knee=a_knee(20.0)),
            a_source("inside", knee=a_knee(8.0)),
            Confidence.MEDIUM,
            id="another knee",
        ),
        pytest.param(
            a_source(knee=a_knee(8.0)),
            a_source("inside", knee=a_knee(20.0)),
            Confidence.MEDIUM,
            id="a later knee inside",
        ),
        pytest.param(
            a_source(knee=BELOW),
            a_source("inside", knee=BELOW),
            Confidence.HIGH,
            id="both flat from the start",
        ),
        pytest.param(
            a_source(knee=NO_KNEE), a_source("inside", knee=BELOW), Confidence.MEDIUM, id="one flat"
        ),
        pytest.param(a_source(capacity=NONE), a_source("inside"), None, id="nothing is concluded"),
    ],
)
def test_how_sure_that_is(
    outside: PathSource, inside: PathSource, confidence: Confidence | None
) -> None:
    """A clear distance or the same knee is high, the rest medium, no verdict has none."""
    assert compare_paths(outside, inside, INSIDE).confidence is confidence


def test_another_request_is_never_high() -> None:
    """Two unlike requests may differ for another reason than the path."""
    inside = a_source("inside", 800)
    assert inside.run is not None
    call = HttpRequest("POST", Secret(b"/"), "/", (), None)
    scenario = replace(inside.run.plan.scenario, call=call)
    posted = replace(inside.run, plan=replace(inside.run.plan, scenario=scenario))

    compared = compare_paths(a_source(qps=200), replace(inside, run=posted), INSIDE)

    assert [one.what for one in compared.differences] == [PlanDifference.METHOD]
    assert compared.verdict is PathVerdict.ONLY_OUTSIDE
    assert compared.confidence is Confidence.MEDIUM


def test_the_scale_is_told_from_the_ends_of_both_intervals() -> None:
    """800 within 3 % over 200 within 3 %: four times, from 3.77 to 4.24."""
    scale = compare_paths(a_source(qps=200), a_source("inside", 800), INSIDE).scale_ratio

    assert scale is not None
    assert (scale.value, scale.low, scale.high) == pytest.approx((4, 4 / 1.0609, 4 * 1.0609))


def overhead(outside_s: float, inside_s: float, *, setup_s: float = 0.0) -> tuple[object, ...]:
    """Shares of the path in a request over TLS that opens a connection each time."""
    first = a_path_step(
        1,
        50.0,
        p50_s=outside_s,
        connect_s=setup_s / 4,
        tls_s=3 * setup_s / 4,
        connects=1500,
    )
    outside = a_source(run=a_path_run([first], port=443, scheme="https"))
    inside = a_source("inside", run=a_path_run([a_path_step(1, 90.0, p50_s=inside_s)]))
    compared = compare_paths(outside, inside, INSIDE)
    return compared.added_ratio, compared.setup_ratio, compared.is_overhead


@pytest.mark.parametrize(
    ("outside_s", "inside_s", "setup_s", "added", "setup", "is_much"),
    [
        pytest.param(0.010, 0.010, 0.0, 0.0, 0.0, False, id="none"),
        pytest.param(0.010, 0.0071, 0.0, 0.29, 0.0, False, id="hardly less than much"),
        pytest.param(0.010, 0.0069, 0.0, 0.31, 0.0, True, id="much is added"),
        pytest.param(0.018, 0.018, 0.062, 0.775, 0.775, True, id="62 of 80 ms are set-up"),
        pytest.param(0.0081, 0.0081, 0.0019, 0.19, 0.19, False, id="some set-up"),
    ],
)
def test_what_the_way_costs(
    *, outside_s: float, inside_s: float, setup_s: float, added: float, setup: float, is_much: bool
) -> None:
    """Over 30 % of a request, or over 20 % for connect and TLS, is worth a line."""
    shares = overhead(outside_s, inside_s, setup_s=setup_s)

    assert shares == (pytest.approx(added, abs=1e-4), pytest.approx(setup, abs=1e-4), is_much)


def test_set_up_that_was_not_measured_is_no_zero() -> None:
    """A table has no connect times, so the share of the set-up is not known."""
    outside = replace(a_source(p50_s=0.020), run=None)
    compared = compare_paths(outside, a_source("inside"), INSIDE)

    assert compared.setup_ratio is None
    assert compared.added_ratio == pytest.approx(0.5)
    assert compared.is_overhead


def test_without_latency_nothing_is_said_of_the_way() -> None:
    """No good answer at the lowest level: no share of it."""
    outside = a_source()
    silent = [replace(step, latency=None, mean_s=None) for step in outside.steps]
    compared = compare_paths(replace(outside, steps=silent), a_source("inside"), INSIDE)

    assert (compared.added_ratio, compared.setup_ratio) == (None, None)
    assert not compared.is_overhead


def test_without_a_common_level_only_the_throughput_is_compared() -> None:
    """One run ended where the other began."""
    outside = a_source(run=a_path_run([a_path_step(1, 50.0)], port=443))
    inside = a_source("inside", run=a_path_run([a_path_step(8, 800.0)]))
    compared = compare_paths(outside, inside, INSIDE)

    assert compared.levels == ()
    assert compared.unloaded is None
    assert compared.added_ratio is None


def test_a_mean_is_not_held_against_a_median() -> None:
    """Where one source has no medians, means are compared."""
    inside = a_source("inside", p50_s=0.0095)
    bare = replace(inside, run=None, steps=[replace(one, latency=None) for one in inside.steps])
    compared = compare_paths(a_source(p50_s=0.019), bare, INSIDE)

    assert not compared.has_medians
    assert compared.unloaded is not None
    assert compared.unloaded.added.middle_s == pytest.approx(0.010)


def test_a_rate_is_not_compared_with_a_concurrency() -> None:
    """They have no level in common; two of a kind have, and of no steps nothing is known."""
    closed, none = a_source(), replace(a_source(), steps=())
    planned = replace(closed, steps=[a_confirmation()])

    assert not is_comparable(closed, planned)
    assert is_comparable(planned, planned)
    assert is_comparable(closed, none)
    assert compare_paths(planned, planned, INSIDE).is_rate


def test_a_baseline_is_another_path_of_the_same_address() -> None:
    """The same request at another address is inside, and so is everything that is not known."""
    run = a_path_run([a_path_step(1, 50.0)])
    health = HttpRequest("GET", Secret(b"/healthz"), "/healthz", (), None)
    scenario = replace(run.plan.scenario, call=health)
    healthy = replace(run, plan=replace(run.plan, scenario=scenario))
    elsewhere = a_path_run([a_path_step(1, 50.0)], port=9090)

    assert role_of_second(run, healthy) is SecondRole.BASELINE
    assert role_of_second(run, elsewhere) is INSIDE
    assert role_of_second(run, run) is INSIDE
    assert role_of_second(None, run) is INSIDE
    assert role_of_second(run, None) is INSIDE


def test_each_side_keeps_what_it_said() -> None:
    """Name, capacity, knee and whether it is a lower bound go through as they were."""
    outside = a_source(capacity=a_capacity(300, kind=OPEN_END))
    compared = compare_paths(outside, a_source("inside", exit_code=EXIT_NOT_VALID), INSIDE)

    assert compared.outside.name == "outside"
    assert compared.outside.ceiling == a_capacity(300).qps_range
    assert compared.outside.is_bound
    assert not compared.outside.is_generator_limited
    assert compared.inside.is_bound
    assert compared.inside.is_generator_limited
    assert isinstance(compared.inside.knee, Knee)
    assert a_capacity(300).load == ClosedLoop(16)
