"""The page of all resources says what the presets say."""

from pathlib import Path

from scripts.document_presets import document

PAGE = Path(__file__).parents[3] / "docs" / "presets.md"


def test_the_page_is_up_to_date() -> None:
    """After a change of a preset: `python -m scripts.document_presets > docs/presets.md`."""
    assert document() == PAGE.read_text(encoding="utf-8")


def test_says_how_a_share_is_made() -> None:
    """The guard of CPU has its counter, what makes a member of it, and its limit."""
    text = document()
    start = text.index("cpu = growth per second of\n")
    pods = 'namespace="NAMESPACE",pod=~"PODS"'
    limits = "kube_pod_container_resource_limits"
    assert text[start:].splitlines()[:4] == [
        "cpu = growth per second of",
        f'  container_cpu_usage_seconds_total{{{pods},container!="",container!="POD"}}',
        "  by namespace, pod, container",
        f'  / max by (namespace,pod,container)({limits}{{{pods},resource="cpu"}} > 0'
        f" or {limits}_cpu_cores{{{pods}}} > 0)",
    ]
    assert "| `replicas` | count | low | lowest number of ready pods | no data |" in text
