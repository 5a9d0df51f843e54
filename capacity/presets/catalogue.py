"""Which presets may a profile name, and by which labels are their series chosen?

Pods are chosen by workload (`kubernetes.py`), a local process by its id or port
(`local_process.py`); both are no entries here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from capacity.model.resources import Quantity
from capacity.presets import (
    go,
    ingress_nginx,
    jvm,
    node,
    postgresql,
    process_exporter,
    python,
    redis,
)


@dataclass(frozen=True, slots=True)
class Preset:
    """Its quantities, made for a choice of labels; the words of the profile for those labels.

    With `needs_option` a choice is needed: otherwise Prometheus itself and every exporter would
    be meant too.
    """

    make: Callable[[Mapping[str, str]], tuple[Quantity, ...]]
    options: Mapping[str, str]
    needs_option: bool

    def quantities(self, options: Mapping[str, str]) -> tuple[Quantity, ...]:
        """The quantities of the series whose labels match; each value is a regular expression."""
        return self.make({self.options[word]: pattern for word, pattern in options.items()})


_EXPORTER = {"instance": "instance", "job": "job"}
_SERVICE = {**_EXPORTER, "namespace": "namespace", "pod": "pod"}

PRESETS: Mapping[str, Preset] = {
    postgresql.PRESET: Preset(postgresql.quantities, _EXPORTER, needs_option=False),
    redis.PRESET: Preset(redis.quantities, _EXPORTER, needs_option=False),
    ingress_nginx.PRESET: Preset(
        ingress_nginx.quantities,
        {"namespace": "namespace", "ingress": "ingress"},
        needs_option=False,
    ),
    node.PRESET: Preset(node.quantities, _EXPORTER, needs_option=False),
    process_exporter.PRESET: Preset(
        process_exporter.quantities, {"group": "groupname", **_EXPORTER}, needs_option=False
    ),
    go.PRESET: Preset(go.quantities, _SERVICE, needs_option=True),
    jvm.PRESET: Preset(jvm.quantities, _SERVICE, needs_option=True),
    python.PRESET: Preset(python.quantities, _SERVICE, needs_option=True),
}
