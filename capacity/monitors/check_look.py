"""Is what Prometheus knows now enough for the rules of a plan? Every fact with its state.

Pure. A stop rule that could never be judged is a failure; the same fact about a quantity that is
only shown is none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

from capacity.model.check import CheckGroup, CheckHint, CheckItem, CheckState
from capacity.model.plan import RunPlan
from capacity.model.resources import OWN_QUERIES, EmptyMeans
from capacity.model.rules import Action, OnMissing, Rule, Scope
from capacity.monitors.answers import ClockOffset, Fault, FaultKind
from capacity.monitors.first_look import FirstLook, QuantityLook
from capacity.monitors.members import name_some
from capacity.monitors.window import LEAST_SAMPLES, greatest_age_s, needed_hold_s
from capacity.units import Unit, format_duration

# More than a second between two clocks is a mistake of a machine, not of the measurement.
_MOST_OFFSET_S = 1.0
_LIMIT_UNITS = {"cpu": Unit.CORES, "mem": Unit.BYTES}
# What says that nobody who speaks Prometheus's language was reached.
_NOT_REACHED = {
    FaultKind.UNREACHABLE,
    FaultKind.TIMEOUT,
    FaultKind.TLS,
    FaultKind.REDIRECTED,
    FaultKind.NOT_JSON,
    FaultKind.HTTP_STATUS,
}
_HINTS = {
    FaultKind.UNREACHABLE: "prometheus_unreachable",
    FaultKind.TIMEOUT: "prometheus_slow",
    FaultKind.TLS: "prometheus_tls",
    FaultKind.NOT_AUTHORISED: "prometheus_credentials",
    FaultKind.REDIRECTED: "prometheus_url",
    FaultKind.NOT_JSON: "prometheus_url",
    FaultKind.HTTP_STATUS: "prometheus_url",
    FaultKind.WRONG_SHAPE: "prometheus_url",
    FaultKind.RATE_LIMITED: "prometheus_busy",
    FaultKind.UNAVAILABLE: "prometheus_busy",
    FaultKind.BAD_QUERY: "query_refused",
    FaultKind.PARTIAL: "query_partial",
    FaultKind.TOO_LARGE: "query_too_large",
}


def look_items(look: FirstLook, plan: RunPlan) -> tuple[CheckItem, ...]:
    """The server first, then each quantity that there is something to say about."""
    server = tuple(_server_items(look))
    if isinstance(look.clock_offset, Fault):
        return server  # what could not be asked has the same fault again and again
    ruled = [one for one in look.quantities if _rules_on(one, plan)]
    others = [one for one in look.quantities if not _rules_on(one, plan)]
    items = [item for one in ruled for item in _ruled_items(one, _rules_on(one, plan), plan)]
    return (*server, *items, *_shown_items(others))


def _rules_on(look: QuantityLook, plan: RunPlan) -> tuple[Rule, ...]:
    return tuple(
        rule
        for rule in plan.rules
        if rule.scope is Scope.RESOURCE and rule.metric == look.quantity.name
    )


def _server_items(look: FirstLook) -> list[CheckItem]:
    clock = look.clock_offset
    if isinstance(clock, Fault):
        hint = CheckHint(_HINTS[clock.kind])
        if clock.kind in _NOT_REACHED:
            return [_server(CheckState.FAILED, "reachable", clock.detail, hint)]
        what = "authorised" if clock.kind is FaultKind.NOT_AUTHORISED else "answers"
        return [_server(CheckState.FAILED, what, clock.detail, hint)]
    version = look.version if look.version is not None else ""
    return [_server(CheckState.OK, "reachable", version), _clock_item(clock)]


def _clock_item(clock: ClockOffset) -> CheckItem:
    ahead = "+" if clock.offset_s >= 0 else "-"
    measured = f"{ahead}{format_duration(abs(clock.offset_s))} ± {format_duration(clock.error_s)}"
    if abs(clock.offset_s) <= _MOST_OFFSET_S:
        return _server(CheckState.OK, "clock", measured)
    return _server(CheckState.WARNING, "clock", measured, CheckHint("clock_apart"))


def _server(
    state: CheckState, what: str, measured: str, hint: CheckHint | None = None
) -> CheckItem:
    return CheckItem(CheckGroup.PROMETHEUS, state, what, "", measured, hint)


def _ruled_items(look: QuantityLook, rules: Sequence[Rule], plan: RunPlan) -> list[CheckItem]:
    """A quantity that rules are about: whether it is there, and in time."""
    writer = _Writer(look, is_stopping=any(rule.action is Action.STOP for rule in rules))
    if look.fault is not None:
        return [writer.fail("series", look.fault.detail, CheckHint(_HINTS[look.fault.kind]))]
    if look.has_no_limit:
        is_needed = any(rule.on_missing is not OnMissing.MARK for rule in rules)
        say = writer.fail if is_needed else writer.warn
        return [say("limits", "0", CheckHint("no_limit"))]
    if look.series_count == 0:
        return [writer.none_found()]
    items = [writer.series()]
    if look.limits is not None and not look.limits:
        return [*items, writer.fail("limits", "?", CheckHint("limit_unknown"))]
    if look.limits is not None and look.unlimited:
        fields = {"subjects": name_some(look.unlimited)}
        count = f"{len(look.limits)} / {look.series_count}"
        items.append(writer.warn("limits", count, CheckHint("some_unlimited", fields)))
    if look.is_restamped:
        items.append(writer.warn("stamps", "", CheckHint("restamped")))
    if look.fixed_range_s > plan.hold_s:
        measured = f"{format_duration(look.fixed_range_s)} > {format_duration(plan.hold_s)}"
        items.append(writer.warn("range", measured, CheckHint("fixed_range")))
    spans = {("hold", plan.hold_s)}
    spans |= {("over", rule.over_s) for rule in rules if rule.over_s is not None}
    items += [item for name, span_s in sorted(spans) for item in writer.samples_in(name, span_s)]
    return items


@dataclass(frozen=True, slots=True)
class _Writer:
    """Makes the items of one quantity; what fails a stop rule only weakens the others."""

    look: QuantityLook
    is_stopping: bool

    def fail(self, what: str, measured: str, hint: CheckHint) -> CheckItem:
        state = CheckState.FAILED if self.is_stopping else CheckState.WARNING
        return self._item(state, what, measured, hint)

    def warn(self, what: str, measured: str, hint: CheckHint) -> CheckItem:
        return self._item(CheckState.WARNING, what, measured, hint)

    def none_found(self) -> CheckItem:
        """No series: for some quantities that is what a healthy service shows."""
        empty = self.look.quantity.empty_means
        if empty is EmptyMeans.ZERO:
            return self._item(CheckState.OK, "series", "0", CheckHint("none_is_zero"))
        return self.fail("series", "0", CheckHint("no_series"))

    def series(self) -> CheckItem:
        """How many there are, how far apart and how old their samples are, and of what limit."""
        look = self.look
        measured = series_words(look)
        if look.lag_s is None or look.spacing_s is None:
            return self._item(CheckState.OK, "series", measured, None)
        if look.lag_s > greatest_age_s(look.spacing_s):
            return self.fail("series", measured, CheckHint("samples_old"))
        return self._item(CheckState.OK, "series", measured, None)

    def samples_in(self, name: str, span_s: float) -> list[CheckItem]:
        """Whether a hold, or the window of a rule, has samples enough."""
        spacing_s, lag_s = self.look.spacing_s, self.look.lag_s
        if spacing_s is None:
            hint = CheckHint("spacing_unknown")
            return [self.warn("hold", "", hint)] if name == "hold" else []
        needed_s = needed_hold_s(spacing_s, lag_s or 0.0)
        count = floor(span_s / spacing_s)
        measured = f"{name} {format_duration(span_s)}: {count} x {format_duration(spacing_s)}"
        hint = CheckHint(f"{name}_short", {"needed": f"{needed_s:.0f}s"})
        if span_s >= needed_s:
            return [self._item(CheckState.OK, "samples", measured, None)]
        if name == "hold" and span_s < LEAST_SAMPLES * spacing_s:
            return [self.fail("samples", measured, hint)]
        return [self.warn("samples", measured, hint)]

    def _item(
        self, state: CheckState, what: str, measured: str, hint: CheckHint | None
    ) -> CheckItem:
        name = self.look.quantity.name
        return CheckItem(CheckGroup.RESOURCES, state, what, name, measured, hint)


def series_words(look: QuantityLook) -> str:
    """What was found of a quantity in few words, the same in every language."""
    words = [f"{look.series_count} ({name_some(look.subjects)})"]
    if look.spacing_s is not None:
        words.append(f"every {format_duration(look.spacing_s)}")
    if look.lag_s is not None:
        words.append(f"{format_duration(max(0.0, look.lag_s))} old")
    if look.limits:
        unit = _LIMIT_UNITS.get(look.quantity.name, Unit.NUMBER)
        shown = sorted({unit.show(limit) for limit in look.limits.values()})
        words.append(f"limit {name_some(shown)}")
    return ", ".join(words)


def _shown_items(looks: Sequence[QuantityLook]) -> list[CheckItem]:
    """Quantities that no rule is about: one line for those that are there, one for the rest."""
    items: list[CheckItem] = []
    found: list[str] = []
    absent: list[str] = []
    for look in looks:
        writer, name = _Writer(look, is_stopping=False), look.quantity.name
        if look.fault is not None:
            items.append(
                writer.warn("series", look.fault.detail, CheckHint(_HINTS[look.fault.kind]))
            )
        elif look.series_count > 0:
            found.append(name)
        elif look.quantity.preset == OWN_QUERIES:
            items.append(writer.none_found())
        else:
            absent.append(name)
    # Of a preset for many kinds of clusters much is always absent.
    for what, measured in (("shown", ", ".join(found)), ("absent", name_some(absent))):
        if measured:
            items.append(CheckItem(CheckGroup.RESOURCES, CheckState.OK, what, "", measured))
    return items
