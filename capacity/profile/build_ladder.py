"""Which loads does a run climb: requests in flight, or planned starts a second?

One of the two; what belongs to planned starts alone is refused without them.
"""

from capacity.model.load import Arrivals, ConcurrencyLadder, Ladder, RateLadder
from capacity.model.plan import Fuses
from capacity.profile.ladder_text import RATE, parse_ladder, refuse_above_fuse
from capacity.profile.problems import InputError, KeyPath, Problems, read_unit
from capacity.profile.schema import StepsPart
from capacity.units import parse_count

DEFAULT_TOP = 1024
# Few steps find the range; those that refine it are chosen later, where they teach most.
DEFAULT_FACTOR = 4
# A gap of a microsecond between two starts is the finest that a clock read can keep.
MAX_RATE_QPS = 1_000_000

CONCURRENCY: KeyPath = ("steps", "concurrency")
RATE_STEPS: KeyPath = ("steps", "rate")
_OF_RATES = ("arrivals", "max_in_flight")


def build_ladder(part: StepsPart, fuses: Fuses, problems: Problems) -> Ladder:
    """The ladder as given; without one, concurrency from 1 up to the fuse."""
    if part.rate is None:
        _refuse_parts_of_rates(part, problems)
        return _concurrency_ladder(part, fuses, problems)
    if part.concurrency is not None:
        fault = InputError(
            "steps.rate and steps.concurrency are both given, and each is a whole ladder",
            "keep one: rate plans starts by the clock, concurrency keeps requests in flight",
        )
        problems.add(RATE_STEPS, fault)
    return _rate_ladder(part, part.rate, fuses, problems)


def _concurrency_ladder(part: StepsPart, fuses: Fuses, problems: Problems) -> ConcurrencyLadder:
    default = parse_ladder(f"1..{min(DEFAULT_TOP, fuses.max_concurrency)}x{DEFAULT_FACTOR}")
    if part.concurrency is None:
        return ConcurrencyLadder(default)
    try:
        concurrencies = parse_ladder(part.concurrency)
        refuse_above_fuse(concurrencies, fuses.max_concurrency)
    except InputError as fault:
        problems.add(CONCURRENCY, fault)
        return ConcurrencyLadder(default)
    return ConcurrencyLadder(concurrencies)


def _rate_ladder(
    part: StepsPart, given: str | tuple[int, ...], fuses: Fuses, problems: Problems
) -> RateLadder:
    def read(text: str) -> int:
        return _slots(text, fuses)

    return RateLadder(
        rates_qps=_rates(given, problems),
        # Independent users do not take turns: starts at even distances hide the queue they make.
        arrivals=Arrivals.POISSON if part.arrivals is None else Arrivals(part.arrivals),
        max_in_flight=problems.read(
            ("steps", "max_in_flight"), read, part.max_in_flight, fuses.max_concurrency
        ),
    )


def _rates(given: str | tuple[int, ...], problems: Problems) -> tuple[float, ...]:
    try:
        rates = parse_ladder(given, RATE)
    except InputError as fault:
        problems.add(RATE_STEPS, fault)
        return (1.0,)
    if max(rates) > MAX_RATE_QPS:
        too_fine = InputError(
            f"the highest rate {max(rates):,} is above {MAX_RATE_QPS:,} starts a second",
            "lower the top: one machine cannot plan finer than that",
        )
        problems.add(RATE_STEPS, too_fine)
    return tuple(float(rate) for rate in rates)


def _slots(text: str, fuses: Fuses) -> int:
    slots = read_unit(parse_count, text)
    if slots == 0:
        raise InputError("with 0 requests in flight nothing starts", "write a number from 1 up")
    if slots > fuses.max_concurrency:
        raise InputError(
            f"{slots} requests in flight are above the fuse of {fuses.max_concurrency}",
            f"lower max_in_flight, or raise the fuse: --max-concurrency {slots} "
            f"or safety.fuses.concurrency: {slots}",
        )
    return slots


def _refuse_parts_of_rates(part: StepsPart, problems: Problems) -> None:
    for key in _OF_RATES:
        if getattr(part, key) is not None:
            fault = InputError(
                f"steps.{key} is for planned starts, and there is no steps.rate",
                "give a rate, like rate: 100..800x2 or --rate 100..800x2, or leave it out",
            )
            problems.add(("steps", key), fault)
