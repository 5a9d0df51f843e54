"""How are the plan of the search and the course of each hold written and read?

Both directions stand together. All of it came to version 1 after its first files: without its keys
a run made no step beside its ladder, and nothing is known of how its holds went on.
"""

from collections.abc import Sequence

from capacity.model.measured import Interval, Steadiness, SteadyState
from capacity.model.plan import SearchPlan
from capacity.storage.evidence import JsonObject
from capacity.storage.fields import Fields

# More than a day of seconds: no hold is so long, and a hostile list is not worth the memory.
MAX_INTERVALS = 100_000


def encode_search(search: SearchPlan) -> JsonObject:
    """What the climb does beside the steps of its ladder."""
    return {
        "hold_max_s": search.hold_max_s,
        "min_requests": search.min_requests,
        "recheck": search.recheck,
        "refine": search.refine,
        "precision_ratio": search.precision_ratio,
        "budget_s": search.budget_s,
        "verify": search.verify,
        "confirm": search.confirm,
        "recovery": search.recovery,
    }


def decode_search(fields: Fields | None) -> SearchPlan:
    """The reverse of encode_search; runs from before searched no further."""
    if fields is None:
        return SearchPlan()
    return SearchPlan(
        hold_max_s=fields.optional_number("hold_max_s"),
        min_requests=fields.count("min_requests"),
        recheck=fields.flag("recheck"),
        refine=fields.count("refine"),
        precision_ratio=fields.optional_number("precision_ratio"),
        budget_s=fields.optional_number("budget_s"),
        verify=fields.flag("verify"),
        confirm=fields.flag("confirm"),
        recovery=fields.flag("recovery"),
    )


def encode_intervals(intervals: Sequence[Interval]) -> JsonObject:
    """One list for each quantity, all of one length, in the order of time."""
    return {
        "span_s": [interval.span_s for interval in intervals],
        "ended_ok": [interval.ended_ok for interval in intervals],
        "mean_s": [interval.mean_s for interval in intervals],
    }


def decode_intervals(fields: Fields | None) -> tuple[Interval, ...]:
    """The reverse of encode_intervals."""
    if fields is None:
        return ()
    spans = fields.numbers("span_s", at_most=MAX_INTERVALS)
    ended = fields.counts("ended_ok", at_most=MAX_INTERVALS)
    means = fields.optional_numbers("mean_s", at_most=MAX_INTERVALS)
    if not len(spans) == len(ended) == len(means):
        raise fields.refuse("mean_s", "a list as long as span_s and ended_ok")
    if any(span_s < 0 for span_s in spans):
        raise fields.refuse("span_s", "a list of lengths of 0 or more")
    if any(mean_s is not None and mean_s < 0 for mean_s in means):
        raise fields.refuse("mean_s", "a list of times of 0 or more")
    return tuple(Interval(*parts) for parts in zip(spans, ended, means, strict=True))


def encode_steadiness(steadiness: Steadiness | None) -> JsonObject | None:
    """Whether the hold was steady, what was cut from its begin, and how far it drifted."""
    if steadiness is None:
        return None
    return {
        "state": steadiness.state.value,
        "cut_s": steadiness.cut_s,
        "qps_drift_ratio": steadiness.qps_drift_ratio,
        "latency_drift_ratio": steadiness.latency_drift_ratio,
        "extended_s": steadiness.extended_s,
    }


def decode_steadiness(fields: Fields | None) -> Steadiness | None:
    """The reverse of encode_steadiness."""
    if fields is None:
        return None
    cut_s = fields.number("cut_s")
    if cut_s < 0:
        raise fields.refuse("cut_s", "a time of 0 or more")
    return Steadiness(
        state=fields.choice("state", SteadyState),
        cut_s=cut_s,
        qps_drift_ratio=fields.optional_number("qps_drift_ratio"),
        latency_drift_ratio=fields.optional_number("latency_drift_ratio"),
        extended_s=fields.number("extended_s"),
    )
