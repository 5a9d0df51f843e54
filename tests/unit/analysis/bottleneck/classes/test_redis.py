"""Is Redis at the end of its thread, memory or connections told from a Redis at work?"""

from collections.abc import Mapping, Sequence

import pytest

from capacity.analysis.bottleneck.classes.redis import judge
from capacity.model.bottleneck import SubjectKind
from capacity.model.confidence import Confidence
from tests.unit.analysis.bottleneck.cases import CACHE_POD, Value, a_case

REDIS = "127.0.0.1:9121"


def of_redis(*values: float) -> list[Value]:
    """Values of one instance."""
    return [{REDIS: value} for value in values]


THREAD = of_redis(0.3, 0.6, 0.93, 0.94, 0.94)


def test_a_full_main_thread_is_high() -> None:
    """Commands wait for the one thread that works on them."""
    resources = {
        "redis.main_thread": THREAD,
        "redis.busy": of_redis(0.2, 0.5, 0.91, 0.92, 0.92),
        "redis.commands": of_redis(30e3, 60e3, 88e3, 88e3, 88e3),
    }
    (found,) = judge(a_case(resources))
    assert (found.confidence, found.subject.kind, found.subject.name, found.first_level) == (
        Confidence.HIGH,
        SubjectKind.CACHE,
        REDIS,
        4.0,
    )
    assert [sentence.text() for sentence in found.evidence] == [
        f"the main thread of {REDIS} was busy 94% of a core at 8 concurrent",
        f"{REDIS} worked on commands, one after the other, 92% of the time at 8 concurrent",
        "it ran commands at a rate of 88,000/s at 8 concurrent",
    ]


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        pytest.param(
            {
                "process_exporter.hot_thread": [
                    {"h:9256/redis-server": value} for value in (0.3, 0.6, 0.95, 0.95, 0.95)
                ]
            },
            "the busiest thread of h:9256/redis-server used 95% of a core",
            id="group of processes",
        ),
        pytest.param(
            {"cpu": [{CACHE_POD: value} for value in (0.3, 0.6, 0.95, 0.95, 0.95)]},
            f"{CACHE_POD} used 95% of its CPU limit",
            id="container",
        ),
        pytest.param(
            {"redis.rejected_connections": of_redis(0, 0, 0, 40, 90)},
            f"{REDIS} refused 90 connections at 16 concurrent",
            id="connections",
        ),
        pytest.param(
            {
                "redis.memory": of_redis(0.5, 0.8, 0.99, 1.0, 1.0),
                "redis.evictions": of_redis(0, 0, 50, 90, 90),
                "redis.hit_rate": of_redis(0.9, 0.9, 0.6, 0.5, 0.4),
            },
            "its hit rate fell from 90% to 40%",
            id="memory",
        ),
    ],
)
def test_each_of_its_limits_is_named(resources: Mapping[str, Sequence[Value]], words: str) -> None:
    """Whatever tells of it."""
    (found,) = judge(a_case(resources))
    assert found.confidence in (Confidence.HIGH, Confidence.MEDIUM)
    assert words in found.evidence[0].text()


def test_a_thread_that_is_busy_and_not_full_is_medium() -> None:
    """Requests wait for it all the same."""
    (found,) = judge(a_case({"redis.main_thread": of_redis(0.3, 0.6, 0.85, 0.88, 0.88)}))
    assert found.confidence is Confidence.MEDIUM


def test_a_container_of_less_than_a_core_is_held_back() -> None:
    """Its thread can never fill a whole one."""
    resources = {
        "cpu": [{CACHE_POD: value} for value in (0.3, 0.6, 0.97, 0.98, 0.98)],
        "throttle": [{CACHE_POD: value} for value in (0.0, 0.1, 0.8, 0.9, 0.9)],
    }
    (found,) = judge(a_case(resources))
    assert found.confidence is Confidence.HIGH
    assert "was held back in 90%" in found.evidence[1].text()


@pytest.mark.parametrize(
    "resources",
    [
        pytest.param({}, id="never asked"),
        pytest.param({"redis.main_thread": [None] * 5}, id="no data"),
        pytest.param({"redis.main_thread": of_redis(0.3, 0.6, 0.79, 0.79, 0.79)}, id="just below"),
        pytest.param({"redis.main_thread": of_redis(*[0.95] * 5)}, id="background"),
        pytest.param({"redis.memory": of_redis(0.5, 0.8, 1.0, 1.0, 1.0)}, id="full memory alone"),
        pytest.param(
            {
                "redis.memory": of_redis(0.5, 0.8, 1.0, 1.0, 1.0),
                "redis.evictions": of_redis(0, 0, 50, 90, 90),
                "redis.hit_rate": of_redis(0.9, 0.9, 0.9, 0.9, 0.9),
            },
            id="evictions that nobody misses",
        ),
        pytest.param(
            {"cpu": [{CACHE_POD: value} for value in (0.3, 0.6, 0.85, 0.85, 0.85)]}, id="busy only"
        ),
    ],
)
def test_nothing_is_named_otherwise(resources: Mapping[str, Sequence[Value]]) -> None:
    """It must be at an end, and not from the start."""
    assert judge(a_case(resources)) == ()


def test_few_samples_are_at_most_medium() -> None:
    """Three samples do not make it sure."""
    (found,) = judge(a_case({"redis.main_thread": THREAD}, sample_count=3))
    assert found.confidence is Confidence.MEDIUM
