"""Synthetic machines and groups of processes."""

from math import nan

from tests.presets.synthetic import Case

NODE = 'instance="node:9100"'
SDA = f'{NODE},device="sda"'
ETH = f'{NODE},device="eth0"'
GROUP = f'{NODE},groupname="api"'
GAUGE = "9x16 1 4 2 1"  # its highest inside the window is 4


def twice(metric: str, labels: str, values: str) -> list[str]:
    """One series that two jobs scrape."""
    return [f'{metric}{{{labels},job="{job}"}} {values}' for job in ("a", "b")]


def cpu(growths: dict[str, str]) -> list[str]:
    """Two CPUs, each with so many seconds more in a mode with every sample of 15 s."""
    return [
        line
        for number in ("0", "1")
        for mode, growth in growths.items()
        for line in twice(
            "node_cpu_seconds_total", f'{NODE},cpu="{number}",mode="{mode}"', f"0+{growth}x20"
        )
    ]


MODES = {"idle": "3", "iowait": "1.5", "steal": "1.5", "user": "6", "system": "3"}


def network(metric: str, values: str) -> list[str]:
    """A real device beside two that are none."""
    return [
        *twice(metric, ETH, values),
        *(f'- {metric}{{{NODE},device="{name}"}} 0+999x20' for name in ("lo", "veth1a")),
    ]


NODE_CASES = (
    Case("node.cpu", "waiting and stolen time is not used", cpu(MODES), {NODE: 0.6}),
    Case("node.steal", "of two CPUs", cpu(MODES), {NODE: 0.1}),
    Case(
        "node.load",
        "per CPU, the highest inside the window",
        [*twice("node_load1", NODE, GAUGE), *cpu(MODES)],
        {NODE: 2},
    ),
    *(
        Case(
            f"node.{name}",
            "told by two jobs",
            twice(f"node_pressure_{metric}_seconds_total", NODE, "0+3x20"),
            {"node:9100": 0.2},
        )
        for name, metric in (
            ("psi_cpu", "cpu_waiting"),
            ("psi_memory", "memory_waiting"),
            ("psi_memory_stalled", "memory_stalled"),
            ("psi_io", "io_waiting"),
            ("psi_io_stalled", "io_stalled"),
        )
    ),
    Case(
        "node.memory",
        "when least was free inside the window",
        [
            *twice("node_memory_MemAvailable_bytes", NODE, "1x16 300 400 250 900"),
            *twice("node_memory_MemTotal_bytes", NODE, "1000x20"),
        ],
        {NODE: 0.75},
    ),
    Case(
        "node.disk",
        "two disks",
        [
            *twice("node_disk_io_time_seconds_total", SDA, "0+6x20"),
            *twice("node_disk_io_time_seconds_total", f'{NODE},device="sdb"', "0+3x20"),
        ],
        {"node:9100/sda": 0.4, "node:9100/sdb": 0.2},
    ),
    Case(
        "node.disk_queue",
        "many at once",
        twice("node_disk_io_time_weighted_seconds_total", SDA, "0+60x20"),
        {"node:9100/sda": 4},
    ),
    *(
        case
        for way in ("receive", "transmit")
        for case in (
            Case(
                f"node.network_{way}",
                "a real device",
                network(f"node_network_{way}_bytes_total", "0+150x20"),
                {"node:9100/eth0": 10},
            ),
            Case(
                f"node.network_{way}_share",
                "a real device",
                [
                    *network(f"node_network_{way}_bytes_total", "0+150x20"),
                    *twice("node_network_speed_bytes", ETH, "100x20"),
                    f'node_network_speed_bytes{{{NODE},device="eth1"}} 0x20',
                ],
                {"node:9100/eth0": 0.1},
                {ETH: 100},
            ),
            Case(
                f"node.network_{way}_share",
                "a virtual one does not know its speed",
                [
                    *network(f"node_network_{way}_bytes_total", "0+150x20"),
                    f"node_network_speed_bytes{{{ETH}}} -1x20",
                ],
                says=f"no node.network_{way}_share limit is set for node:9100/eth0",
                has_no_limit=True,
            ),
            Case(
                f"node.network_{way}_drops",
                "a real device",
                network(f"node_network_{way}_drop_total", "0+150x20"),
                {"node:9100/eth0": 10},
            ),
        )
    ),
    Case(
        "node.conntrack",
        "three quarters full",
        [
            *twice("node_nf_conntrack_entries", NODE, "9x16 700 750 700 700"),
            *twice("node_nf_conntrack_entries_limit", NODE, "1000x20"),
        ],
        {"node:9100": 0.75},
        {NODE: 1000},
    ),
    *(
        Case(
            f"node.{name}",
            "begun again",
            twice(f"node_{metric}", NODE, "0+60x17 60+60x2"),
            {"node:9100": 4},
        )
        for name, metric in (
            ("major_faults", "vmstat_pgmajfault"),
            ("conntrack_drops", "nf_conntrack_stat_drop"),
            ("tcp_listen_drops", "netstat_TcpExt_ListenDrops"),
            ("tcp_listen_overflows", "netstat_TcpExt_ListenOverflows"),
            ("tcp_syn_retransmits", "netstat_TcpExt_TCPSynRetrans"),
        )
    ),
    Case(
        "node.tcp_retransmitted",
        "one in fifty",
        [
            *twice("node_netstat_Tcp_RetransSegs", NODE, "0+2x20"),
            *twice("node_netstat_Tcp_OutSegs", NODE, "0+100x20"),
        ],
        {NODE: 0.02},
    ),
    Case(
        "node.tcp_retransmitted",
        "nothing was sent",
        [
            *twice("node_netstat_Tcp_RetransSegs", NODE, "2x20"),
            *twice("node_netstat_Tcp_OutSegs", NODE, "100x20"),
        ],
        {NODE: nan},
    ),
    *(
        Case(
            f"node.{name}",
            "the most",
            twice(f"node_sockstat_TCP_{metric}", NODE, GAUGE),
            {"node:9100": 4},
        )
        for name, metric in (
            ("tcp_time_wait", "tw"),
            ("tcp_sockets", "alloc"),
            ("tcp_orphans", "orphan"),
        )
    ),
)


