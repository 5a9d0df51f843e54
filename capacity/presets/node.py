"""What does a machine feel, as node_exporter tells it?"""

from collections.abc import Mapping
from dataclasses import dataclass

from capacity.model.resources import (
    Aspect,
    EmptyMeans,
    Expression,
    Limit,
    Quantity,
    Reduction,
    ResourceScope,
    Samples,
)
from capacity.presets.family import Family
from capacity.presets.promql import largest, matching, rate, selector
from capacity.units import Unit

PRESET = "node"

_FAMILY = Family(PRESET, "node.", ResourceScope.NODE)
_INSTANCE = ("instance",)
_DEVICE = ("instance", "device")
_REAL_DEVICE = 'device!~"lo|veth.+"'


@dataclass(frozen=True, slots=True)
class _Single:
    """A metric with one series for each machine, or each of its devices."""

    name: str
    metric: str
    unit: Unit
    aspect: Aspect
    meaning: str


_PRESSURES = tuple(
    _Single(
        f"psi_{resource}{suffix}",
        f"node_pressure_{resource}_{kind}_seconds_total",
        Unit.RATIO,
        Aspect.SATURATION,
        f"share of time in which {who} waited for {what}",
    )
    for resource, what, suffix, kind, who in (
        ("cpu", "a CPU", "", "waiting", "some task"),
        ("memory", "memory", "", "waiting", "some task"),
        ("memory", "memory", "_stalled", "stalled", "every task"),
        ("io", "a disk", "", "waiting", "some task"),
        ("io", "a disk", "_stalled", "stalled", "every task"),
    )
)
_GROWTHS = tuple(
    _Single(name, f"node_{metric}", Unit.PER_SECOND, aspect, f"{what} per second")
    for name, metric, aspect, what in (
        ("major_faults", "vmstat_pgmajfault", Aspect.SATURATION, "pages read back from a disk"),
        ("conntrack_drops", "nf_conntrack_stat_drop", Aspect.ERRORS, "untracked packets dropped"),
        ("tcp_listen_drops", "netstat_TcpExt_ListenDrops", Aspect.ERRORS, "connections dropped"),
        (
            "tcp_listen_overflows",
            "netstat_TcpExt_ListenOverflows",
            Aspect.SATURATION,
            "connections that found the accept queue full",
        ),
        (
            "tcp_syn_retransmits",
            "netstat_TcpExt_TCPSynRetrans",
            Aspect.ERRORS,
            "connection requests sent again",
        ),
    )
)
_SOCKETS = tuple(
    _Single(
        name,
        f"node_sockstat_TCP_{metric}",
        Unit.COUNT,
        Aspect.INFORMATION,
        f"highest number of {what}",
    )
    for name, metric, what in (
        ("tcp_time_wait", "tw", "TCP connections in TIME_WAIT"),
        ("tcp_sockets", "alloc", "TCP sockets"),
        ("tcp_orphans", "orphan", "TCP sockets that no process holds any more"),
    )
)
_DISKS = (
    _Single(
        "disk",
        "node_disk_io_time_seconds_total",
        Unit.RATIO,
        Aspect.UTILISATION,
        "share of time in which a disk had something to do",
    ),
    _Single(
        "disk_queue",
        "node_disk_io_time_weighted_seconds_total",
        Unit.NUMBER,
        Aspect.SATURATION,
        "mean number of requests at a disk",
    ),
)


def quantities(labels: Mapping[str, str]) -> tuple[Quantity, ...]:
    """Of the machines whose exporters match these labels (regular expressions)."""
    matchers = matching(labels)
    return (
        *_cpu(matchers),
        *_single(matchers, _PRESSURES, Reduction.RATE, _INSTANCE),
        _memory(matchers),
        *_single(matchers, _DISKS, Reduction.RATE, _DEVICE),
        *_network(matchers),
        _conntrack(matchers),
        *_single(matchers, _GROWTHS, Reduction.RATE, _INSTANCE),
        _retransmitted(matchers),
        *_single(matchers, _SOCKETS, Reduction.MAX, _INSTANCE),
    )


def _single(
    matchers: tuple[str, ...],
    rows: tuple[_Single, ...],
    reduction: Reduction,
    group_by: tuple[str, ...],
) -> tuple[Quantity, ...]:
    return tuple(
        _FAMILY.quantity(
            row.name,
            row.unit,
            row.aspect,
            Samples(selector(row.metric, *matchers), reduction, group_by),
            row.meaning,
        )
        for row in rows
    )


