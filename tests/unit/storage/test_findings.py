"""Is everything that a run says in its JSON, by the published schemas, under names that stay?"""

import json
from dataclasses import fields, replace
from enum import StrEnum
from math import inf, nan

import pytest

from capacity.model.bottleneck import DiagnosisState, Movement, SubjectKind
from capacity.model.confidence import Confidence
from capacity.model.findings import (
    Capacity,
    CapacityKind,
    CheckName,
    CrossCheck,
    CurveFit,
    Estimate,
    Findings,
    FollowUp,
    FollowUpState,
    LimitKind,
    NoCapacity,
    NoCapacityReason,
    NoKnee,
    NoKneeReason,
)
from capacity.model.load import Arrivals, ClosedLoop, OpenLoop
from capacity.storage.encoding import json_text, run_json
from capacity.storage.findings import encode_findings
from capacity.units import Unit
from tests.unit.storage.schema_faults import FINDINGS_SCHEMA, SCHEMA, faults
from tests.unit.storage.searched import CAPACITY, FIT, full_findings, searched_run

SHARED = [
    "estimate",
    "load",
    "follow_up",
    "capacity",
    "cross_check",
    "curve",
    "curve_fit",
    "knee",
    "peak",
    "missing",
    "diagnosis_source",
    "diagnosis_figure",
    "diagnosis_sentence",
    "diagnosis_marks",
    "candidate",
    "mover",
    "exonerated",
    "not_observed",
    "experiment",
    "step_numbers",
    "bottleneck",
]


def schema() -> dict[str, object]:
    """The published schema of run.json."""
    loaded: dict[str, object] = json.loads(SCHEMA.read_text())
    return loaded


def encoded(findings: Findings) -> dict[str, object]:
    """The findings as a reader of the file gets them; the schema of run.json allows them."""
    content = json.loads(json_text(run_json(searched_run(), findings)))
    assert faults(content, schema(), schema()) == []
    return {key: content[key] for key in ("capacity", "knee", "peak", "missing")}


def test_a_capacity_tells_all_its_parts() -> None:
    """Each figure with its interval, the loads on both sides of the limit, and each check."""
    assert encoded(full_findings())["capacity"] == {
        "found": True,
        "concurrency": 8,
        "qps": 798.0,
        "p99_s": 0.0142,
        "success_ratio": 0.9996,
        "limited_by": "p99 > 50ms over 10s",
        "limit_kind": "service",
        "not_judged": ["cpu > 85% over 20s"],
        "kind": "limited",
        "qps_range": {"value": 798.0, "low": 795.0, "high": 801.0},
        "step_index": 3,
        "largest": {"value": 10.4, "low": 10.0, "high": 11.0},
        "passed": {"concurrency": 10},
        "failed": {"concurrency": 11},
        "is_cliff": True,
        "passed_above": [{"concurrency": 16}],
        "verification": {
            "state": "held",
            "step_index": 3,
            "detail": "P99 was 14.2ms",
            "rate_qps": None,
        },
        "confirmation": {
            "state": "broken",
            "step_index": 4,
            "detail": "2.1% of the starts were dropped",
            "rate_qps": 718.2,
        },
        "recovery": {
            "state": "not_run",
            "step_index": None,
            "detail": "the time was used up",
            "rate_qps": None,
        },
    }


def test_a_knee_keeps_its_first_keys_and_has_its_whole_fit() -> None:
    """What readers relied on stays in its place; the fit with band and checks stands beside it."""
    knee = encoded(full_findings())["knee"]
    assert isinstance(knee, dict)
    fit = knee.pop("fit")

    assert knee == {
        "found": True,
        "concurrency": 8.0,
        "low": 7.5,
        "high": 8.6,
        "saturation_qps": 800.0,
        "method": "curve library",
        "confidence": "high",
    }
    assert fit == {
        "p_saturated": 0.97,
        "p_not_reached": 0.02,
        "p_below_range": 0.01,
        "p_retrograde": 0.4,
        "is_retrograde": True,
        "knee": {"value": 8.0, "low": 7.5, "high": 8.6},
        "n95": {"value": 9.5, "low": 9.0, "high": 10.1},
        "n_power": {"value": 7.9, "low": 7.4, "high": 8.5},
        "saturation_qps": {"value": 800.0, "low": 790.0, "high": 811.0},
        "peak": {"value": 16.0, "low": 12.0, "high": 21.0},
        "noise_ratio": 0.012,
        "step_count": 7,
        "collapsed": [64.0],
        "checks": [
            {
                "name": "asymptotic",
                "concurrency": 8.1,
                "agrees": True,
                "coefficients": {},
                "residual_ratio": None,
            },
            {
                "name": "usl",
                "concurrency": None,
                "agrees": None,
                "coefficients": {"lambda_qps": 101.5, "sigma": 0.01, "kappa": 0.0002},
                "residual_ratio": 0.03,
            },
        ],
        "curve": {
            "concurrency": [1.0, 2.0],
            "qps": [100.0, 199.0],
            "low_qps": [98.0, 195.5],
            "high_qps": [102.0, 203.0],
        },
    }


