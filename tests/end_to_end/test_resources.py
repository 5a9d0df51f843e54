"""A service with half a core: does the climb stop for what it feels, and for nothing else?"""

import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.end_to_end.nginx import nginx_proxy
from tests.end_to_end.tool import Ended
from tests.end_to_end.watched import climb, judgement, profile, reading
from tests.lab.lab import (
    EVERY_FIFTEEN,
    EVERY_SECOND,
    EVERY_TWO,
    OWN_STAMPS,
    Lab,
    pod_name,
)

# About 14 requests a second and user, 4.2 ms of CPU each: 15 % of half a core for each user.
WAITING = ("--work-ms", "4", "--wait-ms", "50")


@pytest.fixture(scope="module", autouse=True)
def climb_with_rare_samples(
    watched_lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Future[Ended]]:
    """A climb at ease, beside the other tests because its samples take half a minute."""
    name = pod_name("rare")
    path = tmp_path_factory.mktemp("rare") / "watched.yaml"

    def climb_later() -> Ended:
        with watched_lab.replica(name, *WAITING) as replica:
            profile(
                path,
                url=replica.url,
                prometheus=watched_lab.prometheus.url,
                pods=(EVERY_FIFTEEN, "deploy/rare"),
                steps={"concurrency": "1", "hold": "10s"},
                stop=["cpu > 85%"],
            )
            of_pod = f'container_cpu_usage_seconds_total{{job="{EVERY_FIFTEEN}",pod="{name}"}}'
            watched_lab.prometheus.wait_for(f"count_over_time({of_pod}[2m]) >= 2")
            return climb(path)

    with ThreadPoolExecutor(1) as beside:
        yield beside.submit(climb_later)


@dataclass(frozen=True, slots=True)
class Watched:
    """A climb, and how many cores the kernel counted in the span of its last samples."""

    ended: Ended
    cores: float


@dataclass(frozen=True, slots=True)
class Scraping:
    """One way in which pods are scraped, and a climb that is long enough for it."""

    namespace: str
    loads: tuple[int, ...]
    hold: str

    @property
    def pod(self) -> str:
        """Each way has a service of its own."""
        return pod_name(f"shop-{self.namespace}")

    def climb(self, watched_lab: Lab, folder: Path) -> Watched:
        """Up to the limit of half a core, and one load more if nothing stops it."""
        with watched_lab.replica(self.pod, *WAITING) as replica:
            path = profile(
                folder / "watched.yaml",
                url=replica.url,
                prometheus=watched_lab.prometheus.url,
                pods=(self.namespace, f"deploy/shop-{self.namespace}"),
                steps={"concurrency": ",".join(map(str, [*self.loads, 32])), "hold": self.hold},
                stop=["cpu > 85%"],
            )
            ended = climb(path)
            assert ended.code == 0, ended.err
            cpu = reading(ended.run_json["steps"][len(self.loads) - 1], "cpu")
            (member,) = cpu["members"]
            # On a busy machine the use changes within the hold: compare what the samples span.
            hold_s = cpu["window_end_unix_s"] - cpu["window_start_unix_s"]
            newest_unix_s = cpu["window_end_unix_s"] - member["age_s"]
            oldest_unix_s = newest_unix_s - member["coverage_ratio"] * hold_s
            return Watched(ended, replica.kernel.cores(oldest_unix_s, newest_unix_s))


SCRAPINGS = (
    pytest.param(Scraping(EVERY_SECOND, (2, 4, 12), "5s"), id="scraped every second"),
    pytest.param(Scraping(EVERY_TWO, (2, 12), "9s"), id="scraped every two"),
    pytest.param(Scraping(OWN_STAMPS, (2, 12), "9s"), id="with the times of housekeeping"),
)


@pytest.fixture(scope="module")
def begun(
    watched_lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Watched]]]:
    """The first climb of each way, two at a time: together they need one core."""
    with ThreadPoolExecutor(2) as side_by_side:
        yield {
            one.namespace: side_by_side.submit(
                one.climb, watched_lab, tmp_path_factory.mktemp(one.namespace)
            )
            for param in SCRAPINGS
            if isinstance(one := param.values[0], Scraping)
        }


