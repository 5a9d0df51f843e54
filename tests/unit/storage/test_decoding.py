"""Is a damaged or hostile run.json refused with the file and the key that is wrong?"""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from capacity.errors import StorageError
from capacity.storage.run_folder import read_run

GOLDEN = Path("tests/golden/run.v1.json")

Content = dict[str, object]


def edited(edit: Callable[[Content], object]) -> str:
    """The golden file after one change."""
    content = json.loads(GOLDEN.read_text())
    edit(content)
    return json.dumps(content)


def setting(key: str, value: object) -> Callable[[Content], object]:
    """Put a value at a dotted path; numbers in it are places in a list."""
    return lambda content: _put(content, key.split("."), value)


def _put(place: object, keys: list[str], value: object) -> None:
    first, *rest = keys
    inner: object
    if isinstance(place, list):
        inner = place[int(first)]
        if not rest:
            place[int(first)] = value
    else:
        assert isinstance(place, dict)
        inner = place[first]
        if not rest:
            place[first] = value
    if rest:
        _put(inner, rest, value)


def refusal(tmp_path: Path, text: str) -> str:
    """The message that reading `text` ends with, without the path of the file."""
    file = tmp_path / "run.json"
    file.write_text(text)
    with pytest.raises(StorageError) as caught:
        read_run(tmp_path)
    message = caught.value.message
    assert message.startswith(f"{file}: ")
    return message.removeprefix(f"{file}: ")


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("schema_version", 2, "schema_version is 2, this capacity reads 1"),
        ("schema_version", "1", "schema_version must be a whole number, not the text '1'"),
        ("steps", {}, "steps must be a list, not an object"),
        ("steps.0", 7, "steps[0] must be an object, not the number 7"),
        ("steps.1.qps", "ignored", None),
        ("steps.0.index", -1, "steps[0].index must be a whole number of at least 0, not the"),
        ("steps.0.concurrency", 0, "steps[0].concurrency must be a whole number of at least 1"),
        ("steps.0.concurrency", 1.0, "steps[0].concurrency must be a whole number, not the"),
        ("steps.0.concurrency", True, "steps[0].concurrency must be a whole number, not true"),
        ("steps.0.counts.ok", 2**60, "steps[0].counts.ok must be a number below 2^53"),
        ("steps.0.start_s", False, "steps[0].start_s must be a number, not false"),
        ("steps.0.start_s", 10**400, "steps[0].start_s must be a number below 2^53, not a huge"),
        ("steps.0.latency", [], "steps[0].latency must be an object, not a list"),
        ("steps.0.latency_blob", "%%", "steps[0].latency_blob must be base64, not the text '%%'"),
        ("steps.0.latency_blob", "ä", "steps[0].latency_blob must be base64, not the text '\\xe4'"),
        ("steps.0.ended_early", 0, "steps[0].ended_early must be true or false, not the number"),
        ("steps.0.trust", "good", "steps[0].trust must be one of valid, suspect, invalid, not"),
        ("steps.0.trust_reasons", [1], "steps[0].trust_reasons[0] must be text, not the number 1"),
        ("steps.0.judgements.0.rule.metric", "magic", "steps[0].judgements[0].rule.metric must"),
        ("totals.failures", {"x\x1b[2J": 1}, "totals.failures.'x\\x1b[2J' must be the count of"),
        ("totals.failures", {"x" * 99: 1}, f"totals.failures.{'x' * 60}... must be the count"),
        ("totals.statuses", {"-1": 1}, "totals.statuses.-1 must be the count of a status"),
        ("plan.name", "../../x", "plan.name must be a name of letters, digits, dots, dashes and"),
        ("run_id", "a\nb", "run_id must be a name of letters"),
        ("run_id", None, "run_id must be text, not null"),
        ("plan.concurrencies", [1, 0], "plan.concurrencies.1 must be a whole number of at least"),
        ("plan.scenario.call.kind", "ftp", "plan.scenario.call.kind must be http or python"),
        ("plan.rules.0.limit.kind", "x", "plan.rules[0].limit.kind must be absolute or times"),
        ("steps.2.judgements.1.rule.metric", "\x1b[2J", "steps[2].judgements[1].rule.metric must"),
        ("steps.2.judgements.1.rule.resource_unit", "kg", "steps[2].judgements[1].rule.resource_u"),
        ("steps.2.judgements.1.evidence.age_s", "old", "steps[2].judgements[1].evidence.age_s mus"),
        ("steps.2.resources.0.members.0.value", None, "steps[2].resources[0].members[0].value mu"),
        ("steps.2.resources.0.state", "fine", "steps[2].resources[0].state must be one of read,"),
        ("steps.2.resources.0.value", "ignored", None),
        ("steps.2.changes.0.kind", "moved", "steps[2].changes[0].kind must be one of pod_joined"),
        ("plan.monitor.quantities.0.source.kind", "sql", "plan.monitor.quantities[0].source.kind "),
        ("plan.monitor.quantities.0.source.share_of.kind", "x", "plan.monitor.quantities[0].sour"),
        ("plan.monitor.prometheus.trust", "all", "plan.monitor.prometheus.trust must be one of"),
        ("plan.monitor.process.port", -1, "plan.monitor.process.port must be a whole number of"),
        ("environment.monitors", {}, "environment.monitors must be a list, not an object"),
        ("end.detail", "x" * 99_999, None),
        ("end.reason", "y" * 99, "end.reason must be one of rule, ladder, fuse, gen"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_by_its_key(
    tmp_path: Path, key: str, value: object, expected: str | None
) -> None:
    """Each error has file and key; what no reader needs may be anything."""
    text = edited(setting(key, value))
    if expected is None:
        (tmp_path / "run.json").write_text(text)
        assert read_run(tmp_path).run_id == "20261121-041207-9f3a"
    else:
        assert refusal(tmp_path, text).startswith(expected)


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    """A key that is not there is an error, never a default."""

    def edit(content: Content) -> None:
        del content["plan"]

    assert refusal(tmp_path, edited(edit)) == "plan is missing"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is not valid JSON: Expecting value"),
        ("{", "is not valid JSON: Expecting property name"),
        ("[]", "the top level must be an object, not a list"),
        ("null", "the top level must be an object, not null"),
        ('{"schema_version": NaN}', "is not valid JSON: NaN is not a JSON number"),
        ('{"schema_version": -Infinity}', "is not valid JSON: -Infinity is not a JSON number"),
        ("[" * 100_000, "is not valid JSON: nested too deeply"),
        ('{"schema_version": ' + "9" * 9999 + "}", "is not valid JSON: Exceeds the limit"),
    ],
    ids=["empty", "torn", "list", "null", "NaN", "Infinity", "deep", "digits"],
)
def test_what_is_no_run_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    """Torn, deep and strange files end in one sentence, not in a traceback."""
    assert refusal(tmp_path, text).startswith(expected)


