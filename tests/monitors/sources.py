"""Where a test asks, in one line."""

from dataclasses import replace
from typing import Any

from capacity.model.plan import PrometheusSource, TlsTrust


def a_source(url: str, **changes: Any) -> PrometheusSource:
    """A Prometheus without credentials, whose answers may take 10 s."""
    source = PrometheusSource(
        url=url,
        headers=(),
        bearer=None,
        bearer_file=None,
        basic=None,
        trust=TlsTrust.SYSTEM,
        ca_file=None,
        client_certificate_file=None,
        client_key_file=None,
        proxy=None,
        timeout_s=10.0,
        every_s=None,
        accept_partial=False,
    )
    return replace(source, **changes)
