"""Tests of the flags of a run: each reaches the field of Overrides that it is for."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from capacity.commands.run_options import overrides_from, run_options
from capacity.profile.overrides import Overrides


def overrides_of(*words: str, env: dict[str, str] | None = None) -> Overrides:
    """What a command line with these words hands to the profile layer."""
    seen: list[tuple[Path | None, Overrides]] = []

    @click.command()
    @run_options
    def command(**options: Any) -> None:
        seen.append(overrides_from(options))

    result = CliRunner().invoke(command, ["http://h/", *words], env=env)
    assert result.exit_code == 0, result.output
    return seen[0][1]


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        (["--prometheus", "http://p:9090"], "prometheus", "http://p:9090"),
        (["--namespace", "shop"], "namespace", "shop"),
        (
            ["--workload", "deploy/a", "--workload", "sts/b"],
            "workloads",
            ("deploy/a", "sts/b"),
        ),
        (["--watch-pid", "7"], "watch_pid", 7),
        (["--watch-port", "8080"], "watch_port", 8080),
        (["--hold-max", "90s"], "hold_max", "90s"),
        (["-n", "1k"], "min_requests", "1k"),
        (["--min-requests", "500"], "min_requests", "500"),
        (["--refine", "0"], "refine", 0),
        (["--precision", "10%"], "precision", "10%"),
        (["--budget", "10m"], "budget", "10m"),
        (["--no-recheck"], "recheck", False),
        (["--no-verify"], "verify", False),
        (["--no-confirm"], "confirm", False),
        (["--confirm"], "confirm", True),
        (["--no-recovery"], "recovery", False),
        (["--stop", "cpu > 80%"], "stops", ("cpu > 80%",)),
        (["--no-default-stops"], "default_stops", False),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_flag_reaches_its_field(words: list[str], field: str, value: object) -> None:
    """And nothing else changes."""
    plain, changed = overrides_of(), overrides_of(*words)
    differing = [
        one.name
        for one in fields(Overrides)
        if getattr(plain, one.name) != getattr(changed, one.name)
    ]
    assert differing == [field]
    assert getattr(changed, field) == value


def test_where_to_read_can_be_set_in_the_environment() -> None:
    """A flag wins over it, as for all others."""
    env = {"CAPACITY_PROMETHEUS": "http://p", "CAPACITY_NAMESPACE": "shop"}
    overrides = overrides_of("--namespace", "other", env=env)
    assert (overrides.prometheus, overrides.namespace) == ("http://p", "other")


def test_values_of_the_climb_can_be_set_in_the_environment() -> None:
    """Each value of it under its own name; what is switched on or off is typed."""
    env = {
        "CAPACITY_HOLD_MAX": "90s",
        "CAPACITY_MIN_REQUESTS": "500",
        "CAPACITY_REFINE": "7",
        "CAPACITY_PRECISION": "10%",
        "CAPACITY_BUDGET": "10m",
        "CAPACITY_VERIFY": "0",
    }
    overrides = overrides_of(env=env)
    values = (overrides.hold_max, overrides.min_requests, overrides.refine)
    assert values == ("90s", "500", 7)
    assert (overrides.precision, overrides.budget, overrides.verify) == ("10%", "10m", None)
