"""Do the titles of the graphs state the finding, and do failures keep their sides?"""

import pytest

from capacity.model.findings import NoKnee, NoKneeReason
from capacity.model.run import EndReason, RunEnd, Trust
from capacity.model.snapshot import FailureKind, Side
from capacity.report.charts_words import (
    curve_title,
    failure_shares,
    family_of,
    plain_ascii,
    stop_mark,
    success_title,
)
from capacity.report.texts import CATALOGUES, Language
from tests.unit.builders import a_curve, a_knee, a_run, a_step, some_findings


@pytest.mark.parametrize(
    ("reason", "title"),
    [
        (NoKneeReason.NOT_REACHED, "No knee up to 64 concurrent: 800 requests/s and still growing"),
        (NoKneeReason.BELOW_RANGE, "Saturated from the first step on: 800 requests/s"),
        (
            NoKneeReason.TOO_FEW_STEPS,
            "800 requests/s at 64 concurrent; too few steps for a knee",
        ),
    ],
)
def test_a_title_without_a_knee_says_what_is_known(reason: NoKneeReason, title: str) -> None:
    """Each reason has a title of its own."""
    found = some_findings(knee=NoKnee(reason, ""))

    assert curve_title(a_run(), found, Language.EN) == title


def test_steps_that_scatter_are_no_lack_of_steps() -> None:
    """That used to be said of them."""
    found = some_findings(knee=NoKnee(NoKneeReason.UNCLEAR, ""))

    assert curve_title(a_run(), found, Language.EN) == (
        "800 requests/s at 64 concurrent; the steps scatter too much for a knee"
    )


@pytest.mark.parametrize(
    ("concurrency", "near"), [(0.4, "0.4"), (8.4, "8.4"), (447.3, "447"), (4473.0, "4470")]
)
def test_the_title_has_the_knee_in_the_digits_of_the_verdict(concurrency: float, near: str) -> None:
    """One number has one look, wherever it is read."""
    knee = a_knee(concurrency)

    title = curve_title(a_run(), some_findings(knee=knee), Language.EN)

    assert title == f"Knee near {near} concurrent, saturates at 800 requests/s"


def test_a_run_that_is_not_valid_says_so_first() -> None:
    """A graph that travels alone still carries the verdict on itself."""
    run = a_run(end=RunEnd(EndReason.GENERATOR, "x", None))

    title = curve_title(run, some_findings(), Language.EN)

    assert title == "Not valid: Knee near 8 concurrent, saturates at 800 requests/s"


def test_a_run_without_a_good_answer_has_a_title() -> None:
    """Nothing to show is a finding as well."""
    run = a_run([a_step(1, 0.0, trust=Trust.SUSPECT)])

    title = curve_title(run, some_findings(peak=None), Language.EN)

    assert title == "No good answer in a step that can be believed"


def test_success_of_every_request_is_told() -> None:
    """Only exactly all is all."""
    almost = a_step(8, 1e7, failures={FailureKind.HTTP_STATUS: 1})

    assert success_title(a_curve((1, 2)), Language.EN) == (
        "Every request succeeded, up to 2 concurrent"
    )
    assert success_title([almost], Language.EN) == "Lowest success rate 99.99% at 8 concurrent"


@pytest.mark.parametrize("reason", [reason for reason in EndReason if reason is not EndReason.RULE])
def test_every_end_has_a_mark(reason: EndReason) -> None:
    """The stop line always says why."""
    mark = stop_mark(a_run(end=RunEnd(reason, "x", None)), Language.EN)

    assert mark == f"stopped: {CATALOGUES[Language.EN][f'reason_{reason.value}']}"


def test_a_long_reason_is_cut() -> None:
    """A mark stays on its line."""
    end = RunEnd(EndReason.RULE, "x", "p99 > 1s " * 30)

    assert len(stop_mark(a_run(end=end), Language.EN)) == len("stopped: ") + 90 + len("...")


@pytest.mark.parametrize("kind", list(FailureKind))
def test_every_failure_kind_has_a_family_with_a_name(kind: FailureKind) -> None:
    """No failure of the target or the network falls out of the stack."""
    assert f"family_{family_of(kind)}" in CATALOGUES[Language.EN]


@pytest.mark.parametrize(
    ("kind", "family"),
    [
        (FailureKind.CONN_REFUSED, "conn"),
        (FailureKind.CONN_TIMEOUT, "timeout"),
        (FailureKind.TLS_CERT_NAME, "tls"),
        (FailureKind.WRITE_STALL, "timeout"),
        (FailureKind.WRITE_RESET, "broken"),
        (FailureKind.RESP_EOF_BODY, "broken"),
        (FailureKind.PROTO_CHUNK, "proto"),
        (FailureKind.BODY_TOO_LARGE, "proto"),
        (FailureKind.HTTP_STATUS, "http"),
        (FailureKind.CHECK_FAILED, "check"),
    ],
)
def test_failures_are_sorted_into_families(kind: FailureKind, family: str) -> None:
    """A time-out is one wherever it happens; the rest goes by what broke."""
    assert family_of(kind) == family


def test_failures_of_our_own_side_are_no_share_of_the_targets() -> None:
    """What the generator did wrong is in no rate of the target."""
    step = a_step(1, 99.0, hold_s=1.0, failures={FailureKind.HTTP_STATUS: 1})
    local = {kind: 50 for kind in FailureKind if kind.side in (Side.LOCAL, Side.CONFIG)}
    other = a_step(2, 100.0, hold_s=1.0, failures=local)

    assert failure_shares([step, other]) == {"http": [1.0, 0.0]}


def test_text_from_outside_is_drawn_in_ascii() -> None:
    """Characters that the chosen font may lack are replaced, control characters dropped."""
    assert plain_ascii("a\x1b[0m 容量 é") == "a[0m ?? ?"