def threads(name: str, values: str) -> list[str]:
    """The threads of a name, in both modes."""
    return [
        line
        for mode in ("user", "system")
        for line in twice(
            "namedprocess_namegroup_thread_cpu_seconds_total",
            f'{GROUP},threadname="{name}",mode="{mode}"',
            values,
        )
    ]


GROUP_CASES = (
    Case(
        "process_exporter.cores",
        "in both modes",
        [
            line
            for mode in ("user", "system")
            for line in twice(
                "namedprocess_namegroup_cpu_seconds_total", f'{GROUP},mode="{mode}"', "0+6x20"
            )
        ],
        {GROUP: 0.8},
    ),
    Case(
        "process_exporter.hot_thread",
        "the busiest, not the sum",
        [*threads("main", "0+6x20"), *threads("writer", "0+1x20")],
        {GROUP: 0.8},
    ),
    *(
        Case(
            f"process_exporter.{name}",
            "the most",
            twice(f"namedprocess_namegroup_{metric}", GROUP, "0x16 0.1 0.4 0.2 0.1"),
            {"node:9100/api": 0.4},
        )
        for name, metric in (
            ("fds", "worst_fd_ratio"),
            ("threads", "num_threads"),
            ("processes", "num_procs"),
        )
    ),
    Case(
        "process_exporter.memory",
        "only what is resident",
        [
            *twice("namedprocess_namegroup_memory_bytes", f'{GROUP},memtype="resident"', GAUGE),
            f'- namedprocess_namegroup_memory_bytes{{{GROUP},memtype="virtual"}} 99x20',
        ],
        {"node:9100/api": 4},
    ),
    Case(
        "process_exporter.major_faults",
        "begun again",
        twice("namedprocess_namegroup_major_page_faults_total", GROUP, "0+60x17 60+60x2"),
        {"node:9100/api": 4},
    ),
)

CASES = (*NODE_CASES, *GROUP_CASES)
