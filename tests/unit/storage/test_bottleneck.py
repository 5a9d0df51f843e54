"""Is all of a diagnosis in its JSON, with numbers that programs can read?"""

import json
from dataclasses import fields, replace
from math import inf, nan

from capacity.model.bottleneck import (
    Candidate,
    Diagnosis,
    Exonerated,
    Figure,
    Marks,
    StepNumbers,
)
from capacity.storage.bottleneck import encode_diagnosis
from capacity.units import Unit
from tests.unit.report.diagnosis_builders import (
    CPU,
    EXONERATED,
    NOTHING_KNOWN,
    POOL,
    a_diagnosis,
    a_full_diagnosis,
    a_sentence,
)
from tests.unit.resource_builders import HOLD_END_UNIX_S, HOLD_START_UNIX_S, POD
from tests.unit.storage.schema_faults import FINDINGS_SCHEMA, faults


def encoded(diagnosis: Diagnosis) -> dict[str, object]:
    """The diagnosis as a reader of the file gets it; the published schema allows it."""
    content: dict[str, object] = json.loads(
        json.dumps(encode_diagnosis(diagnosis), allow_nan=False)
    )
    root = json.loads(FINDINGS_SCHEMA.read_text())
    assert faults(content, root["$defs"]["bottleneck"], root) == []
    return content


def parts(found: dict[str, object], key: str) -> list[dict[str, object]]:
    """One list of the diagnosis."""
    listed = found[key]
    assert isinstance(listed, list)
    return listed


def names(of: type) -> set[str]:
    """The fields of a type of the model."""
    return {field.name for field in fields(of)}


def test_a_sentence_has_its_words_its_figures_and_where_they_are_from() -> None:
    """Whoever reads the file needs no words: each figure has its unit, and query and window."""
    (candidate,) = parts(encoded(a_diagnosis(CPU)), "candidates")

    assert parts(candidate, "evidence")[0] == {
        "text": f"{POD} used 98% of its CPU limit at 8 concurrent",
        "figures": {
            "pod": {"value": POD, "unit": None},
            "cpu": {"value": 0.98, "unit": "%"},
            "level": {"value": 8.0, "unit": None},
        },
        "source": {
            "query": "query_of_cpu",
            "start_unix_s": HOLD_START_UNIX_S,
            "end_unix_s": HOLD_END_UNIX_S,
            "sample_count": 12,
        },
    }


def test_no_part_is_forgotten() -> None:
    """Each field of the model has its key; the movers are called what they are, an order."""
    found = encoded(a_full_diagnosis())
    candidate = parts(found, "candidates")[0]

    assert names(Diagnosis) - {"movers"} | {"order"} == set(found)
    assert names(Candidate) == set(candidate)
    assert isinstance(candidate["marks"], dict)
    assert names(Marks) == set(candidate["marks"])
    assert names(Exonerated) == set(parts(found, "exonerated")[0])
    assert names(StepNumbers) == set(parts(found, "numbers")[0])
    movements = [one["movement"] for one in parts(found, "order")]
    assert movements == ["first", "later", "background"]
    assert parts(found, "not_observed")[0]["resource"] == "redis"
    assert isinstance(found["experiment"], dict)
    assert found["experiment"]["kind"] == "replicas"


def test_what_is_not_known_is_null() -> None:
    """A bare diagnosis fits the schema as well as a full one, and nothing in it is zero."""
    encoded(a_full_diagnosis())
    found = encoded(a_diagnosis(POOL, numbers=(NOTHING_KNOWN,), turn_level=None))

    assert (found["turn_level"], found["constancy_ratio"], found["experiment"]) == (None,) * 3
    (numbers,) = parts(found, "numbers")
    assert (numbers["slots"], numbers["littles_ratio"]) == (None, None)
    assert encode_diagnosis(None) is None


def test_what_is_no_number_of_json_is_null() -> None:
    """A run that was measured is never lost because of a figure of its diagnosis."""
    strange = replace(
        CPU, evidence=(a_sentence("{a}", "{a}", Figure("a", inf, Unit.SECONDS)),)
    )  # fmt: skip
    numbers = replace(NOTHING_KNOWN, tail_ratio=nan)

    found = encoded(
        a_diagnosis(
            strange,
            exonerated=(replace(EXONERATED, highest=nan),),
            numbers=(numbers,),
        )
    )

    assert parts(found, "exonerated")[0]["highest"] is None
    assert parts(found, "numbers")[0]["tail_ratio"] is None
    assert parts(parts(found, "candidates")[0], "evidence")[0]["text"] == "inf"