def _cpu(matchers: tuple[str, ...]) -> tuple[Quantity, ...]:
    seconds = "node_cpu_seconds_total"
    one = selector(seconds, *matchers, 'mode="idle"', 'cpu="0"')
    unused = rate(selector(seconds, *matchers, 'mode=~"idle|iowait|steal"'))
    stolen = rate(selector(seconds, *matchers, 'mode="steal"'))
    each = selector(seconds, *matchers, 'mode="idle"')
    cores = largest(f"count without (cpu,mode)({each})", *_INSTANCE)
    load = selector("node_load1", *matchers)
    return (
        _FAMILY.quantity(
            "cpu",
            Unit.RATIO,
            Aspect.UTILISATION,
            Expression(
                largest(f"1 - avg without (cpu)(sum without (mode)({unused}))", *_INSTANCE), (one,)
            ),
            "share of all its CPU time that was used",
        ),
        _FAMILY.quantity(
            "steal",
            Unit.RATIO,
            Aspect.SATURATION,
            Expression(largest(f"avg without (cpu)({stolen})", *_INSTANCE), (one,)),
            "share of the CPU time that other virtual machines took",
        ),
        _FAMILY.quantity(
            "load",
            Unit.NUMBER,
            Aspect.SATURATION,
            Expression(
                f"{largest(f'max_over_time({load}[$window])', *_INSTANCE)} / {cores}", (load,)
            ),
            "highest load average of a minute per CPU; it follows a step by a minute",
        ),
    )


def _memory(matchers: tuple[str, ...]) -> Quantity:
    free = selector("node_memory_MemAvailable_bytes", *matchers)
    total = largest(selector("node_memory_MemTotal_bytes", *matchers), *_INSTANCE)
    return _FAMILY.quantity(
        "memory",
        Unit.RATIO,
        Aspect.UTILISATION,
        Expression(
            f"1 - {largest(f'min_over_time({free}[$window])', *_INSTANCE)} / {total}", (free,)
        ),
        "highest share of the memory that was not available",
    )


def _network(matchers: tuple[str, ...]) -> tuple[Quantity, ...]:
    def of(metric: str, share_of: Limit | None = None) -> Samples:
        chosen = selector(f"node_network_{metric}", *matchers, _REAL_DEVICE)
        return Samples(chosen, Reduction.RATE, _DEVICE, share_of)

    speed = selector("node_network_speed_bytes", *matchers, _REAL_DEVICE)
    most = Limit(largest(f"{speed} > 0", *_DEVICE))
    ways = (("receive", "received"), ("transmit", "sent"))
    return tuple(
        quantity
        for way, done in ways
        for quantity in (
            _FAMILY.quantity(
                f"network_{way}",
                Unit.BYTES_PER_SECOND,
                Aspect.INFORMATION,
                of(f"{way}_bytes_total"),
                f"bytes per second {done} by a network device",
            ),
            _FAMILY.quantity(
                f"network_{way}_share",
                Unit.RATIO,
                Aspect.UTILISATION,
                of(f"{way}_bytes_total", most),
                f"bytes {done} by a network device, as a share of its speed",
                empty=EmptyMeans.NO_LIMIT,
            ),
            _FAMILY.quantity(
                f"network_{way}_drops",
                Unit.PER_SECOND,
                Aspect.ERRORS,
                of(f"{way}_drop_total"),
                f"packets per second dropped by a network device instead of {done}",
            ),
        )
    )


def _conntrack(matchers: tuple[str, ...]) -> Quantity:
    most = largest(f"{selector('node_nf_conntrack_entries_limit', *matchers)} > 0", *_INSTANCE)
    return _FAMILY.quantity(
        "conntrack",
        Unit.RATIO,
        Aspect.UTILISATION,
        Samples(
            selector("node_nf_conntrack_entries", *matchers), Reduction.MAX, _INSTANCE, Limit(most)
        ),
        "highest number of tracked connections, as a share of what there is room for",
        empty=EmptyMeans.NO_LIMIT,
    )


def _retransmitted(matchers: tuple[str, ...]) -> Quantity:
    again, sent = (
        largest(rate(selector(f"node_netstat_Tcp_{metric}", *matchers)), *_INSTANCE)
        for metric in ("RetransSegs", "OutSegs")
    )
    return _FAMILY.quantity(
        "tcp_retransmitted",
        Unit.RATIO,
        Aspect.ERRORS,
        Expression(f"{again} / {sent}"),
        "share of the TCP segments that were sent again",
    )
