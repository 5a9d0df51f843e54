"""Services behind an nginx: one that gives up on them, and one that has too little CPU itself."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.lab.cpu_group import cpu_group
from tests.lab.lab import Lab, pod_name
from tests.targets.backing import cpu_of, edge, in_pod, monitor, why_no_nginx
from tests.targets.edge_metrics import EdgeMetrics
from tests.targets.parts import AMPLE_CORES, both, program
from tests.targets.services_limits import DESPITE_ERRORS
from tests.targets.target import Playing, Target

_INGRESS = "ingress-nginx-controller"
_THIS = {"ingress": "shop"}
_STARVED_CORES = 0.15
_COMPRESSED = "gzip on; gzip_comp_level 6; gzip_types text/plain;"


@contextmanager
def _timeout(lab: Lab) -> Iterator[Playing]:
    """Four at a time, 200 ms each; from 20 users on the last in the line waits more than 1 s."""
    with ExitStack() as stack:
        command = program("stores", "line", "--slots", "4", "--wait-ms", "200")
        shop = stack.enter_context(
            lab.pod(pod_name("shop"), command, limit_cores=AMPLE_CORES, is_real_time=True)
        )
        front = stack.enter_context(edge(shop.url, "proxy_read_timeout 1s;"))
        yield Playing(
            url=front.url,
            monitor=monitor(lab, "deploy/shop"),
            flags=DESPITE_ERRORS,
            instruments=front.answered,
        )


@contextmanager
def _starved(lab: Lab) -> Iterator[Playing]:
    """What compresses the answers has 0.15 cores, what makes them has a whole one."""
    with ExitStack() as stack:
        command = program("stores", "line", "--wait-ms", "25", "--body-bytes", "40000")
        shop = stack.enter_context(
            lab.pod(pod_name("shop"), command, limit_cores=AMPLE_CORES, is_real_time=True)
        )
        group = stack.enter_context(cpu_group(_INGRESS, _STARVED_CORES))
        front = stack.enter_context(edge(shop.url, _COMPRESSED))
        told = EdgeMetrics(front.log, group).lines
        record = stack.enter_context(in_pod(lab, pod_name(_INGRESS), group, front.pid, told))
        yield Playing(
            url=front.url,
            monitor=monitor(lab, "deploy/shop", f"deploy/{_INGRESS}", ingress_nginx=_THIS),
            flags=("-H", "Accept-Encoding: gzip", *DESPITE_ERRORS),
            instruments=both(cpu_of(record, _STARVED_CORES)),
        )


TIMEOUT = Target(
    "upstream-timeout",
    "nginx gives a slow service up after 1 s",
    "upstream_timeout",
    _timeout,
    "1,2,4,8,16,32",
    blind_kinds=frozenset({"upstream_timeout"}),
    why_not=why_no_nginx,
)
STARVED = Target(
    "ingress-cpu",
    "nginx with 0.15 cores before a service with time",
    "ingress",
    _starved,
    why_not=why_no_nginx,
)
TARGETS = (TIMEOUT, STARVED)
