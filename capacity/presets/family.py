"""What do the quantities of one preset have in common?"""

from dataclasses import dataclass

from capacity.model.resources import (
    Aspect,
    Direction,
    EmptyMeans,
    Expression,
    Quantity,
    ResourceScope,
    Samples,
)
from capacity.units import Unit


@dataclass(frozen=True, slots=True)
class Family:
    """The preset's word in the profile, how the names of its quantities begin, whose they are."""

    preset: str
    prefix: str
    scope: ResourceScope

    def quantity(
        self,
        name: str,
        unit: Unit,
        aspect: Aspect,
        source: Expression | Samples,
        meaning: str,
        *,
        empty: EmptyMeans = EmptyMeans.NO_DATA,
        direction: Direction = Direction.HIGH_IS_BAD,
    ) -> Quantity:
        """One more member; the name is given without the family's prefix.

        High is bad and an empty answer is no data, unless it is known to mean something else.
        """
        return Quantity(
            name=f"{self.prefix}{name}",
            unit=unit,
            scope=self.scope,
            aspect=aspect,
            direction=direction,
            source=source,
            empty_means=empty,
            preset=self.preset,
            meaning=meaning,
        )
