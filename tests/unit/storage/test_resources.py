"""Is what a service felt written so that nothing hostile or endless gets into a file?"""

import json
from dataclasses import replace
from enum import StrEnum
from math import inf, nan

import pytest

from capacity.model.plan import Purpose
from capacity.model.resources import (
    Aspect,
    ChangeKind,
    Direction,
    EmptyMeans,
    Member,
    MonitorFacts,
    ReadingState,
    ResourceScope,
)
from capacity.model.rules import Evidence, OnMissing, RuleState
from capacity.model.run import EndReason
from capacity.storage.decoding import decode_run
from capacity.storage.encoding import json_text, run_json
from capacity.storage.fields import Fields
from capacity.storage.judgements import decode_judgement, encode_judgement
from capacity.storage.resources import (
    decode_reading,
    encode_change,
    encode_facts,
    encode_reading,
)
from capacity.units import Unit
from tests.unit.builders import a_run, a_step
from tests.unit.report.reading_builders import a_change, a_reading, a_resource_judgement
from tests.unit.storage.schema_faults import SCHEMA


def test_what_follows_from_the_members_is_written_for_jq() -> None:
    """The worst member's value and name, the mean and the spread stand beside the list."""
    encoded = encode_reading(a_reading(values={"a": 0.25, "b": 0.75}))

    assert (encoded["value"], encoded["subject"]) == (0.75, "b")
    assert (encoded["mean"], encoded["spread"], encoded["member_count"]) == (0.5, 0.5, 2)
    assert encoded["members"] == [
        {
            "subject": name,
            "value": value,
            "sample_count": 12,
            "age_s": 1.5,
            "coverage_ratio": 0.9,
        }
        for name, value in (("a", 0.25), ("b", 0.75))
    ]


def test_no_data_is_null_and_never_zero() -> None:
    """A reading without a value has its reason in words."""
    encoded = encode_reading(a_reading(values={}, reason="the series is empty"))

    assert (encoded["state"], encoded["reason"]) == ("no_data", "the series is empty")
    assert [encoded[key] for key in ("value", "subject", "mean", "spread")] == [None] * 4
    assert encoded["members"] == []


@pytest.mark.parametrize("odd", [nan, inf, -inf], ids=str)
def test_a_value_that_is_no_number_is_left_out_and_said(odd: float) -> None:
    """JSON has no NaN: such a member is gone, and a reading of nothing else has no data."""
    mixed = encode_reading(a_reading(values={"a": odd, "b": 0.75}))
    alone = decode_reading(Fields(encode_reading(a_reading(values={"a": odd})), file="x"))

    assert (mixed["state"], mixed["value"], mixed["member_count"]) == ("read", 0.75, 1)
    assert (alone.state, alone.members, alone.may_stop) == (ReadingState.NO_DATA, (), False)
    assert alone.reason == "the value is not a finite number"


def test_an_error_with_such_a_value_stays_an_error() -> None:
    """The reason that was given is kept."""
    reading = a_reading(values={"a": nan}, state=ReadingState.ERROR, reason="a limit of 0")

    assert encode_reading(reading)["state"] == "error"
    assert encode_reading(reading)["reason"] == "a limit of 0"


def test_sums_beyond_all_bounds_are_not_known() -> None:
    """Two huge values have no mean that JSON could say."""
    encoded = encode_reading(a_reading(values={"a": 1.7e308, "b": 1.7e308, "c": -1.7e308}))

    assert (encoded["value"], encoded["mean"], encoded["spread"]) == (1.7e308, None, None)


@pytest.mark.parametrize(
    ("direction", "kept"),
    [
        (Direction.HIGH_IS_BAD, [float(value) for value in range(249, 199, -1)]),
        (Direction.LOW_IS_BAD, [float(value) for value in range(50)]),
    ],
)
def test_of_too_many_members_the_worst_are_kept(direction: Direction, kept: list[float]) -> None:
    """A service of 250 pods does not fill the file; how many there were is told."""
    reading = a_reading(
        values={f"pod-{value}": float(value) for value in range(250)}, direction=direction
    )
    encoded = encode_reading(reading)
    decoded = decode_reading(Fields(encoded, file="x"))

    assert encoded["member_count"] == 250
    assert [member.value for member in decoded.members] == kept
    assert decoded.worst == reading.worst
    # What is said of all members is not made of those that were kept.
    assert (decoded.member_count, decoded.mean, decoded.spread) == (250, 124.5, 249.0)
    assert encode_reading(decoded) == encoded


