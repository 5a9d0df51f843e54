"""Which hooks has this run, may their hosts be asked, and which secrets do its logs hide?"""

import base64
from dataclasses import replace
from urllib.parse import unquote_to_bytes

from capacity.commands.consent import is_allowed
from capacity.commands.preflight import resolve
from capacity.errors import ConsentError
from capacity.hooks.logs import ThreadedLogs
from capacity.hooks.profiler import ThreadedProfiler
from capacity.model.hooks import PprofSource
from capacity.model.plan import Header, HttpRequest, PrometheusSource, RunPlan
from capacity.search.hook_watch import HookWatch
from capacity.search.ports import Clock

# Their values stand in every log and are known to everybody.
_PUBLIC_HEADERS = frozenset(
    {"accept", "accept-encoding", "accept-language", "content-type", "host", "user-agent"}
)


def refuse_unlisted(plan: RunPlan, yes_target: str | None) -> None:
    """ConsentError for a profile of a host that is neither loopback, nor the target, nor listed.

    The target's own host has been asked for by then.
    """
    source = None if plan.profiling is None else plan.profiling.source
    if not isinstance(source, PprofSource) or source.host == plan.target.host:
        return
    where = replace(plan.target, scheme=source.scheme, host=source.host, port=source.port)
    addresses = resolve(where)
    if is_allowed(source.host, addresses, allow_hosts=plan.allow_hosts, yes_target=yes_target):
        return
    shown = ", ".join(sorted({address for address, _ in addresses}))
    raise ConsentError(
        f"profile.url names {source.host} ({shown}), which is not this machine and was not allowed",
        hint=f"if you are allowed to profile it, write safety: {{ allow_hosts: [{source.host}] }}",
    )


def make_hooks(plan: RunPlan, clock: Clock) -> HookWatch:
    """Profiler and logs of the plan; nothing of them is begun yet."""
    profiler = None if plan.profiling is None else ThreadedProfiler(plan.profiling)
    logs = ThreadedLogs(plan.logs, secrets_of(plan)) if plan.logs else None
    return HookWatch(clock, profiler, logs)


def secrets_of(plan: RunPlan) -> tuple[bytes, ...]:
    """What the plan keeps secret and a log may repeat: credentials, query values, the body."""
    found = [*_of_headers(plan.scenario.call.headers)]
    if isinstance(plan.scenario.call, HttpRequest):
        _, _, query = plan.scenario.call.path.reveal().partition(b"?")
        values = [pair.partition(b"=")[2] for pair in query.split(b"&")]
        found += [form for value in values for form in (value, unquote_to_bytes(value))]
        if plan.scenario.call.body is not None:
            found.append(plan.scenario.call.body.reveal().strip())
    if plan.monitor is not None and plan.monitor.prometheus is not None:
        found += _of_prometheus(plan.monitor.prometheus)
    return tuple(value for value in found if value)


def _of_prometheus(source: PrometheusSource) -> list[bytes]:
    found = _of_headers(source.headers)
    if source.bearer is not None:
        found.append(source.bearer.reveal())
    if source.basic is not None:
        password = source.basic.password.reveal()
        both = source.basic.user.encode() + b":" + password
        found += [password, base64.b64encode(both)]
    return found


def _of_headers(headers: tuple[Header, ...]) -> list[bytes]:
    """Each value, and behind a word such as Bearer the credential alone."""
    found = []
    for header in headers:
        if header.name.lower() not in _PUBLIC_HEADERS:
            value = header.value.reveal().strip()
            found += [value, value.partition(b" ")[2].strip()]
    return found
