"""What does each client say about its own load? One reader for each form of answer.

A reader takes standard output and raises ValueError or KeyError when it is not an answer.
"""

import json
import re

from bench.model import Told


def _number(pattern: str, text: str, default: int | None = None) -> int:
    """The number in the first group; the default where the client leaves the line out."""
    found = re.search(pattern, text)
    if found is not None:
        return int(found.group(1))
    if default is None:
        raise ValueError(f"no match for {pattern!r}")
    return default


def read_wrk(text: str) -> Told:
    """Socket errors are not among wrk's requests; other statuses than 2xx and 3xx are."""
    requests = _number(r"(\d+) requests in", text)
    socket_errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+)", text)
    failures = sum(map(int, socket_errors.groups())) if socket_errors else 0
    timeouts = _number(r"Socket errors: .* timeout (\d+)", text, default=0)
    statuses = _number(r"Non-2xx or 3xx responses: (\d+)", text, default=0)
    return Told(requests, failures + timeouts + statuses)


def read_ab(text: str) -> Told:
    """Its failures include answers whose length differs from the first one's."""
    statuses = _number(r"Non-2xx responses:\s+(\d+)", text, default=0)
    failures = _number(r"Failed requests:\s+(\d+)", text) + statuses
    return Told(_number(r"Complete requests:\s+(\d+)", text), failures)


def read_h2load(text: str) -> Told:
    """Failed and errored are apart in its line."""
    row = re.search(r"requests: .* (\d+) done, \d+ succeeded, (\d+) failed, (\d+) errored", text)
    if row is None:
        raise ValueError("no line of requests")
    done, failed, errored = map(int, row.groups())
    return Told(done, failed + errored)


def read_hey(text: str) -> Told:
    """Answers by status, then errors by text; its own lists hold at most a million answers."""
    answers = {int(code): int(n) for code, n in re.findall(r"\[(\d{3})\]\s+(\d+) responses", text)}
    if not answers and "Error distribution" not in text:
        raise ValueError("neither answers nor errors")
    _, _, errors_text = text.partition("Error distribution:")
    errors = sum(int(count) for count in re.findall(r"^\s+\[(\d+)\]", errors_text, re.M))
    bad_statuses = sum(count for code, count in answers.items() if code >= 400)
    return Told(sum(answers.values()) + errors, errors + bad_statuses)


def read_oha(text: str) -> Told:
    """What it cuts at its deadline is among its errors, though nothing failed."""
    row = json.loads(text)
    answers = {int(code): count for code, count in row["statusCodeDistribution"].items()}
    errors = dict(row["errorDistribution"])
    errors.pop("aborted due to deadline", None)
    failures = sum(errors.values())
    bad_statuses = sum(count for code, count in answers.items() if code >= 400)
    return Told(sum(answers.values()) + failures, failures + bad_statuses)


def read_fortio(text: str) -> Told:
    """Every code but 200 is a failure; -1 stands for a broken connection."""
    codes = {int(code): count for code, count in json.loads(text)["RetCodes"].items()}
    return Told(sum(codes.values()), sum(count for code, count in codes.items() if code != 200))


def read_vegeta(text: str) -> Told:
    """Code 0 stands for a request without an answer."""
    row = json.loads(text)
    failures = sum(count for code, count in row["status_codes"].items() if code != "200")
    return Told(row["requests"], failures)


def read_bombardier(text: str) -> Told:
    """`others` are the requests without an answer."""
    row = json.loads(text)["result"]
    failures = row["req4xx"] + row["req5xx"] + row["others"]
    good = row["req1xx"] + row["req2xx"] + row["req3xx"]
    return Told(good + failures, failures)


def read_autocannon(text: str) -> Told:
    """Errors, which include timeouts, are not among its requests; other statuses are."""
    row = json.loads(text)
    return Told(row["requests"]["total"], row["errors"] + row["non2xx"])


def read_locust(text: str) -> Told:
    """A list with a row for each name of a request."""
    rows = json.loads(text)
    requests = sum(row["num_requests"] for row in rows)
    return Told(requests, sum(row["num_failures"] for row in rows))


def read_counts(text: str) -> Told:
    """The form of the clients that are written here."""
    row = json.loads(text)
    return Told(row["requests"], row["failures"])


def read_floor(text: str) -> Told:
    """It counts answers, and ends at its first failure."""
    return Told(_number(r"answers (\d+)", text), 0)


def read_capacity(text: str) -> Told:
    """Totals of the run's record; what was cut at the end is no failure."""
    totals = json.loads(text)["totals"]
    failures = sum(totals["failures"].values())
    return Told(totals["ok"] + failures, failures)
