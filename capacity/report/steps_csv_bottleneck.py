"""Which columns of the table of steps tell what follows from a step's numbers?

The step that speaks for a load has them; those of the other steps are empty.
"""

from dataclasses import fields

from capacity.model.bottleneck import StepNumbers

NUMBERS_HEADER = (
    "slots",
    "queueing_ratio",
    "cpu_s_per_request",
    "tail_ratio",
    "error_speed_ratio",
    "littles_ratio",
)


def number_cells(numbers: StepNumbers | None) -> dict[str, str]:
    """One cell for each column, with six figures: CPU time of a request may be microseconds."""
    if numbers is None:
        return dict.fromkeys(NUMBERS_HEADER, "")
    known = {field.name: getattr(numbers, field.name) for field in fields(numbers)}
    return {name: "" if known[name] is None else f"{known[name]:.6g}" for name in NUMBERS_HEADER}
