"""What holds of a step's judgement whatever a monitor tells, and whenever."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hypothesis import given
from hypothesis import strategies as st

from capacity.model.load import ClosedLoop
from capacity.model.resources import (
    Asked,
    MonitorFacts,
    Reading,
    ReadingState,
    ResourceNews,
)
from capacity.model.rules import RuleState
from capacity.model.run import Step
from capacity.search.resource_watch import ResourceWatch
from tests.fakes.scripted import FakeClock
from tests.unit.builders import a_plan, a_step
from tests.unit.resource_builders import a_reading, a_resource_rule

CPU = a_resource_rule(over_s=1.0)
HOT, COOL = 0.99, 0.2


@dataclass(slots=True)
class Teller:
    """A monitor that tells what it is given, at once."""

    news: list[ResourceNews] = field(default_factory=list)
    answer_limit_s: float = 5.0
    late_after_s: float = 2.0
    facts: MonitorFacts = field(
        default_factory=lambda: MonitorFacts("script", None, None, None, None, (), ())
    )

    def start(self) -> None:
        """Nothing to start."""

    def begin_hold(self, step_index: int, start_unix_s: float) -> None:
        """Nothing to do."""

    def end_hold(self, step_index: int, end_unix_s: float) -> None:
        """Nothing to do."""

    def poll(self) -> tuple[ResourceNews, ...]:
        """What it was given since the last time."""
        news, self.news = tuple(self.news), []
        return news

    def close(self) -> None:
        """Nothing to close."""


readings = st.one_of(
    st.builds(
        lambda value, may_stop: a_reading(value, may_stop=may_stop, reason="told"),
        st.sampled_from([HOT, COOL]),
        st.booleans(),
    ),
    st.builds(
        lambda state: a_reading(None, state=state, reason="told"),
        st.sampled_from([ReadingState.NO_DATA, ReadingState.ERROR]),
    ),
)
told = st.lists(readings, max_size=2)


def is_believed(reading: Reading, value: float) -> bool:
    """Whether a reading tells this value on enough samples."""
    return reading.may_stop and [member.value for member in reading.members] == [value]


@given(during=told, at_end=told, late=told, late_comes_first=st.booleans())
def test_a_state_follows_from_what_was_believably_told(
    *,
    during: Sequence[Reading],
    at_end: Sequence[Reading],
    late: Sequence[Reading],
    late_comes_first: bool,
) -> None:
    """BREACH if and only if a believable reading was beyond; OK never without one of the hold."""
    teller, clock, steps = Teller(), FakeClock(), list[Step]()
    watch = ResourceWatch(replace(a_plan(), rules=(CPU,)), (teller,), clock, steps)
    watch.begin_hold(0, ClosedLoop(8))
    windows = [replace(reading, over_s=1.0) for reading in during]
    teller.news = [ResourceNews(0, Asked.DURING, (window,), ()) for window in windows]
    watch.listen()
    watch.end_hold(0)
    teller.news = [ResourceNews(0, Asked.AT_END, (reading,), ()) for reading in at_end]
    late_news = [ResourceNews(0, Asked.LATE, (reading,), ()) for reading in late]
    if late_comes_first:
        teller.news += late_news
    watch.listen()
    steps.append(watch.complete(a_step(8)))
    if not late_comes_first:
        teller.news += late_news
    watch.listen()
    watch.give_up()
    watch.listen()
    whole = [*at_end, *late]
    judgement = steps[0].judgements[0]
    is_hot = any(is_believed(reading, HOT) for reading in (*windows, *whole))
    is_cool = any(is_believed(reading, COOL) for reading in whole)
    assert (judgement.state is RuleState.BREACH) == is_hot
    assert (judgement.state is RuleState.OK) == (is_cool and not is_hot)
    assert judgement.is_lost == (not is_hot and not is_cool)
    doubts = [reason for reason in steps[0].validity.reasons if "could not be judged" in reason]
    assert len(doubts) == judgement.is_lost