def test_a_number_beyond_all_bounds_is_refused(tmp_path: Path) -> None:
    """1e999 reads as infinity, which no measurement is."""
    text = edited(setting("steps.0.start_s", "HERE")).replace('"HERE"', "1e999")

    assert refusal(tmp_path, text) == (
        "steps[0].start_s must be a finite number, not a huge number"
    )


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """A binary file is not JSON."""
    (tmp_path / "run.json").write_bytes(b"\xff\xfe\x00\xd8")

    with pytest.raises(StorageError, match="is not valid JSON"):
        read_run(tmp_path)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    """Above 64 MiB nothing is parsed; a sparse file shows that the size alone decides."""
    with (tmp_path / "run.json").open("wb") as stream:
        stream.truncate(64 * 1024 * 1024 + 1)

    with pytest.raises(StorageError, match="it is larger than 64 MiB"):
        read_run(tmp_path)


def test_a_pipe_does_not_hang_the_reader(tmp_path: Path) -> None:
    """Something that is no file in the place of run.json is refused at once."""
    os.mkfifo(tmp_path / "run.json")

    with pytest.raises(StorageError, match="it is not a regular file"):
        read_run(tmp_path)


def test_a_run_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The message has the path that was looked for."""
    with pytest.raises(StorageError) as caught:
        read_run(tmp_path / "nowhere")

    assert caught.value.message == f"{tmp_path}/nowhere: cannot be read: No such file or directory"
    assert caught.value.exit_code == 7
