"""Services that wait for something else: Redis, or another service, watched or not."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.lab.lab import Lab, pod_name
from tests.targets.backing import cache, cpu_of, missing, monitor, of_exporter, why_no_redis
from tests.targets.parts import AMPLE_CORES, book, both, kernel, program
from tests.targets.target import Playing, Target

# More than Redis can use: its commands run on one thread.
_CACHE_CORES = 2.0


@contextmanager
def _redis(lab: Lab) -> Iterator[Playing]:
    with ExitStack() as stack:
        store = stack.enter_context(cache(lab, limit_cores=_CACHE_CORES))
        words = ("--store", f"{store.port}", "--wait-ms", "15", "--work", "600000")
        shop = stack.enter_context(
            lab.pod(
                pod_name("shop"),
                program("stores", "redis", *words),
                limit_cores=AMPLE_CORES,
                is_real_time=True,
            )
        )
        yield Playing(
            url=shop.url,
            monitor=monitor(
                lab, "deploy/shop", "statefulset/redis", redis=of_exporter(store.exporter)
            ),
            instruments=both(cpu_of(store.kernel, _CACHE_CORES), store.used, book(shop.url)),
        )


@contextmanager
def _behind(lab: Lab, pool: int, *downstream: str, is_pool_told: bool) -> Iterator[Playing]:
    """A service that asks another one, which nobody watches."""
    with ExitStack() as stack:
        pods = [
            (pod_name("stock"), program("stores", "line", *downstream)),
            (pod_name("shop"), program("stores", "downstream", "--pool", f"{pool}")),
        ]
        port = ""
        for name, command in pods:
            more = ("--store", port) if port else ()
            pod = stack.enter_context(
                lab.pod(name, (*command, *more), limit_cores=AMPLE_CORES, is_real_time=True)
            )
            port = pod.url.rsplit(":", 1)[1].rstrip("/")
        told: dict[str, object] = {}
        if is_pool_told:
            address = f"127.0.0.1:{port}"
            stack.enter_context(lab.scraping(address))
            of_shop = f'{{instance="{address}"}}'
            told = {
                "queries": {
                    "pool": {
                        "query": f"max_over_time(app_pool_in_use{of_shop}[$window])"
                        f" / app_pool_size{of_shop}",
                        "unit": "%",
                    }
                },
                "bottlenecks": [
                    {
                        "name": "connections to stock",
                        "metric": "prom.pool",
                        "saturated_at": "95%",
                        "role": "pool",
                    }
                ],
            }
        yield Playing(
            url=pod.url,
            monitor=monitor(lab, "deploy/shop", **told),
            instruments=both(kernel(pod), book(pod.url)),
        )


@contextmanager
def _pool(lab: Lab) -> Iterator[Playing]:
    with _behind(lab, 8, "--wait-ms", "40", is_pool_told=True) as playing:
        yield playing


@contextmanager
def _unobserved(lab: Lab) -> Iterator[Playing]:
    words = ("--wait-ms", "11", "--hold-ms", "8")
    with _behind(lab, 100, *words, is_pool_told=False) as playing:
        yield playing


REDIS = Target(
    "redis-thread",
    "scripts that keep the one thread of Redis busy",
    "redis",
    _redis,
    blind_kinds=frozenset({"unobserved"}),
    why_not=why_no_redis,
)
BEHIND = Target(
    "pool-behind",
    "8 connections to a service that takes 40 ms",
    "pool",
    _pool,
    "1,2,4,8,16,32",
    why_not=missing,
)
UNOBSERVED = Target(
    "unobserved",
    "a service behind it takes 8 ms of every request one after the other; nobody watches it",
    "unobserved",
    _unobserved,
    why_not=missing,
)
TARGETS = (REDIS, BEHIND, UNOBSERVED)
