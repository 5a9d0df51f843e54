"""How is one Prometheus asked, and what came back: series, or a fault in words?

Works with whatever speaks its query API. Called by one thread; only `close` may come from another.
"""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from math import ceil, floor, isfinite, nan
from typing import Any

from prometheus_api_client import PrometheusConnect
from prometheus_api_client.exceptions import PrometheusApiClientException

from capacity.model.plan import PrometheusSource
from capacity.monitors import prometheus_faults as faults
from capacity.monitors.answers import Answer, ClockOffset, Fault, Series
from capacity.monitors.prometheus_line import Cut, Line
from capacity.monitors.prometheus_session import PrometheusSession, Told, UnreadableError
from capacity.monitors.prometheus_shapes import (
    MAX_SERIES,
    ShapeError,
    TooManyError,
    read_envelope,
    read_matrix,
    read_vector,
    read_version,
)

# The server gives up a little before we do, so that it can still say so.
_SERVER_SHARE_RATIO = 0.8
_CLOCK_PROBES = 5
_CLOCK_RESOLUTION_S = 0.001

_Read = Callable[[object, Any], tuple[Series, ...]]


class PrometheusApi:
    """Asks the Prometheus of a plan, by prometheus-api-client over a session of our own."""

    def __init__(self, source: PrometheusSource, clock: Callable[[], float] = time.time) -> None:
        self._source = source
        self._clock = clock
        self._line = Line()
        self._session = PrometheusSession(source, self._line)
        self._client = PrometheusConnect(source.url, session=self._session, method="POST")
        self._in_call = threading.Lock()

    def vector(self, query: str, at_unix_s: float | None) -> Answer | Fault:
        """One instant query: each series has exactly one sample. None asks for now."""
        at = {} if at_unix_s is None else {"time": f"{at_unix_s:.3f}"}
        return self._ask(query, at, read_vector)

    def samples(self, selector: str, start_unix_s: float, end_unix_s: float) -> Answer | Fault:
        """The raw samples of a selector with start <= time <= end.

        Prometheus 2 counts a sample on the left edge of a range in, Prometheus 3 does not: so the
        range asked for is a little longer on both sides, and is cut here.
        """
        first_ms, last_ms = floor(start_unix_s * 1000), ceil(end_unix_s * 1000)
        query = f"{selector}[{max(last_ms - first_ms, 0) + 1}ms]"
        answer = self._ask(query, {"time": f"{last_ms / 1000:.3f}"}, read_matrix)
        if isinstance(answer, Fault):
            return answer
        inside = (_inside(series, start_unix_s, end_unix_s) for series in answer.series)
        return Answer(tuple(series for series in inside if series.samples))

    def clock_offset(self) -> ClockOffset | Fault:
        """The clocks compared, by the quickest of a few answers."""
        found: list[ClockOffset] = []
        for _ in range(_CLOCK_PROBES):
            probed = self._probe_clock()
            if isinstance(probed, Fault):
                return probed
            found.append(probed)
        return min(found, key=lambda offset: offset.error_s)

    def _probe_clock(self) -> ClockOffset | Fault:
        sent_unix_s = self._clock()
        answer = self.vector("time()", None)
        received_unix_s = self._clock()
        if isinstance(answer, Fault):
            return answer
        server_unix_s = answer.series[0].samples[0][1] if answer.series else nan
        if not isfinite(server_unix_s):
            return faults.fault_of_shape(self._asking(), ShapeError("`time()` brought no time"))
        offset_s = server_unix_s - (sent_unix_s + received_unix_s) / 2
        error_s = abs(received_unix_s - sent_unix_s) / 2 + _CLOCK_RESOLUTION_S
        return ClockOffset(offset_s, error_s)

    def version(self) -> str | None:
        """The server's version, if it tells one."""
        url = f"{self._source.url}/api/v1/status/buildinfo"
        told = self._call(lambda: self._session.request("GET", url))
        return None if isinstance(told, Fault) else read_version(told.content)

    def close(self) -> None:
        """Drop the connections; a call under way ends with a fault, and so does every later one."""
        self._line.cut()
        self._close_session()

    def _ask(self, query: str, more: Mapping[str, str], read: _Read) -> Answer | Fault:
        limit_ms = max(1, round(self._source.timeout_s * _SERVER_SHARE_RATIO * 1000))
        params = {**more, "timeout": f"{limit_ms}ms"}
        told = self._call(lambda: self._client.custom_query(query, params=params))
        return told if isinstance(told, Fault) else self._read_told(told, read)

    def _read_told(self, told: Told, read: _Read) -> Answer | Fault:
        asking = self._asking()
        if told.status != 200:
            return faults.fault_of_status(asking, told)
        if told.content is None:
            return faults.fault_of_no_json(asking, told)
        try:
            envelope = read_envelope(told.content)
            if envelope.warnings and not self._source.accept_partial:
                return faults.fault_of_warnings(asking, envelope.warnings)
            return Answer(read(envelope.result_type, envelope.result))
        except ShapeError as error:
            return faults.fault_of_shape(asking, error)
        except TooManyError as error:
            return faults.fault_of_size(asking, f"{error} series, at most {MAX_SERIES} are read")

    def _call(self, ask: Callable[[], object]) -> Told | Fault:
        """What the server told, whatever its status was; or why it told nothing."""
        outcome: Told | Fault
        with self._in_call:
            try:
                with self._line.call(self._source.timeout_s):
                    outcome = self._told_by(ask)
                self._line.check()  # a head that was cut looks like a whole one
            except faults.AskError as error:
                outcome = faults.fault_of_error(self._asking(), error)
                self._session.close()
        if self._line.cut_by is Cut.CLOSED:  # `close` may have come too early to do it
            self._close_session()
        return outcome

    def _told_by(self, ask: Callable[[], object]) -> Told:
        # What these say is kept with the answer, and more of it.
        with suppress(PrometheusApiClientException, UnreadableError):
            ask()
        return self._session.last_told()

    def _close_session(self) -> None:
        if self._in_call.acquire(blocking=False):
            self._session.close()
            self._in_call.release()

    def _asking(self) -> faults.Asking:
        line = self._line
        return faults.Asking(self._source, self._session.secrets, line.cut_by, line.is_new)


def _inside(series: Series, start_unix_s: float, end_unix_s: float) -> Series:
    samples = (s for s in series.samples if start_unix_s <= s[0] <= end_unix_s)
    return Series(series.labels, tuple(samples))
