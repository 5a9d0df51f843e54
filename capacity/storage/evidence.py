"""How is the evidence of a step written and read: stalls, schedule, Little's law, failed requests?

Both directions stand together. All of it came to version 1 after its first files, so each key may
be absent; null and absent mean the same: not known.
"""

from capacity.model.run import LittlesLaw, Stalls
from capacity.model.snapshot import FailureKind, FailureSample, FailureTrace, Schedule
from capacity.storage.fields import Fields

JsonObject = dict[str, object]
REDACTED = "[redacted]"


def encode_stalls(stalls: Stalls | None) -> JsonObject | None:
    """Stretches without a completion."""
    if stalls is None:
        return None
    return {
        "longest_gap_s": stalls.longest_gap_s,
        "gap_ratio": stalls.gap_ratio,
        "overlapping": stalls.overlapping,
    }


def decode_stalls(fields: Fields | None) -> Stalls | None:
    """The reverse of encode_stalls."""
    if fields is None:
        return None
    return Stalls(
        longest_gap_s=fields.number("longest_gap_s"),
        gap_ratio=fields.number("gap_ratio"),
        overlapping=fields.count("overlapping"),
    )


def encode_littles_law(law: LittlesLaw | None) -> JsonObject | None:
    """Expected slots and the range of X * (R + G); how far off follows from them."""
    if law is None:
        return None
    return {
        "expected": law.expected,
        "low": law.low,
        "high": law.high,
        "deviation_ratio": law.deviation_ratio,
    }


def decode_littles_law(fields: Fields | None) -> LittlesLaw | None:
    """The reverse of encode_littles_law."""
    if fields is None:
        return None
    return LittlesLaw(fields.number("expected"), fields.number("low"), fields.number("high"))


def encode_schedule(schedule: Schedule | None) -> JsonObject | None:
    """Planned starts and what became of those that were not made."""
    if schedule is None:
        return None
    return {
        "planned": schedule.planned,
        "dropped_no_slot": schedule.dropped_no_slot,
        "dropped_late": schedule.dropped_late,
        "not_started": schedule.not_started,
    }


def decode_schedule(fields: Fields | None) -> Schedule | None:
    """The reverse of encode_schedule."""
    if fields is None:
        return None
    return Schedule(
        planned=fields.count("planned"),
        dropped_no_slot=fields.count("dropped_no_slot"),
        dropped_late=fields.count("dropped_late"),
        not_started=fields.count("not_started"),
    )


def encode_trace(trace: FailureTrace) -> JsonObject:
    """One kind of failure with its first few requests."""
    return {
        "kind": trace.kind.value,
        "first_s": trace.first_s,
        "last_s": trace.last_s,
        "samples": [_encode_sample(sample) for sample in trace.samples],
    }


def decode_trace(fields: Fields) -> FailureTrace:
    """The reverse of encode_trace."""
    return FailureTrace(
        kind=fields.choice("kind", FailureKind),
        first_s=fields.number("first_s"),
        last_s=fields.number("last_s"),
        samples=tuple(_decode_sample(sample) for sample in fields.inner_list("samples")),
    )


def _encode_sample(sample: FailureSample) -> JsonObject:
    return {
        "at_s": sample.at_s,
        "status": sample.status,
        "received_bytes": sample.received_bytes,
        "latency_s": sample.latency_s,
        "is_reused": sample.is_reused,
    }


def _decode_sample(fields: Fields) -> FailureSample:
    return FailureSample(
        at_s=fields.number("at_s"),
        status=fields.optional_count("status"),
        received_bytes=fields.count("received_bytes"),
        latency_s=fields.optional_number("latency_s"),
        is_reused=fields.flag("is_reused"),
    )
