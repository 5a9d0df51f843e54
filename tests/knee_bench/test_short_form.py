"""A short form of `make knee-bench`: an estimator that lost its ways fails here."""

from collections.abc import Sequence

import pytest

from knee_bench.cases import FIRST_TABLE_SEED, draw_case
from knee_bench.command import main, parse, parts_of
from knee_bench.model import Case, State
from knee_bench.ours import ask_ours
from knee_bench.score import score

CURVES = 40


@pytest.fixture(scope="module")
def cases() -> Sequence[Case]:
    """Forty curves of the seeds for tuning."""
    return [draw_case(1000 + place) for place in range(CURVES)]


def test_forty_curves_meet_loose_bars(cases: Sequence[Case]) -> None:
    """Half as good as docs/knee.md asks for would be a fault, not bad luck."""
    row = score(cases, [ask_ours(case.steps) for case in cases])
    assert row.curves == CURVES
    assert row.knee.median_ratio is not None
    assert row.knee.median_ratio <= 0.08
    assert row.knee.p90_ratio is not None
    assert row.knee.p90_ratio <= 0.40
    assert row.missed.count <= 2
    assert row.false.count <= 1
    assert row.knee.covered.ratio is not None
    assert row.knee.covered.ratio >= 0.75


def test_there_are_curves_of_every_state(cases: Sequence[Case]) -> None:
    """The bars above speak of something."""
    states = {case.state for case in cases}
    assert {State.SATURATED, State.NOT_REACHED} <= states
    assert sum(case.is_retrograde is True for case in cases) >= 2


def test_parts_add_up(cases: Sequence[Case]) -> None:
    """Every curve is in one part."""
    answers = [ask_ours(case.steps) for case in cases[:5]]
    parts = parts_of(cases[:5], answers, "grid")
    assert sum(part.curves for part in parts.values()) == 5


def test_the_seeds_of_the_table_are_guarded(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever asks for them by hand is told what they are for."""
    main(["--curves", "1", "--seed", str(FIRST_TABLE_SEED), "--only", "power"])
    assert "FOR THE TABLE" in capsys.readouterr().out
    main(["--curves", "2", "--seed", "5", "--only", "power", "--by", "kind", "--worst", "2"])
    printed = capsys.readouterr().out
    assert "FOR THE TABLE" not in printed
    assert "power by kind" in printed


def test_no_curves_is_a_mistake() -> None:
    """It is refused, not scored."""
    with pytest.raises(SystemExit):
        parse(["--curves", "0"])