def test_endless_texts_are_cut() -> None:
    """Labels and messages come from outside."""
    long = "x" * 5000
    encoded = json.dumps(
        [
            encode_reading(a_reading(values={long: 1.0}, reason=long)),
            encode_change(a_change(subject=long, detail=long)),
            encode_facts(MonitorFacts(long, long, nan, inf, None, (long,) * 600, (long,) * 600)),
        ]
    )

    assert long not in encoded
    assert len(encoded) < 620_000


def test_facts_without_numbers_are_not_known() -> None:
    """An odd clock or spacing becomes null."""
    facts = encode_facts(MonitorFacts("x", None, nan, inf, -inf, (), ()))

    assert [facts[key] for key in ("clock_offset_s", "spacing_s", "lag_s")] == [None] * 3


def test_odd_ages_and_shares_of_a_window_are_not_known() -> None:
    """What is beside the value becomes null, and the value stays."""
    odd = Member("a", 0.5, 4, age_s=nan, coverage_ratio=inf)
    encoded = encode_reading(replace(a_reading(), members=(odd,)))
    (member,) = decode_reading(Fields(encoded, file="x")).members

    assert (member.value, member.age_s, member.coverage_ratio) == (0.5, None, None)


def test_labels_cannot_send_codes_to_a_terminal() -> None:
    """Control characters are escapes in the file and come back as they were."""
    step = replace(
        a_step(),
        resources=(a_reading(values={"api\x1b[2J\u202e": 0.5}),),
        changes=(a_change(subject="a\nb\x07"),),
    )
    text = json_text(run_json(a_run([step]), None))
    (back,) = decode_run(json.loads(text), file="run.json").steps

    assert text.isascii()
    assert [char for char in "\x1b\x07" if char in text] == []
    assert (back.resources, back.changes) == (step.resources, step.changes)


def test_a_judgement_on_what_is_no_number_has_none() -> None:
    """The state stays, the number is null, and the file can be written."""
    judgement = a_resource_judgement(observed=nan, limit=inf)
    evidence = Evidence("query", "a", nan, seen_late=False)
    judgement = replace(judgement, evidence=evidence)
    encoded = json.loads(json_text(encode_judgement(judgement)))
    decoded = decode_judgement(Fields(encoded, file="x"))

    assert (decoded.state, decoded.observed, decoded.limit) == (RuleState.BREACH, None, None)
    assert decoded.evidence == replace(evidence, age_s=None)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("properties.end.properties.reason", EndReason),
        ("$defs.step.properties.purpose", Purpose),
        ("$defs.judgement.properties.state", RuleState),
        ("$defs.rule.properties.resource_unit", Unit),
        ("$defs.rule.properties.on_missing", OnMissing),
        ("$defs.reading.properties.unit", Unit),
        ("$defs.reading.properties.scope", ResourceScope),
        ("$defs.reading.properties.aspect", Aspect),
        ("$defs.reading.properties.direction", Direction),
        ("$defs.reading.properties.state", ReadingState),
        ("$defs.change.properties.kind", ChangeKind),
        ("$defs.quantity.properties.unit", Unit),
        ("$defs.quantity.properties.scope", ResourceScope),
        ("$defs.quantity.properties.empty_means", EmptyMeans),
    ],
)
def test_the_schema_names_every_word_that_can_be_written(path: str, kind: type[StrEnum]) -> None:
    """A new word in the model must be added to the schema as well."""
    place = json.loads(SCHEMA.read_text())
    for key in path.split("."):
        place = place[key]

    assert set(place["enum"]) == {word.value for word in kind}


def test_what_has_no_limit_comes_back_and_older_files_do_not_know_it() -> None:
    """Without the key nobody has said that there is none."""
    evidence = Evidence("query", "a", 1.0, seen_late=False, has_no_limit=True)
    judgement = replace(
        a_resource_judgement(state=RuleState.NO_DATA, reason="none"), evidence=evidence
    )
    encoded = json.loads(json.dumps(encode_judgement(judgement)))
    assert decode_judgement(Fields(encoded, file="run.json")) == judgement
    del encoded["evidence"]["has_no_limit"]
    older = decode_judgement(Fields(encoded, file="run.json"))
    assert not older.has_no_limit
