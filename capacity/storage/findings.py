"""How does what a run says become JSON, in run.json and from `capacity analyze --json`?

Writing only: findings follow from the steps, so whoever reads a run draws them anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from capacity.model.findings import (
    Capacity,
    CrossCheck,
    CurveFit,
    CurvePoint,
    Estimate,
    Findings,
    FollowUp,
    Knee,
    NoCapacity,
    NoKnee,
    Peak,
)
from capacity.model.load import Load
from capacity.storage.bottleneck import encode_diagnosis
from capacity.storage.evidence import JsonObject
from capacity.storage.judgements import finite
from capacity.storage.loads import encode_load

FINDINGS_VERSION = 1


@dataclass(frozen=True, slots=True)
class Analysed:
    """What was analysed, and by whose limits, in the words of findings.schema.json."""

    kind: str
    file: str
    step_count: int
    stops_from: str
    stops: tuple[str, ...]


def findings_json(findings: Findings, analysed: Analysed, exit_code: int) -> JsonObject:
    """All of what `capacity analyze --json` prints."""
    return {
        "schema_version": FINDINGS_VERSION,
        "source": {
            "kind": analysed.kind,
            "file": analysed.file,
            "steps": analysed.step_count,
        },
        "stops": {"from": analysed.stops_from, "rules": list(analysed.stops)},
        "exit": {"code": exit_code},
        **encode_findings(findings),
    }


def encode_findings(findings: Findings | None) -> JsonObject:
    """The keys of the findings; before there are any, each is null."""
    if findings is None:
        return dict.fromkeys(("capacity", "knee", "peak", "missing", "bottleneck"))
    return {
        "capacity": _capacity(findings.capacity),
        "knee": _knee(findings.knee),
        "peak": _peak(findings.peak),
        "missing": list(findings.missing),
        "bottleneck": encode_diagnosis(findings.diagnosis),
    }


def _capacity(capacity: Capacity | NoCapacity) -> JsonObject:
    match capacity:
        case Capacity():
            return _found_capacity(capacity)
        case NoCapacity(reason, load, fact):
            return {
                "found": False,
                "detail": capacity.detail,
                "reason": reason.value,
                "at": _at(load),
                "fact": fact,
            }


def _found_capacity(capacity: Capacity) -> JsonObject:
    return {
        "found": True,
        **encode_load(capacity.load),
        "qps": capacity.qps,
        "p99_s": capacity.p99_s,
        "success_ratio": capacity.success_ratio,
        "limited_by": capacity.limited_by,
        "limit_kind": None if capacity.limit_kind is None else capacity.limit_kind.value,
        "not_judged": list(capacity.not_judged),
        "kind": capacity.kind.value,
        "qps_range": _estimate(capacity.qps_range),
        "step_index": capacity.step_index,
        "largest": _estimate(capacity.largest),
        "passed": _at(capacity.passed),
        "failed": _at(capacity.failed),
        "is_cliff": capacity.is_cliff,
        "passed_above": [encode_load(load) for load in capacity.passed_above],
        "verification": _follow_up(capacity.verification),
        "confirmation": _follow_up(capacity.confirmation),
        "recovery": _follow_up(capacity.recovery),
    }


def _follow_up(follow_up: FollowUp) -> JsonObject:
    return {
        "state": follow_up.state.value,
        "step_index": follow_up.step_index,
        "detail": follow_up.detail,
        "rate_qps": follow_up.rate_qps,
    }


def _knee(knee: Knee | NoKnee) -> JsonObject:
    match knee:
        case Knee(fit, confidence, method):
            return {
                "found": True,
                "concurrency": fit.knee.value,
                "low": fit.knee.low,
                "high": fit.knee.high,
                "saturation_qps": fit.saturation_qps.value,
                "method": method,
                "confidence": confidence.value,
                "fit": _fit(fit),
            }
        case NoKnee(reason, detail, fit):
            return {"found": False, "reason": reason.value, "detail": detail, "fit": _fit(fit)}


def _fit(fit: CurveFit | None) -> JsonObject | None:
    if fit is None:
        return None
    return {
        "p_saturated": fit.p_saturated,
        "p_not_reached": fit.p_not_reached,
        "p_below_range": fit.p_below_range,
        "p_retrograde": fit.p_retrograde,
        "is_retrograde": fit.is_retrograde,
        "knee": _estimate(fit.knee),
        "n95": _estimate(fit.n95),
        "n_power": _estimate(fit.n_power),
        "saturation_qps": _estimate(fit.saturation_qps),
        "peak": _estimate(fit.peak),
        "noise_ratio": fit.noise_ratio,
        "step_count": fit.step_count,
        "collapsed": list(fit.collapsed),
        "checks": [_check(check) for check in fit.checks],
        "curve": _curve(fit.curve),
    }


def _check(check: CrossCheck) -> JsonObject:
    return {
        "name": check.name.value,
        "concurrency": finite(check.concurrency),
        "agrees": check.agrees,
        "coefficients": {name: finite(value) for name, value in check.coefficients},
        "residual_ratio": finite(check.residual_ratio),
    }


def _curve(curve: Sequence[CurvePoint]) -> JsonObject:
    """One list for each quantity, all of one length, ascending in concurrency."""
    return {
        "concurrency": [point.concurrency for point in curve],
        "qps": [finite(point.qps) for point in curve],
        "low_qps": [finite(point.low_qps) for point in curve],
        "high_qps": [finite(point.high_qps) for point in curve],
    }


def _estimate(estimate: Estimate | None) -> JsonObject | None:
    """A bound that is no number of JSON is none: nothing is known on that side."""
    if estimate is None:
        return None
    return {
        "value": finite(estimate.value),
        "low": finite(estimate.low),
        "high": finite(estimate.high),
    }


def _peak(peak: Peak | None) -> JsonObject:
    if peak is None:
        return {"found": False}
    return {"found": True, **encode_load(peak.load), "qps": peak.qps}


def _at(load: Load | None) -> JsonObject | None:
    return None if load is None else encode_load(load)
