"""Tests of the file format: which keys it knows, and where."""

from enum import StrEnum

import pytest
from pydantic import BaseModel, ValidationError

from capacity.model.resources import Direction, EmptyMeans, ResourceScope
from capacity.model.rules import OnMissing
from capacity.profile.problems import KeyPath
from capacity.profile.schema import (
    ProfileFile,
    PrometheusPart,
    QueryPart,
    StopPart,
    known_keys,
)
from capacity.units import Unit


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        (
            (),
            "version name description target safety scenarios steps stop monitor profile logs "
            "engine threads source_addresses demo_service",
        ),
        (("target",), "base_url tls headers timeout"),
        (("target", "tls"), "ca verify"),
        (("target", "timeout"), "connect first_byte idle total"),
        (("target", "headers"), ""),
        (("safety", "fuses"), "concurrency requests duration"),
        (("scenarios", "main"), "request python success"),
        (("scenarios", "request"), "request python success"),
        (("scenarios", "main", "request"), "method path headers body json body_file"),
        (
            ("steps",),
            "concurrency rate arrivals max_in_flight settle hold hold_max min_requests refine "
            "precision budget recheck verify confirm recovery",
        ),
        (("demo_service",), "servers service_time"),
        (("description",), "en zh"),
        (("nonsense",), ""),
        (("stop", 0), "rule on_missing"),
        (
            ("monitor",),
            "prometheus kubernetes process postgresql redis ingress-nginx node process-exporter "
            "go jvm python queries bottlenecks",
        ),
        (
            ("monitor", "prometheus"),
            "url headers bearer bearer_file basic tls proxy timeout every accept_partial "
            "on_missing",
        ),
        (("monitor", "prometheus", "basic"), "user password"),
        (("monitor", "prometheus", "tls"), "ca verify certificate key"),
        (("monitor", "kubernetes"), "namespace workloads pods"),
        (("monitor", "process"), "pid port"),
        (("monitor", "redis"), ""),
        (("monitor", "bottlenecks", 0), "name metric saturated_at grows workload role"),
        (("monitor", "queries", "a"), "query unit scope direction meaning empty"),
        (("monitor", "queries", "prometheus"), "query unit scope direction meaning empty"),
    ],
    ids=str,
)
def test_the_keys_of_each_part(path: KeyPath, keys: str) -> None:
    """The format at a glance; a new key must be added here too."""
    assert known_keys(path) == tuple(keys.split())


@pytest.mark.parametrize(
    ("part", "key", "words"),
    [
        (QueryPart, "unit", Unit),
        (QueryPart, "scope", ResourceScope),
        (QueryPart, "direction", Direction),
        (QueryPart, "empty", EmptyMeans),
        (StopPart, "on_missing", OnMissing),
        (PrometheusPart, "on_missing", OnMissing),
    ],
    ids=str,
)
def test_the_words_of_the_model_can_be_written(
    part: type[BaseModel], key: str, words: type[StrEnum]
) -> None:
    """A new word in the model must be added to the format too."""
    for word in words:
        assert getattr(part.model_validate({key: word.value}), key) == word.value


def test_a_profile_without_keys_is_empty_not_wrong() -> None:
    """What must be there is asked for when the plan is built, so that all problems are found."""
    empty = ProfileFile.model_validate({})
    assert (empty.version, empty.scenarios, empty.stop) == (None, None, None)
    assert (empty.target.headers, empty.safety.allow_hosts) == ({}, [])


def test_values_are_frozen_and_kinds_are_strict() -> None:
    """A number in quotes is text, and a read profile is never changed."""
    with pytest.raises(ValidationError):
        ProfileFile.model_validate({"threads": "4"})
    with pytest.raises(ValidationError, match="frozen"):
        ProfileFile(version=1).version = 2