def test_no_part_of_an_answer_is_forgotten() -> None:
    """Each field of capacity, fit and check has its key; the load of a capacity has its own."""
    found = encoded(full_findings())
    capacity, knee = found["capacity"], found["knee"]
    assert isinstance(capacity, dict)
    assert isinstance(knee, dict)

    assert {field.name for field in fields(Capacity)} - set(capacity) == {"load"}
    assert {field.name for field in fields(CurveFit)} == set(knee["fit"])
    assert {field.name for field in fields(CrossCheck)} == set(knee["fit"]["checks"][0])
    assert {field.name for field in fields(FollowUp)} == set(capacity["recovery"])
    assert {field.name for field in fields(Findings)} - set(found) == {"exit_code", "diagnosis"}
    assert (found["peak"], found["missing"]) == (
        {"found": True, "concurrency": 16, "qps": 806.0},
        ["no percentiles: rules on them are not judged"],
    )


def test_what_was_not_found_says_why() -> None:
    """No knee keeps the fit that was made; no capacity says at which load, and the fact."""
    knee = NoKnee(NoKneeReason.UNCLEAR, "the steps scatter too much", FIT)
    rate = OpenLoop(50.0, Arrivals.POISSON, 64)
    capacity = NoCapacity(NoCapacityReason.LIMIT_BROKEN, rate, "error_rate > 1% over 10s")

    found = encoded(Findings(None, knee, capacity, 4))

    assert found["capacity"] == {
        "found": False,
        "detail": "the first step, 50/s planned, already broke a limit: error_rate > 1% over 10s",
        "reason": "limit_broken",
        "at": {
            "concurrency": None,
            "rate_qps": 50.0,
            "arrivals": "poisson",
            "max_in_flight": 64,
        },
        "fact": "error_rate > 1% over 10s",
    }
    assert isinstance(found["knee"], dict)
    assert (found["knee"]["reason"], found["knee"]["fit"]["noise_ratio"]) == ("unclear", 0.012)
    assert found["peak"] == {"found": False}


def test_what_is_absent_is_null() -> None:
    """Without steps there is no fit and no load; without a broken limit there is no N_slo."""
    nothing = Findings(
        None,
        NoKnee(NoKneeReason.TOO_FEW_STEPS, "0 usable steps"),
        NoCapacity(NoCapacityReason.NO_STEP),
        4,
    )
    bare = Capacity(ClosedLoop(8), 798.0, None, None, None)

    none, some = encoded(nothing), encoded(replace(nothing, capacity=bare))

    assert isinstance(none["knee"], dict)
    assert isinstance(none["capacity"], dict)
    assert isinstance(some["capacity"], dict)
    assert (none["knee"]["fit"], none["capacity"]["at"]) == (None, None)
    keys = ("p99_s", "limited_by", "limit_kind", "qps_range", "step_index", "largest", "failed")
    assert {some["capacity"][key] for key in keys} == {None}
    assert some["capacity"]["kind"] == "no_failure_in_range"


def test_a_bound_that_is_no_number_is_null() -> None:
    """A result that was measured is never lost because an interval is open at one end."""
    fit = replace(FIT, n95=Estimate(9.5, nan, inf), noise_ratio=0.5)
    check = CrossCheck(CheckName.USL, inf, None, (("sigma", nan),), nan)
    knee = NoKnee(NoKneeReason.NOT_REACHED, "still growing", replace(fit, checks=(check,)))

    found = encoded(Findings(None, knee, CAPACITY, 0))["knee"]

    assert isinstance(found, dict)
    assert found["fit"]["n95"] == {"value": 9.5, "low": None, "high": None}
    (told,) = found["fit"]["checks"]
    assert (told["concurrency"], told["residual_ratio"]) == (None, None)
    assert told["coefficients"] == {"sigma": None}


def test_before_there_are_findings_their_places_are_null() -> None:
    """A run that was killed has its steps and no answer."""
    assert encode_findings(None) == {
        "capacity": None,
        "knee": None,
        "peak": None,
        "missing": None,
        "bottleneck": None,
    }


def test_both_schemas_share_their_parts() -> None:
    """What a capacity is in run.json it is in the findings of analyze as well."""
    of_run = json.loads(SCHEMA.read_text())["$defs"]
    of_findings = json.loads(FINDINGS_SCHEMA.read_text())["$defs"]

    assert list(of_findings) == SHARED
    assert {name: of_run[name] for name in SHARED} == of_findings


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("capacity anyOf 0 properties kind", CapacityKind),
        ("capacity anyOf 0 properties limit_kind anyOf 0", LimitKind),
        ("capacity anyOf 1 properties reason", NoCapacityReason),
        ("follow_up properties state", FollowUpState),
        ("knee anyOf 0 properties confidence", Confidence),
        ("knee anyOf 1 properties reason", NoKneeReason),
        ("cross_check properties name", CheckName),
        ("bottleneck properties state", DiagnosisState),
        ("candidate properties confidence", Confidence),
        ("candidate properties subject properties kind", SubjectKind),
        ("mover properties movement", Movement),
        ("diagnosis_figure properties unit anyOf 0", Unit),
        ("exonerated properties unit", Unit),
    ],
    ids=lambda value: "" if isinstance(value, str) else value.__name__,
)
def test_the_schema_names_every_word_of_an_answer(path: str, kind: type[StrEnum]) -> None:
    """A new word in the model must be added to both schemas as well."""
    place = json.loads(FINDINGS_SCHEMA.read_text())["$defs"]
    for key in path.split():
        place = place[int(key) if key.isdigit() else key]

    assert set(place["enum"]) == {word.value for word in kind}
