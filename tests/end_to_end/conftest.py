"""What the end-to-end tests share."""

from collections.abc import Iterator

import pytest

from tests.lab.cpu_group import why_no_limits
from tests.lab.lab import Lab, lab


@pytest.fixture(scope="session")
def watched_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Services with real CPU limits, and the Prometheus that has scraped them already."""
    reason = why_no_limits()
    if reason is not None:
        pytest.skip(reason)
    with lab(tmp_path_factory.mktemp("lab")) as parts:
        yield parts
