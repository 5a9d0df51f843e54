"""Where a test asks, in one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from capacity.model.plan import PrometheusSource, TlsTrust
from capacity.monitors.prometheus_api import PrometheusApi
from tests.servers.prometheus_like import Act, Answers, prometheus_like


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


@contextmanager
def asked_of(*acts: Act, **source: Any) -> Iterator[tuple[PrometheusApi, Answers]]:
    """An API over a server that plays these acts."""
    server, answers = prometheus_like(*acts)
    with server:
        api = PrometheusApi(a_source(answers.url, **source))
        try:
            yield api, answers
        finally:
            api.close()
