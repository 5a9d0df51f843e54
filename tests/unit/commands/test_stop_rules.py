"""Do the texts of limits become rules where no plan stands beside them?"""

import pytest

from capacity.commands.stop_rules import stop_rules, stored_rule
from capacity.errors import UsageError
from capacity.model.rules import OnMissing
from capacity.profile.problems import InputError
from capacity.units import Unit


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("error_rate > 1% over 10s", None),
        ("gain < 3% for 2 steps", None),
        ("cpu > 85% over 20s on_missing fail", Unit.RATIO),
        ("redis.memory > 512MiB over 20s", Unit.BYTES),
        ("prom.x > 20/s", Unit.PER_SECOND),
        ("pod.cores > 0.5cores", Unit.CORES),
        ("prom.lag > 2s", Unit.SECONDS),
        ("p99 > 50ms over 1.5s (10s shortened to half of the hold)", None),
        ("cpu > 90% over 1.5s (15s shortened to half of the hold)", Unit.RATIO),
    ],
)
def test_a_stored_rule_reads_as_it_was_written(text: str, unit: Unit | None) -> None:
    """The limit of a resource tells its unit, and the text stays the same."""
    rule = stored_rule(text)

    assert (rule.text, rule.resource_unit) == (text, unit)


def test_a_stored_rule_keeps_what_it_says_of_missing_data() -> None:
    """A rule that must be judged must be judged here, too."""
    assert stored_rule("cpu > 85% over 20s on_missing fail").on_missing is OnMissing.FAIL


@pytest.mark.parametrize("text", ["p99 > fast", "", "85% < cpu", "cpu > lots"])
def test_what_is_no_rule_is_refused(text: str) -> None:
    """The error is the one for a rule of our own, a ValueError."""
    with pytest.raises(InputError):
        stored_rule(text)


def test_limits_of_the_command_line_know_what_was_read() -> None:
    """A resource is known by what the source has, and the flag is named in an error."""
    (rule,) = stop_rules(["cpu > 80%"], {"cpu": Unit.RATIO})

    assert (rule.resource_unit, rule.text) == (Unit.RATIO, "cpu > 80%")
    with pytest.raises(UsageError, match="--stop 'cpu > 80%': 'cpu' is not a metric"):
        stop_rules(["cpu > 80%"], {})
