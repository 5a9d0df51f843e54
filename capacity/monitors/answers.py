"""What can come back from Prometheus: series with their samples, or a fault with its side.

Times are Unix seconds of Prometheus's clock. Values may be NaN or infinite, as it sends them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Series:
    """One series: its labels (with `__name__` if it has one) and (time, value) pairs in order."""

    labels: Mapping[str, str]
    samples: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; a scalar is one series without labels."""

    series: tuple[Series, ...]


class FaultKind(StrEnum):
    """Why there is no whole answer."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    TLS = "tls"
    NOT_AUTHORISED = "not_authorised"
    REDIRECTED = "redirected"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    BAD_QUERY = "bad_query"
    NOT_JSON = "not_json"
    WRONG_SHAPE = "wrong_shape"
    PARTIAL = "partial"
    TOO_LARGE = "too_large"
    HTTP_STATUS = "http_status"


@dataclass(frozen=True, slots=True)
class Fault:
    """Prometheus could not be asked, or answered only in part.

    `detail` is one sentence without secrets. A permanent fault comes back with every try of the
    same query; `retry_after_s` is the server's own wish.
    """

    kind: FaultKind
    detail: str
    is_permanent: bool
    retry_after_s: float | None = None


# These say something about one query, and that the server is alive.
_OF_THE_QUERY = {
    FaultKind.BAD_QUERY,
    FaultKind.WRONG_SHAPE,
    FaultKind.PARTIAL,
    FaultKind.TOO_LARGE,
}


def is_of_server(fault: Fault) -> bool:
    """Whether a fault would meet other queries too."""
    return fault.kind not in _OF_THE_QUERY


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """Add `offset_s` to this machine's clock to have Prometheus's; off by at most `error_s`."""

    offset_s: float
    error_s: float


class Prometheus(Protocol):
    """Asks one Prometheus (or what speaks its API). One thread may use it; each call is bounded."""

    def vector(self, query: str, at_unix_s: float | None) -> Answer | Fault:
        """One instant query: each series has exactly one sample. None asks for now."""

    def samples(self, selector: str, start_unix_s: float, end_unix_s: float) -> Answer | Fault:
        """The raw samples of a selector with start <= time <= end."""

    def clock_offset(self) -> ClockOffset | Fault:
        """The clocks compared, by the quickest of a few answers."""

    def version(self) -> str | None:
        """The server's version, if it tells one."""

    def close(self) -> None:
        """Drop the connections; a call under way ends with a fault."""
