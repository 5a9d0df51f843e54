"""How does the comparison of two paths become JSON, from `capacity compare-paths --json`?"""

from dataclasses import asdict

from capacity.model.findings import Estimate, Findings
from capacity.model.paths import (
    PathComparison,
    PathLevel,
    PathPoint,
    PathSide,
    PathTimes,
    PathVerdict,
    SecondRole,
)
from capacity.storage.evidence import JsonObject
from capacity.storage.findings import encode_findings
from capacity.storage.judgements import finite

PATHS_VERSION = 1
# Names are looked up once, before the load; no time of them is in a run.
_NEVER_OBSERVED = ("dns",)


def paths_json(comparison: PathComparison, exit_code: int) -> JsonObject:
    """All of what `capacity compare-paths --json` prints."""
    undecided, confidence = comparison.undecided, comparison.confidence
    return {
        "schema_version": PATHS_VERSION,
        "role": comparison.role.value,
        "loop": "open" if comparison.is_rate else "closed",
        "verdict": comparison.verdict.value,
        "class": _class(comparison),
        "confidence": None if confidence is None else confidence.value,
        "undecided": None if undecided is None else undecided.value,
        "scale_ratio": _estimate(comparison.scale_ratio),
        "overhead": {
            "is_much": comparison.is_overhead,
            "added_ratio": comparison.added_ratio,
            "setup_ratio": comparison.setup_ratio,
        },
        "outside": _side(comparison.outside),
        "inside": _side(comparison.inside),
        "levels": [_level(level) for level in comparison.levels],
        "not_observed": list(_NEVER_OBSERVED),
        "differences": [
            {"what": one.what.value, "outside": one.outside, "inside": one.inside}
            for one in comparison.differences
        ],
        "exit": {"code": exit_code},
    }


def _class(comparison: PathComparison) -> str | None:
    """The class of bottleneck, where what is compared is one: the edge, or the cost of the way."""
    if comparison.role is SecondRole.BASELINE:
        return None
    if comparison.verdict is PathVerdict.ONLY_OUTSIDE:
        return "ingress"
    return "path_overhead" if comparison.is_overhead else None


def _side(side: PathSide) -> JsonObject:
    found = encode_findings(Findings(None, side.knee, side.capacity, 0))
    return {
        "file": side.name,
        "ceiling_qps": _estimate(side.ceiling),
        "is_bound": side.is_bound,
        "is_generator_limited": side.is_generator_limited,
        "capacity": found["capacity"],
        "knee": found["knee"],
        "curve": [_point(point) for point in side.curve],
    }


def _level(level: PathLevel) -> JsonObject:
    return {
        "level": level.level,
        "outside": _point(level.outside),
        "inside": _point(level.inside),
        "added": _times(level.added),
    }


def _point(point: PathPoint) -> JsonObject:
    return {
        "level": point.level,
        "is_interpolated": point.is_interpolated,
        "qps": point.qps,
        **_times(point.times),
    }


def _times(times: PathTimes) -> JsonObject:
    return asdict(times)


def _estimate(estimate: Estimate | None) -> JsonObject | None:
    if estimate is None:
        return None
    ends = {"low": finite(estimate.low), "high": finite(estimate.high)}
    return {"value": finite(estimate.value), **ends}
