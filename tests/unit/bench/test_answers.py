"""Tests of reading what each client says about its own load."""

import json
from collections.abc import Callable

import pytest

from bench import answers
from bench.model import Told

WRK = """\
Running 2s test @ http://127.0.0.1:1/
  1 threads and 64 connections
    Latency   640.08us  200.15us   6.71ms   92.40%
  197250 requests in 2.00s, 29.91MB read
"""
WRK_BAD = f"""{WRK}  Socket errors: connect 1, read 20, write 300, timeout 4000
  Non-2xx or 3xx responses: 50000
"""
AB = """\
Complete requests:      51748
Failed requests:        3
   (Connect: 0, Receive: 0, Length: 3, Exceptions: 0)
Non-2xx responses:      7
Keep-Alive requests:    51748
"""
H2LOAD = (
    "finished in 2.00s, 90410.00 req/s, 13.74MB/s\n"
    "requests: 180820 total, 180884 started, 180820 done, 180800 succeeded, 12 failed, 8 errored\n"
)
HEY = """\
Status code distribution:
  [200]\t26841 responses
  [503]\t5 responses

Error distribution:
  [3]\tGet "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused
  [4]\tGet "http://[::1]:2/": EOF
"""
OHA = {
    "statusCodeDistribution": {"200": 1000, "500": 3},
    "errorDistribution": {"aborted due to deadline": 64, "connection error": 2},
}
CAPACITY = {"totals": {"started": 110, "ok": 100, "failures": {"timeout": 6}, "cut": 4}}
BOMBARDIER = {
    "result": {"req1xx": 0, "req2xx": 90, "req3xx": 1, "req4xx": 2, "req5xx": 3, "others": 4}
}


@pytest.mark.parametrize(
    ("read", "text", "wanted"),
    [
        (answers.read_wrk, WRK, Told(197_250, 0)),
        (answers.read_wrk, WRK_BAD, Told(197_250, 54_321)),
        (answers.read_ab, AB, Told(51_748, 10)),
        (answers.read_h2load, H2LOAD, Told(180_820, 20)),
        (answers.read_hey, HEY, Told(26_853, 12)),
        (answers.read_oha, json.dumps(OHA), Told(1005, 5)),
        (answers.read_fortio, '{"RetCodes": {"200": 70, "-1": 2, "503": 3}}', Told(75, 5)),
        (answers.read_vegeta, '{"requests": 9, "status_codes": {"200": 7, "0": 2}}', Told(9, 2)),
        (answers.read_bombardier, json.dumps(BOMBARDIER), Told(100, 9)),
        (
            answers.read_autocannon,
            '{"requests": {"total": 50}, "errors": 2, "timeouts": 1, "non2xx": 3}',
            Told(50, 5),
        ),
        (
            answers.read_locust,
            '[{"num_requests": 5, "num_failures": 1}, {"num_requests": 2, "num_failures": 0}]',
            Told(7, 1),
        ),
        (answers.read_counts, '{"requests": 8, "failures": 1}', Told(8, 1)),
        (answers.read_floor, "answers 4711\n", Told(4711, 0)),
        (answers.read_capacity, json.dumps(CAPACITY), Told(106, 6)),
    ],
    ids=[
        *("wrk", "wrk with failures", "ab", "h2load", "hey", "oha", "fortio", "vegeta"),
        *("bombardier", "autocannon", "locust", "counts", "floor", "capacity"),
    ],
)
def test_reads_requests_and_failures(read: Callable[[str], Told], text: str, wanted: Told) -> None:
    """Each client's own words become the same two numbers."""
    assert read(text) == wanted


@pytest.mark.parametrize(
    "read", [answers.read_wrk, answers.read_ab, answers.read_h2load, answers.read_hey]
)
def test_other_words_are_no_answer(read: Callable[[str], Told]) -> None:
    """A client that ends with an error message has told nothing, not zero."""
    with pytest.raises(ValueError, match=r"no match|no line|neither"):
        read("unable to connect to 127.0.0.1:1")