@pytest.mark.parametrize("scraping", SCRAPINGS)
def test_cpu_stops_the_climb_where_the_limit_is_reached(
    watched_lab: Lab, begun: dict[str, Future[Watched]], tmp_path: Path, scraping: Scraping
) -> None:
    """The step that ends it is the first at the limit, and its value is the kernel's own."""
    first = begun.pop(scraping.namespace, None)  # a second try of this test climbs anew
    watched = scraping.climb(watched_lab, tmp_path) if first is None else first.result()
    run, loads = watched.ended.run_json, [*scraping.loads]
    assert [step["concurrency"] for step in run["steps"][: len(loads)]] == loads
    assert run["end"]["reason"] == "rule"
    assert run["end"]["rule"].startswith("cpu > 85%")
    assert run["capacity"]["concurrency"] == loads[-2]
    last = run["steps"][len(loads) - 1]
    breach, cpu = judgement(last, "cpu"), reading(last, "cpu")
    assert cpu["value"] == pytest.approx(watched.cores / 0.5, rel=0.03)
    assert breach["state"] == "breach"
    assert breach["observed"] == pytest.approx(cpu["value"], rel=0.15)
    assert breach["sample_count"] >= 4
    assert breach["evidence"]["subject"] == f"{scraping.namespace}/{scraping.pod}/app"
    assert judgement(run["steps"][0], "cpu")["state"] == "ok"


def test_a_throttled_service_at_60_percent_is_stopped_for_its_throttling(
    watched_lab: Lab, tmp_path: Path
) -> None:
    """All requests of half a second come in one burst: CPU is fine on average, and held back."""
    name = pod_name("burst")
    with watched_lab.replica(name, "--work-ms", "5", "--gather-ms", "500") as replica:
        path = profile(
            tmp_path / "watched.yaml",
            url=replica.url,
            prometheus=watched_lab.prometheus.url,
            pods=(EVERY_SECOND, "deploy/burst"),
            steps={"concurrency": "4,28", "hold": "5s"},
            stop=["cpu > 85%", "throttle > 25%"],
        )
        ended = climb(path)
        run = ended.run_json
        assert ended.code == 0, ended.err
        gentle, bursty = run["steps"]
        throttle, cpu = judgement(bursty, "throttle"), judgement(bursty, "cpu")
        felt = replica.kernel.throttled_ratio(throttle["window_start_s"], throttle["window_end_s"])
    assert run["end"]["rule"].startswith("throttle > 25%")
    assert judgement(gentle, "throttle")["state"] == judgement(gentle, "cpu")["state"] == "ok"
    assert (throttle["state"], cpu["state"]) == ("breach", "ok")
    assert 0.45 < cpu["observed"] < 0.8
    assert throttle["observed"] == pytest.approx(felt, abs=0.1)
    assert throttle["evidence"]["subject"] == f"{EVERY_SECOND}/{name}/app"


def test_the_hot_one_of_two_replicas_stops_the_climb_and_is_named(
    watched_lab: Lab, tmp_path: Path
) -> None:
    """Four of five requests go to one pod: it decides, and the mean of both would not have."""
    hot, cold = pod_name("pair", 0), pod_name("pair", 1)
    with (
        watched_lab.replica(hot, *WAITING) as first,
        watched_lab.replica(cold, *WAITING) as second,
        nginx_proxy(tmp_path, {first.url: 4, second.url: 1}) as url,
    ):
        path = profile(
            tmp_path / "watched.yaml",
            url=url,
            prometheus=watched_lab.prometheus.url,
            pods=(EVERY_SECOND, "deploy/pair"),
            steps={"concurrency": "4,16", "hold": "5s"},
            stop=["cpu > 85%"],
        )
        ended = climb(path)
    run = ended.run_json
    assert ended.code == 0, ended.err
    assert run["end"]["rule"].startswith("cpu > 85%")
    assert hot in run["end"]["detail"]
    last = run["steps"][-1]
    assert judgement(last, "cpu")["evidence"]["subject"] == f"{EVERY_SECOND}/{hot}/app"
    members = {one["subject"]: one["value"] for one in reading(last, "cpu")["members"]}
    assert set(members) == {f"{EVERY_SECOND}/{hot}/app", f"{EVERY_SECOND}/{cold}/app"}
    assert max(members.values()) > 0.85
    assert sum(members.values()) / 2 < 0.75


def test_a_hold_shorter_than_the_scrapes_is_not_judged_and_says_what_it_needs(
    climb_with_rare_samples: Future[Ended],
) -> None:
    """Ten seconds hold one sample of a scrape every fifteen: no data, and never the answer."""
    ended = climb_with_rare_samples.result()
    (step,) = ended.run_json["steps"]
    found = judgement(step, "cpu")
    assert (found["state"], found["observed"]) == ("no_data", None)
    assert "at 15s spacing" in found["reason"]
    # Four spacings, and up to one more for the age that samples had when they were looked at.
    assert re.search(r"hold >= [67]\d s", found["reason"])
    assert "note          cpu: " in ended.err
    assert step["trust"] == "suspect"
    assert any("cpu" in reason for reason in step["trust_reasons"])
    assert ended.code == 0, ended.err
