"""`capacity compare-paths` over real runs: a TLS edge that lets little through, and one that does.

The service has two servers of 10 ms, so straight to it 200 requests a second are all there is.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme

from capacity.commands.demo_options import DemoOptions
from tests.end_to_end.nginx import nginx_edge
from tests.end_to_end.tool import capacity, demo_service, run_undisturbed

SERVICE = DemoOptions(port=0, servers=2, service_time_s=0.010)
PACED_QPS = 80
LADDER = ("-c", "1,4,16", "-d", "1s", "--settle", "200ms", "-t", "1", "--no-default-stops")


@dataclass(frozen=True, slots=True)
class Runs:
    """The folders of three runs of one service, each over another way."""

    paced: Path
    edge: Path
    inside: Path


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Three short climbs: through the door that paces, through the open one, past the edge."""
    folder = tmp_path_factory.mktemp("paths")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    certificate = folder / "server.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(certificate))
    (folder / "edge").mkdir()

    def climb(name: str, url: str) -> Path:
        tls = ("--cacert", str(folder / "ca.pem")) if url.startswith("https") else ()
        ended = run_undisturbed(url, *LADDER, *tls, out=folder / name)
        assert ended.code == 0, ended.err
        return ended.run_folder

    with (
        demo_service(SERVICE) as service,
        nginx_edge(
            folder / "edge", service.url, certificate=certificate, paced_qps=PACED_QPS
        ) as edge,
    ):
        return Runs(
            climb("paced", edge.paced_url),
            climb("open", edge.open_url),
            climb("inside", service.url),
        )


def compared(outside: Path, inside: Path, *words: str) -> dict[str, Any]:
    """What --json says of two runs; the exit code is that of an answer."""
    ended = capacity("compare-paths", str(outside), str(inside), "--json", *words)
    assert ended.returncode == os.EX_OK, ended.stderr
    loaded: dict[str, Any] = json.loads(ended.stdout)
    return loaded


def test_an_edge_that_paces_is_the_limit(runs: Runs, tmp_path: Path) -> None:
    """80/s through it and 200/s past it: the edge, surely, and by two and a half times."""
    found = compared(runs.paced, runs.inside, "-o", str(tmp_path / "out"))

    assert (found["verdict"], found["class"]) == ("only_outside", "ingress")
    assert found["confidence"] == "high"
    assert found["outside"]["ceiling_qps"]["value"] == pytest.approx(PACED_QPS, rel=0.05)
    assert found["inside"]["ceiling_qps"]["value"] == pytest.approx(200, rel=0.05)
    assert found["scale_ratio"]["value"] == pytest.approx(2.5, rel=0.1)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "paths.json",
        "paths_qps_p50.png",
    }
    last = found["levels"][-1]
    assert last["added"]["p50_s"] == pytest.approx(16 / 80 - 16 / 200, rel=0.15)


def test_behind_an_edge_that_lets_all_through_the_service_is_the_limit(runs: Runs) -> None:
    """Both carry 200/s; each request through it pays for a connection and a handshake."""
    found = compared(runs.edge, runs.inside)

    assert (found["verdict"], found["undecided"]) == ("shared", None)
    assert found["scale_ratio"]["value"] == pytest.approx(1.0, abs=0.05)
    first = found["levels"][0]
    assert first["inside"]["tls_s"] == 0
    assert first["outside"]["tls_s"] > first["outside"]["connect_s"] > 0
    assert 0 < found["overhead"]["setup_ratio"] < 0.5
    whole_s = first["outside"]["first_byte_s"] + first["outside"]["transfer_s"]
    assert whole_s == pytest.approx(first["outside"]["mean_s"], rel=0.01)
