"""How far off is one step's CPU, by how its samples were made? Many steps are played.

A container goes from 0.40 to 0.80 cores when the step begins. cAdvisor looks at it every 10 to
15 s; Prometheus scrapes in a phase of its own and keeps the exporter's time stamp (honoured) or
writes its own (restamped); or the exporter looks at each scrape (scrape-stamped).
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, repeat
from statistics import quantiles

import pytest

from capacity.model.resources import Reading, ReadingState
from capacity.monitors.answers import Answer, Series
from capacity.monitors.evaluate_samples import SamplesAnswer, evaluate_samples
from capacity.monitors.members import NOTHING_KNOWN
from capacity.monitors.window import Window
from tests.unit.monitors.builders import a_pod, a_quantity, samples_of

_STEPS = 300
_BEFORE_S = 300.0
_SOURCE = samples_of()


def _cpu_s(at_s: float) -> float:
    """The container's CPU time; the step begins at 0."""
    return 1000 + (0.4 if at_s < 0 else 0.8) * at_s


@dataclass(frozen=True, slots=True)
class _Play:
    """The scrapes and looks of one step, and when Prometheus is asked."""

    scrapes_s: Sequence[float]
    looks_s: Sequence[float]

    def latest_look_s(self, at_s: float) -> float:
        return max(look_s for look_s in self.looks_s if look_s <= at_s)


def _scrape_stamped(play: _Play) -> dict[float, float]:
    return {at_s: _cpu_s(at_s) for at_s in play.scrapes_s}


def _honoured(play: _Play) -> dict[float, float]:
    looks = (play.latest_look_s(at_s) for at_s in play.scrapes_s)
    return {look_s: _cpu_s(look_s) for look_s in looks}


def _restamped(play: _Play) -> dict[float, float]:
    return {at_s: _cpu_s(play.latest_look_s(at_s)) for at_s in play.scrapes_s}


_Stamps = Callable[[_Play], dict[float, float]]


def _readings(stamps: _Stamps, spacing_s: float, hold_s: float) -> list[Reading]:
    """The readings of many steps, asked when they end."""
    chance = random.Random(20)  # noqa: S311  # a simulation that is the same each time
    readings: list[Reading] = []
    window = Window(0.0, hold_s, None)
    for _ in range(_STEPS):
        phase_s = chance.uniform(0, spacing_s)
        count = int((_BEFORE_S + hold_s - phase_s) // spacing_s) + 1
        scrapes_s = [phase_s - _BEFORE_S + spacing_s * index for index in range(count)]
        gaps_s = (chance.uniform(10, 15) for _ in repeat(None, 60))
        looks_s = list(accumulate(gaps_s, initial=-_BEFORE_S - chance.uniform(5, 15)))
        samples = stamps(_Play(scrapes_s, looks_s))
        raw = Answer((Series(a_pod("a"), tuple(sorted(samples.items()))),))
        answer = SamplesAnswer(raw, None)
        readings.append(
            evaluate_samples(a_quantity(_SOURCE), _SOURCE, window, answer, NOTHING_KNOWN)
        )
    return readings


def _values(readings: Sequence[Reading]) -> list[float]:
    return [one.members[0].value for one in readings if one.members]


def _without_data_ratio(readings: Sequence[Reading]) -> float:
    return sum(one.state is ReadingState.NO_DATA for one in readings) / len(readings)


@pytest.mark.parametrize(
    ("stamps", "spacing_s", "hold_s", "without_data"),
    [
        pytest.param(_scrape_stamped, 15.0, 30.0, 0.0, id="scrape-stamped 15 s, 30 s"),
        pytest.param(_scrape_stamped, 30.0, 60.0, 0.0, id="scrape-stamped 30 s, 60 s"),
        pytest.param(_honoured, 15.0, 30.0, 0.45, id="honoured 15 s, 30 s"),
        pytest.param(_honoured, 15.0, 60.0, 0.0, id="honoured 15 s, 60 s"),
        pytest.param(_honoured, 15.0, 120.0, 0.0, id="honoured 15 s, 120 s"),
        pytest.param(_honoured, 30.0, 60.0, 0.22, id="honoured 30 s, 60 s"),
        pytest.param(_honoured, 30.0, 120.0, 0.0, id="honoured 30 s, 120 s"),
    ],
)
def test_growth_between_true_time_stamps_is_exact(
    stamps: _Stamps, spacing_s: float, hold_s: float, without_data: float
) -> None:
    """Every value is 0.80; a step too short for two samples has none, and is said to."""
    readings = _readings(stamps, spacing_s, hold_s)
    assert _values(readings) == pytest.approx([0.8] * len(_values(readings)))
    assert _without_data_ratio(readings) == pytest.approx(without_data, abs=0.12)


@pytest.mark.parametrize(
    ("spacing_s", "hold_s", "low", "high"),
    [
        pytest.param(15.0, 30.0, 0.50, 1.27, id="15 s, 30 s"),
        pytest.param(15.0, 60.0, 0.64, 0.92, id="15 s, 60 s"),
        pytest.param(15.0, 120.0, 0.73, 0.86, id="15 s, 120 s"),
        pytest.param(30.0, 60.0, 0.60, 1.03, id="30 s, 60 s"),
        pytest.param(30.0, 120.0, 0.72, 0.87, id="30 s, 120 s"),
        pytest.param(30.0, 180.0, 0.75, 0.84, id="30 s, 180 s"),
    ],
)
def test_restamped_samples_are_off_by_less_the_longer_the_hold(
    spacing_s: float, hold_s: float, low: float, high: float
) -> None:
    """No arithmetic repairs a wrong time stamp: nine of ten steps lie in a range about 0.80."""
    twentieths = quantiles(_values(_readings(_restamped, spacing_s, hold_s)), n=20)
    assert twentieths[0] == pytest.approx(low, abs=0.06)
    assert twentieths[-1] == pytest.approx(high, abs=0.08)


def test_restamping_is_noticed_where_looks_are_rarer_than_scrapes() -> None:
    """Scrapes every 5 s see most values twice; true time stamps never do."""
    restamped = _readings(_restamped, 5.0, 60.0)
    assert all("scraped twice while it grew" in one.reason for one in restamped)
    for stamps in (_honoured, _scrape_stamped):
        assert not any("scraped twice" in one.reason for one in _readings(stamps, 5.0, 60.0))
