"""Which functions are the hottest of a profile, by their own time and with what they call?"""

from collections.abc import Mapping
from dataclasses import dataclass

from capacity.model.hooks import HotFunction

HOTTEST = 10
# A name comes from outside and is stored and shown.
MAX_NAME_CHARACTERS = 300


class StackError(ValueError):
    """What came is no profile that can be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """All stacks of a profile, added up. Weights are samples or time, whatever it counts.

    `flat` has the weight of the stacks that end in a function, `cumulative` that of all stacks it
    is on. `cores` and `covered_s` are None where the format does not tell them.
    """

    flat: Mapping[str, int]
    cumulative: Mapping[str, int]
    total: int
    sample_count: int
    covered_s: float | None = None
    cores: float | None = None

    @property
    def hottest_flat(self) -> tuple[HotFunction, ...]:
        """The functions that were running most of the time."""
        return self._hottest(self.flat)

    @property
    def hottest_cumulative(self) -> tuple[HotFunction, ...]:
        """The functions that were on the stack most of the time."""
        return self._hottest(self.cumulative)

    def _hottest(self, weights: Mapping[str, int]) -> tuple[HotFunction, ...]:
        if self.total <= 0:
            return ()
        ranked = sorted(
            (name for name, weight in weights.items() if weight > 0),
            key=lambda name: (-weights[name], -self.cumulative[name], name),
        )
        return tuple(
            HotFunction(
                name,
                flat_ratio=self.flat.get(name, 0) / self.total,
                cumulative_ratio=self.cumulative[name] / self.total,
            )
            for name in ranked[:HOTTEST]
        )


def short_name(name: str) -> str:
    """A name of bounded length; what is cut off is marked."""
    if len(name) <= MAX_NAME_CHARACTERS:
        return name
    return f"{name[: MAX_NAME_CHARACTERS - 3]}..."
