"""What is asked of Prometheus, and what its answers become; a real one where it can say it."""

import json
import math
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from capacity.monitors.answers import Answer, ClockOffset, Fault, FaultKind, Prometheus, Series
from capacity.monitors.prometheus_api import PrometheusApi
from tests.monitors.conftest import PAST_UNIX_S
from tests.monitors.prometheus_server import PrometheusServer
from tests.monitors.sources import a_source, asked_of
from tests.servers.prometheus_like import http, prometheus_like, success
from tests.servers.scripted import wait_for_end


@pytest.fixture
def past(past_prometheus: PrometheusServer) -> Iterator[Prometheus]:
    """The real Prometheus with old samples, asked by the product."""
    api = PrometheusApi(a_source(past_prometheus.url))
    yield api
    api.close()


def test_a_vector_has_one_sample_for_each_series(past: Prometheus) -> None:
    """A real vector, asked at a time of the past."""
    answer = past.vector("sum by (pod) (busy_seconds_total)", PAST_UNIX_S + 15)
    assert answer == Answer(
        (
            Series({"pod": "a"}, ((PAST_UNIX_S + 15, 107.5),)),
            Series({"pod": "b"}, ((PAST_UNIX_S + 15, 103.75),)),
        )
    )


def test_labels_have_the_name_of_the_metric(past: Prometheus) -> None:
    """The name is a label like the others."""
    answer = past.vector('busy_seconds_total{pod="b"}', PAST_UNIX_S)
    labels = {"__name__": "busy_seconds_total", "pod": "b"}
    assert answer == Answer((Series(labels, ((PAST_UNIX_S, 100.0),)),))


@pytest.mark.parametrize(
    ("query", "wanted"), [("1/0", math.inf), ("-1/0", -math.inf), ("42.5", 42.5)]
)
def test_a_scalar_is_one_series_without_labels(past: Prometheus, query: str, wanted: float) -> None:
    """Infinite values come as they are."""
    assert past.vector(query, PAST_UNIX_S) == Answer((Series({}, ((PAST_UNIX_S, wanted),)),))


def test_nan_stays_nan(past: Prometheus) -> None:
    """0/0 is neither zero nor missing."""
    answer = past.vector("busy_seconds_total * 0 / 0", PAST_UNIX_S)
    assert isinstance(answer, Answer)
    assert [math.isnan(series.samples[0][1]) for series in answer.series] == [True, True]


def test_no_series_is_an_empty_answer(past: Prometheus) -> None:
    """A series that does not exist, or not at that time, is no fault."""
    assert past.vector("no_such_series", PAST_UNIX_S) == Answer(())
    assert past.vector("busy_seconds_total", PAST_UNIX_S + 1e7) == Answer(())


def test_samples_are_those_of_the_window_and_its_edges(past: Prometheus) -> None:
    """Both edges belong to the window, and nothing outside it does."""
    selector = 'busy_seconds_total{pod="a"}'
    answer = past.samples(selector, PAST_UNIX_S + 15, PAST_UNIX_S + 45)
    labels = {"__name__": "busy_seconds_total", "pod": "a"}
    wanted = tuple((PAST_UNIX_S + at, 100 + at / 2) for at in (15, 30, 45))
    assert answer == Answer((Series(labels, wanted),))


@pytest.mark.parametrize(
    ("start_s", "end_s", "wanted_s"),
    [
        (15.001, 45.0, [30, 45]),
        (15.0, 44.999, [15, 30]),
        (14.9996, 15.0004, [15]),
        (30.0, 30.0, [30]),
        (16.0, 29.0, None),
    ],
    ids=["after the left edge", "before the right edge", "below a ms", "one moment", "between"],
)
def test_a_sample_belongs_to_the_window_by_the_millisecond(
    past: Prometheus, start_s: float, end_s: float, wanted_s: list[float] | None
) -> None:
    """A window that misses a sample by a millisecond does not have it."""
    selector = 'busy_seconds_total{pod="a"}'
    answer = past.samples(selector, PAST_UNIX_S + start_s, PAST_UNIX_S + end_s)
    assert isinstance(answer, Answer)
    found = [[at - PAST_UNIX_S for at, _ in series.samples] for series in answer.series]
    assert found == ([] if wanted_s is None else [wanted_s])


