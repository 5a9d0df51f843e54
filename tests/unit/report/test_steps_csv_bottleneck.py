"""Does the table of steps tell what follows from the numbers of a load, at the step it is of?"""

import csv
from io import StringIO

from capacity.report.steps_csv import steps_csv
from capacity.report.steps_csv_bottleneck import NUMBERS_HEADER, number_cells
from tests.unit.builders import a_curve, a_run
from tests.unit.report.diagnosis_builders import NOTHING_KNOWN, a_diagnosis, some_numbers


def test_the_step_that_speaks_for_a_load_has_its_numbers() -> None:
    """Another step of the same run has empty cells, not zeros."""
    diagnosis = a_diagnosis(numbers=(some_numbers(2.0, 200.0, index=1),))

    first, second = csv.DictReader(StringIO(steps_csv(a_run(a_curve((1, 2))), diagnosis)))

    assert {name: first[name] for name in NUMBERS_HEADER} == dict.fromkeys(NUMBERS_HEADER, "")
    assert {name: second[name] for name in NUMBERS_HEADER} == {
        "slots": "1.9",
        "queueing_ratio": "0.25",
        "cpu_s_per_request": "0.0021",
        "tail_ratio": "2.1",
        "error_speed_ratio": "0.4",
        "littles_ratio": "1.001",
    }


def test_what_is_not_known_is_an_empty_cell() -> None:
    """Missing is never zero."""
    assert number_cells(NOTHING_KNOWN) == number_cells(None) == dict.fromkeys(NUMBERS_HEADER, "")
