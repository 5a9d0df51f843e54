"""Labels that would script a terminal, a page or a table: a run keeps its shape all the same."""

import csv
import json
import time
from collections.abc import Iterator

import pytest

from capacity.commands.demo_options import DemoOptions
from capacity.commands.demo_process import DemoProcess
from tests.end_to_end.tool import Ended
from tests.end_to_end.watched import climb, profile
from tests.monitors.prometheus_server import PrometheusServer, prometheus_server

_LONG = "x" * 10_000
_LABELS = {
    "escape": "\x1b[31mred\x1b]0;title\x07",
    "turned": "\u202egnp.exe\u2066",
    "script": "</script><script>alert(1)</script>",
    "formula": "=cmd|' /C calc'!A0",
    "lines": "one\ntwo\r\nthree\x85four\u2028five",
    "null": "a\x00b",
    "long": _LONG,
    **{f"label_{number}": "y" * 100 for number in range(100)},
}
_SAMPLES_S = 150


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusServer]:
    """Has samples of the next minutes already, as a scraped exporter would have made them."""
    start_s = int(time.time()) - 10
    labels = ",".join(f'{name}="{_quoted(text)}"' for name, text in _LABELS.items())
    lines = ["# TYPE hostile gauge"]
    lines += [f"hostile{{{labels}}} 7 {start_s + index}" for index in range(_SAMPLES_S)]
    folder = tmp_path_factory.mktemp("hostile")
    with prometheus_server(folder, samples="\n".join(lines)) as server:
        yield server


@pytest.fixture(scope="module")
def ended(hostile: PrometheusServer, tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """One step with a rule on the hostile series."""
    with DemoProcess(DemoOptions(port=0, servers=4, service_time_s=0.01)) as demo:
        path = profile(
            tmp_path_factory.mktemp("run") / "profile.json",
            url=demo.url,
            prometheus=hostile.url,
            steps={"hold": "5s", "concurrency": "1"},
            stop=["prom.hostile > 100"],
            queries={"hostile": "hostile"},
        )
        return climb(path)


def test_the_value_is_read_and_judged(ended: Ended) -> None:
    """A name can be as odd as it likes."""
    for step in ended.run_json["steps"]:
        (reading,) = [one for one in step["resources"] if one["name"] == "prom.hostile"]
        assert (reading["state"], reading["value"]) == ("read", 7.0)
        assert "\x1b[31mred" in reading["subject"]  # as it was told, and escaped by JSON
        assert len(reading["subject"]) < 1000


def test_nothing_reaches_the_terminal_raw(ended: Ended) -> None:
    """No control character but line ends, no mark of direction, no endless line."""
    text = ended.out + ended.err
    assert "hostile" in text
    assert {char for char in text if ord(char) < 32} <= {"\n"}
    assert not {"\x7f", "\x85", "\u2028", "\u202e", "\u2066"} & set(text)
    assert max(len(line) for line in text.split("\n")) < 1000


def test_the_files_keep_their_shape(ended: Ended) -> None:
    """Each line of monitors.ndjson is JSON, each row of steps.csv as wide as its head."""
    folder = ended.run_folder
    monitors = (folder / "monitors.ndjson").read_bytes()
    assert [json.loads(line)["step"] for line in monitors.splitlines()]
    assert len(monitors) < 200_000
    for path in folder.glob("*.csv"):
        text = path.read_text()
        rows = list(csv.reader(text.splitlines()))
        assert len({len(row) for row in rows}) == 1
        assert not {"\x00", "\x1b", "\u202e"} & set(text)
        assert not any(cell.startswith("=") for row in rows for cell in row)
    for path in folder.rglob("*"):
        if path.is_file():
            assert _LONG.encode() not in path.read_bytes()
            assert b"\x1b" not in path.read_bytes() or path.suffix == ".png"