def test_the_range_reaches_beyond_the_left_edge() -> None:
    """Prometheus 3 leaves a sample on the left edge of a range out: ours is not on it."""
    series = {"metric": {}, "values": [[9.999, "0"], [10, "1"], [12.5, "2"], [12.501, "3"]]}
    with asked_of(success([series], "matrix")) as (api, answers):
        answer = api.samples("x", 10.0, 12.5)
    assert answer == Answer((Series({}, ((10.0, 1.0), (12.5, 2.0))),))
    assert answers.asked[0].form == {"query": "x[2501ms]", "time": "12.500", "timeout": "8000ms"}


def test_a_query_that_does_not_parse_is_named(
    past: Prometheus, past_prometheus: PrometheusServer
) -> None:
    """The server's own words say where the query is wrong."""
    fault = past.vector("sum(", None)
    assert isinstance(fault, Fault)
    assert fault.kind is FaultKind.BAD_QUERY
    assert fault.is_permanent
    assert fault.detail.startswith(f"{past_prometheus.url}: HTTP 400: 'bad_data': ")
    assert "1:5: parse error: unclosed left parenthesis" in fault.detail


@pytest.mark.parametrize(
    ("ask", "wanted"),
    [
        (lambda api: api.vector("busy_seconds_total[1m]", None), "a vector was asked for, and a"),
        (lambda api: api.vector('"text"', None), "a vector was asked for, and a string came"),
        (lambda api: api.vector('"12"', None), "a vector was asked for, and a string came"),
    ],
    ids=["matrix", "string", "string of digits"],
)
def test_another_type_of_result_is_a_fault(
    past: Prometheus, ask: Callable[[Prometheus], Fault], wanted: str
) -> None:
    """A range or a text in place of a vector is told apart, also where its shape would fit."""
    fault = ask(past)
    assert fault.kind is FaultKind.WRONG_SHAPE
    assert wanted in fault.detail


def test_a_query_is_a_form_and_says_how_long_it_may_take() -> None:
    """Nothing of a query is in the URL, and the server learns when we stop waiting."""
    query = 'sum(rate(x{path=~"/a&b=.+"}[1m]))'
    with asked_of(success([]), timeout_s=5.0) as (api, answers):
        api.vector(query, 1234.5678)
        api.vector(query, None)
    first, second = answers.asked
    assert (first.method, first.target) == ("POST", "/api/v1/query")
    assert first.form == {"query": query, "time": "1234.568", "timeout": "4000ms"}
    assert second.form == {"query": query, "timeout": "4000ms"}
    assert first.headers["content-type"] == "application/x-www-form-urlencoded"
    assert first.headers["accept-encoding"] == "identity"


def test_a_path_before_the_api_is_kept() -> None:
    """A Prometheus behind a path prefix is asked there."""
    server, answers = prometheus_like(success([]))
    with server:
        api = PrometheusApi(a_source(f"http://127.0.0.1:{server.port}/tenant/prom"))
        api.vector("up", None)
        api.close()
    assert answers.asked[0].target == "/tenant/prom/api/v1/query"


@pytest.mark.parametrize("status", ["405 Method Not Allowed", "403 Forbidden"])
def test_asks_with_get_where_post_is_not_allowed(status: str) -> None:
    """A read-only proxy is asked with GET, and from then on at once."""
    with asked_of(http("", status=status), success([])) as (api, answers):
        assert [api.vector("up", 1.0), api.vector("up", 2.0)] == [Answer(()), Answer(())]
    assert [asked.method for asked in answers.asked] == ["POST", "GET", "GET"]
    assert answers.asked[2].url_query == {"query": "up", "time": "2.000", "timeout": "8000ms"}


def test_takes_no_cookies() -> None:
    """What a server wants to be remembered is not sent back."""
    cookie = http('{"status":"success","data":{"resultType":"vector","result":[]}}')
    cookie = cookie.replace(b"\r\n\r\n", b"\r\nSet-Cookie: a=b\r\n\r\n", 1)
    with asked_of(cookie) as (api, answers):
        api.vector("up", None)
        api.vector("up", None)
    assert "cookie" not in answers.asked[1].headers


