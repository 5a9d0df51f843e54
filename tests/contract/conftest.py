"""The engines under the contract, and what they are held against."""

import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from capacity.commands.demo_options import DemoOptions
from capacity.commands.demo_process import DemoProcess
from capacity.model.plan import PythonCall
from tests.contract.driving import (
    ENGINES,
    EngineFactory,
)
from tests.contract.scenarios import Writer


@pytest.fixture(params=sorted(ENGINES))
def make(request: pytest.FixtureRequest) -> EngineFactory:
    """The engine under test."""
    return ENGINES[request.param]


@pytest.fixture
def demo() -> Iterator[DemoProcess]:
    """A service of 8 servers x 5 ms: 1,600 requests per second, knee at 8."""
    with DemoProcess(DemoOptions(port=0, servers=8, service_time_s=0.005)) as service:
        yield service


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority of our own."""
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The authority's certificate as a file."""
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    """Writes a scenario file whose function is called `buy`."""

    def write_file(text: str) -> PythonCall:
        path = tmp_path / "shop.py"
        path.write_text(textwrap.dedent(text))
        return PythonCall(str(path), "buy", ())

    return write_file
