"""The flags of `capacity demo`."""

import pytest
from click.testing import CliRunner

from capacity.commands import demo
from capacity.commands.demo_options import DemoOptions
from capacity.commands.demo_service import serve
from capacity.errors import UsageError


def options_of(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> DemoOptions:
    """Run the command with these arguments and catch what it would have served."""
    seen: list[DemoOptions] = []
    monkeypatch.setattr(demo, "serve", seen.append)
    result = CliRunner().invoke(demo.command, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return seen[0]


def test_defaults_are_the_documented_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without flags it is 8 servers of 10 ms on port 18080."""
    assert options_of([], monkeypatch) == DemoOptions(
        host="127.0.0.1", port=18080, servers=8, service_time_s=0.010, slow_time_s=0.5
    )


@pytest.mark.parametrize(
    "options",
    [
        DemoOptions(),
        DemoOptions(port=0, servers=3, service_time_s=0.0025, until_stdin_closes=True),
        DemoOptions(host="::1", fail_above=64, slow_above=0, slow_time_s=0.25),
    ],
)
def test_arguments_say_the_same_as_the_options(
    options: DemoOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Options written as arguments are read back equal."""
    assert options_of(options.arguments(), monkeypatch) == options


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--service-time", "10"], "has no unit"),
        (["--service-time", "0ms"], "must be longer than zero"),
        (["--servers", "0"], "0 is not in the range"),
        (["--port", "70000"], "70000 is not in the range"),
    ],
)
def test_a_wrong_value_is_a_usage_error(arguments: list[str], said: str) -> None:
    """A value that cannot be meant ends with exit code 2 and says why."""
    result = CliRunner().invoke(demo.command, arguments)

    assert result.exit_code == 2
    assert said in result.output


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.org", "::"])
def test_only_loopback_is_served(host: str) -> None:
    """Any address that others could reach is refused before a socket is opened."""
    with pytest.raises(UsageError, match="is not a loopback address"):
        serve(DemoOptions(host=host))
