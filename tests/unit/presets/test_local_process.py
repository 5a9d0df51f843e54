"""The names and units that rules on a local process are written in."""

from capacity.model.resources import EmptyMeans, ResourceScope
from capacity.presets.local_process import quantities
from capacity.units import Unit


def test_each_quantity_has_its_name_and_unit() -> None:
    """Shares are ratios, so that rules on them are written in percent; the rest says its unit."""
    assert {quantity.name: quantity.unit for quantity in quantities()} == {
        "cpu": Unit.RATIO,
        "throttle": Unit.RATIO,
        "mem": Unit.RATIO,
        "fds": Unit.COUNT,
        "threads": Unit.COUNT,
        "restarts": Unit.COUNT,
        "process.cores": Unit.CORES,
        "process.hot_thread": Unit.RATIO,
        "process.memory": Unit.BYTES,
        "process.fds_of_limit": Unit.RATIO,
    }


def test_they_are_read_by_the_monitor_itself() -> None:
    """No query belongs to them, and all are the process's; only throttling needs a limit."""
    assert {(quantity.source, quantity.scope) for quantity in quantities()} == {
        (None, ResourceScope.PROCESS)
    }
    assert [q.name for q in quantities() if q.empty_means is EmptyMeans.NO_LIMIT] == ["throttle"]
