"""Can the target be reached, and may it be loaded? One connection, and no request."""

import time

from capacity.commands.check_machine import item_of_error
from capacity.commands.consent import is_allowed
from capacity.commands.preflight import reachable, resolve, usable_from
from capacity.errors import CapacityError
from capacity.model.check import CheckGroup, CheckHint, CheckItem, CheckState
from capacity.model.plan import RunPlan
from capacity.units import format_duration


def target_items(plan: RunPlan, yes_target: str | None) -> tuple[CheckItem, ...]:
    """Addresses, consent and connection, until one of them fails."""
    try:
        addresses = usable_from(plan.source_addresses, resolve(plan.target))
    except CapacityError as error:
        return (item_of_error(CheckGroup.TARGET, "addresses", error),)
    shown = ", ".join(address for address, _ in addresses)
    items = [_item(CheckState.OK, "addresses", shown)]
    host = plan.target.host
    if is_allowed(host, addresses, allow_hosts=plan.allow_hosts, yes_target=yes_target):
        items.append(_item(CheckState.OK, "consent", host))
    else:
        hint = CheckHint("consent_needed", {"host": host})
        items.append(_item(CheckState.WARNING, "consent", host, hint))
    return (*items, _connection(plan, addresses))


def _connection(plan: RunPlan, addresses: tuple[tuple[str, int], ...]) -> CheckItem:
    begun_s = time.monotonic()
    try:
        family = reachable(plan.target, addresses, plan.source_addresses)
    except CapacityError as error:
        return item_of_error(CheckGroup.TARGET, "connection", error)
    took = format_duration(time.monotonic() - begun_s)
    return _item(CheckState.OK, "connection", f"{family[0][0]}:{family[0][1]}, {took}")


def _item(state: CheckState, what: str, measured: str, hint: CheckHint | None = None) -> CheckItem:
    return CheckItem(CheckGroup.TARGET, state, what, "", measured, hint)
