"""Tests of workloads: which names of pods a pattern takes, and which it leaves."""

import re

import pytest

from capacity.profile.problems import InputError
from capacity.profile.workload_text import check_pattern, parse_namespace, pod_pattern

LONG = "a" * 50


@pytest.mark.parametrize(
    ("workload", "pattern"),
    [
        ("deploy/gateway", "^gateway-[a-z0-9]{1,10}-[a-z0-9]{5}$"),
        ("deployment/gateway", "^gateway-[a-z0-9]{1,10}-[a-z0-9]{5}$"),
        ("statefulset/vllm", "^vllm-[0-9]+$"),
        ("sts/vllm", "^vllm-[0-9]+$"),
        ("daemonset/agent", "^agent-[a-z0-9]{5}$"),
        ("ds/agent", "^agent-[a-z0-9]{5}$"),
        ("pod/api-0", "^api-0$"),
        ("statefulset/my.db", r"^my\.db-[0-9]+$"),
        ("pods/api-(blue|green)-.+", "^(?:api-(blue|green)-.+)$"),
    ],
)
def test_a_workload_becomes_an_anchored_pattern(workload: str, pattern: str) -> None:
    """The name stands there as it is, and what follows it is what Kubernetes adds."""
    assert pod_pattern(workload) == pattern


@pytest.mark.parametrize(
    ("workload", "pods", "others"),
    [
        (
            "deploy/api",
            ["api-7d9f8c6b5-x2x4z", "api-1564180365-khku8"],
            ["api-canary-7d9f8c6b5-x2x4z", "myapi-7d9f8c6b5-x2x4z", "api-0", "api", "api-x2x4z"],
        ),
        ("statefulset/db", ["db-0", "db-12"], ["db-0-1", "db-x2x4z", "olddb-0"]),
        ("daemonset/agent", ["agent-x2x4z"], ["agent-0", "agent-7d9f8c6b5-x2x4z"]),
        ("statefulset/my.db", ["my.db-0"], ["myxdb-0"]),
        (
            f"deploy/{LONG}",
            [f"{LONG}-7d9f8c6x2x4z", f"{LONG}-7d9f8c6"],
            [f"{LONG}b-7d9f8c6x2x4z", LONG, f"{LONG}-7d9f8c6b5d4-canaryx2x4z"],
        ),
        (f"deploy/{'b' * 70}", [f"{'b' * 58}x2x4z"], [f"{'b' * 57}x2x4z"]),
    ],
    ids=["deployment", "statefulset", "daemonset", "dot", "long name", "longer than its pods"],
)
def test_a_pattern_takes_its_own_pods_only(
    workload: str, pods: list[str], others: list[str]
) -> None:
    """Neighbours with a similar name are other workloads; a long name is cut by Kubernetes."""
    pattern = pod_pattern(workload)
    assert [name for name in pods if not re.fullmatch(pattern, name)] == []
    assert [name for name in others if re.fullmatch(pattern, name)] == []


@pytest.mark.parametrize(
    ("workload", "message"),
    [
        ("gateway", "'gateway' is not a workload"),
        ("job/x", "'job/x' is not a workload"),
        ("", "'' is not a workload"),
        ("deploy/", "'' is not a name that Kubernetes gives"),
        ("deploy/Gate", "'Gate' is not a name that Kubernetes gives"),
        ("deploy/a/b", "'a/b' is not a name that Kubernetes gives"),
        ('deploy/a"b', "'a\"b' is not a name that Kubernetes gives"),
        ("deploy/a.*", "'a.*' is not a name that Kubernetes gives"),
        (f"pod/{'a' * 254}", f"'{'a' * 254}' is not a name"),
        ("pods/(", "'(' is not a regular expression"),
        ("pods/", "a regular expression has 1 to 1000 printable characters"),
    ],
)
def test_refuses_what_names_no_workload(workload: str, message: str) -> None:
    """The hint shows each kind once."""
    with pytest.raises(InputError) as caught:
        pod_pattern(workload)
    assert caught.value.message.startswith(message)
    if "regular expression" not in message:
        assert caught.value.hint.startswith("write it like deploy/gateway, statefulset/db")


def test_a_namespace_is_a_label() -> None:
    """Small letters, digits and hyphens, 63 at most."""
    assert parse_namespace("shop-test") == "shop-test"
    for wrong in ("Shop", "a.b", "-a", "", "a" * 64, 'a"'):
        with pytest.raises(InputError, match="is not a namespace"):
            parse_namespace(wrong)


@pytest.mark.parametrize("text", ["db.*", "10\\.0\\.0\\.[0-9]+:9187", "(a|b)+", "(?i)x", "a{2}"])
def test_patterns_that_prometheus_reads_pass(text: str) -> None:
    """A pattern comes back as it was written."""
    assert check_pattern(text) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(?=a)b", r"Prometheus knows no \(\?= in a regular expression"),
        ("(?<!a)b", r"Prometheus knows no \(\?<! in a regular expression"),
        (r"(a)\1", r"Prometheus knows no \\1 in a regular expression"),
        ("a*+", r"Prometheus knows no \*\+ in a regular expression"),
        ("[", r"'\[' is not a regular expression"),
        ("a" * 1001, "a regular expression has 1 to 1000 printable characters"),
        ("a\nb", "a regular expression has 1 to 1000 printable characters"),
    ],
)
def test_patterns_that_prometheus_would_refuse_are_refused(text: str, message: str) -> None:
    """What Python reads and Prometheus does not would fail only when it is asked."""
    with pytest.raises(InputError, match=message):
        check_pattern(text)