def test_the_clocks_of_one_machine_agree(past: Prometheus) -> None:
    """Asked of a Prometheus beside us, the offset is about zero, within its own error."""
    offset = past.clock_offset()
    assert isinstance(offset, ClockOffset)
    assert 0.0 < offset.error_s < 5.0
    assert abs(offset.offset_s) <= offset.error_s + 0.05


def test_the_clock_offset_is_that_of_the_quickest_answer() -> None:
    """Of five answers the one with the shortest way there and back tells the offset."""
    ticks = [0.0, 4.0, 10.0, 10.2, 20.0, 22.0, 30.0, 32.0, 40.0, 48.0]
    server, answers = prometheus_like(*(success([1, str(at)], "scalar") for at in (5, 13, 7, 7, 7)))
    with server:
        source = a_source(f"http://127.0.0.1:{server.port}")
        api = PrometheusApi(source, clock=iter(ticks).__next__)
        offset = api.clock_offset()
        api.close()
    assert isinstance(offset, ClockOffset)
    assert offset.offset_s == pytest.approx(13 - 10.1)
    assert offset.error_s == pytest.approx(0.101)
    assert [asked.form["query"] for asked in answers.asked] == ["time()"] * 5


@pytest.mark.parametrize("act", [success([]), success([1, "NaN"], "scalar")], ids=["none", "NaN"])
def test_a_clock_that_tells_no_time_is_a_fault(act: bytes) -> None:
    """An empty or odd answer to `time()` is no offset of zero."""
    with asked_of(act) as (api, _):
        fault = api.clock_offset()
    assert isinstance(fault, Fault)
    assert fault.detail.endswith(": `time()` brought no time")


def test_a_clock_that_cannot_be_asked_is_a_fault() -> None:
    """The first fault is handed on."""
    with asked_of(http("", status="401 Unauthorized")) as (api, answers):
        fault = api.clock_offset()
    assert isinstance(fault, Fault)
    assert fault.kind is FaultKind.NOT_AUTHORISED
    assert len(answers.asked) == 1


def test_tells_the_version_of_a_real_server(past: Prometheus) -> None:
    """Prometheus says which it is."""
    version = past.version()
    assert version is not None
    assert version.split(".")[0] in {"2", "3"}


@pytest.mark.parametrize(
    "act",
    [
        http("404 page not found", status="404 Not Found"),
        http('{"data": {"version": 3}}'),
        http('{"data": {"version": ""}}'),
        http('{"data": {"version": "2\\u001b[31m"}}'),
        http("[]"),
        http("<html>"),
    ],
    ids=["not there", "a number", "empty", "unprintable", "no object", "no JSON"],
)
def test_a_server_need_not_tell_its_version(act: bytes) -> None:
    """Without a version in an answer there is none, and no fault."""
    with asked_of(act) as (api, _):
        assert api.version() is None


def test_a_version_is_short() -> None:
    """A server cannot fill our output with its version."""
    with asked_of(http(json.dumps({"data": {"version": "9" * 1000}}))) as (api, _):
        assert api.version() == "9" * 40


def test_a_server_that_is_gone_has_no_version() -> None:
    """A fault is no version."""
    server, _ = prometheus_like(success([]))
    with server:
        api = PrometheusApi(a_source(f"http://127.0.0.1:{server.port}"))
    assert api.version() is None
    api.close()


def test_close_ends_a_call_under_way() -> None:
    """Another thread that closes while a server hangs ends the call soon, and every later one."""
    has_asked = threading.Event()

    def hang(connection: Any) -> None:
        has_asked.set()
        wait_for_end(connection)

    server, _ = prometheus_like(hang)
    with server:
        url = f"http://127.0.0.1:{server.port}"
        api = PrometheusApi(a_source(url, timeout_s=60.0))

        def close_soon() -> None:
            has_asked.wait(30)
            api.close()

        closer = threading.Thread(target=close_soon)
        closer.start()
        begun_s = time.monotonic()
        faults = [api.vector("up", None), api.vector("up", None)]
        took_s = time.monotonic() - begun_s
        closer.join()
    text = f"{url}: the monitor has been closed"
    assert faults == [Fault(FaultKind.UNREACHABLE, text, is_permanent=False)] * 2
    assert took_s < 30


def test_may_be_closed_twice() -> None:
    """Closing again, or without a call, does nothing."""
    with asked_of(success([])) as (api, _):
        api.close()
        api.close()
        assert isinstance(api.vector("up", None), Fault)
