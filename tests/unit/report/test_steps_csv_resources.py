"""Do the columns of the resources follow the plan, and stay empty where nothing is known?"""

import csv
from dataclasses import replace
from io import StringIO

import pytest

from capacity.model.plan import ProcessSource
from capacity.model.resources import ReadingState
from capacity.model.run import Run
from capacity.report.steps_csv import HEADER, steps_csv
from capacity.report.steps_csv_resources import quantities_of, resource_header
from capacity.units import Unit
from tests.unit.builders import a_run, a_step
from tests.unit.report.reading_builders import a_monitored_plan, a_quantity, a_reading
from tests.unit.resource_builders import POD


def rows_of(run: Run) -> list[dict[str, str]]:
    """The cells of the resources as a reader of the table gets them."""
    rows = csv.DictReader(StringIO(steps_csv(run)))
    return [{name: cell for name, cell in row.items() if name not in HEADER} for row in rows]


def test_a_reading_is_six_cells() -> None:
    """The worst pod decides; mean, state and samples stand beside it, in the column's unit."""
    plan = a_monitored_plan(a_quantity("cpu"))
    step = replace(a_step(8, 800.0), resources=(a_reading(),))

    assert rows_of(a_run([step], plan=plan)) == [
        {
            "cpu_percent": "93.0000",
            "cpu_mean_percent": "77.0000",
            "cpu_subject": "shop/api-7f9/app",
            "cpu_state": "read",
            "cpu_samples": "12",
            "cpu_age_s": "1.500",
        }
    ]


@pytest.mark.parametrize(
    ("unit", "column", "cell"),
    [
        (Unit.SECONDS, "x_s", "0.25"),
        (Unit.QPS, "x_qps", "0.25"),
        (Unit.PER_SECOND, "x_per_s", "0.25"),
        (Unit.BYTES, "x_bytes", "0.25"),
        (Unit.BYTES_PER_SECOND, "x_bytes_per_s", "0.25"),
        (Unit.CORES, "x_cores", "0.25"),
        (Unit.COUNT, "x", "0.25"),
        (Unit.NUMBER, "x", "0.25"),
    ],
)
def test_the_header_names_the_unit(unit: Unit, column: str, cell: str) -> None:
    """No value stands in a column whose unit one must guess."""
    reading = a_reading("x", {POD: 0.25}, unit=unit)
    step = replace(a_step(8, 800.0), resources=(reading,))

    assert rows_of(a_run([step], plan=a_monitored_plan(a_quantity("x", unit))))[0][column] == cell


def test_a_unit_in_the_name_is_not_told_twice() -> None:
    """A name that ends in its unit is the column itself; its mean has the unit at its end."""
    header = resource_header({"pod.cores": Unit.CORES})
    assert header[:2] == ("pod.cores", "pod.cores_mean_cores")


def test_columns_are_those_of_the_plan_whatever_was_read() -> None:
    """A run without a single reading has the same header, and empty cells."""
    plan = a_monitored_plan(a_quantity("cpu"), a_quantity("redis.memory", Unit.BYTES))

    (row,) = rows_of(a_run([a_step(8, 800.0)], plan=plan))

    assert tuple(row) == resource_header({"cpu": Unit.RATIO, "redis.memory": Unit.BYTES})
    assert set(row.values()) == {""}


def test_a_process_has_columns_of_its_own() -> None:
    """What can be told of a process is fixed, so the columns are there before any reading."""
    plan = a_monitored_plan(process=ProcessSource(None, 8080))

    assert list(quantities_of(a_run([], plan=plan))) == [
        "cpu",
        "throttle",
        "mem",
        "fds",
        "threads",
        "restarts",
        "process.cores",
        "process.hot_thread",
        "process.memory",
        "process.fds_of_limit",
    ]


def test_what_was_told_besides_the_plan_has_columns_too() -> None:
    """Quantities that no plan lists come after the planned ones, in the order of their reading."""
    told = a_reading("process.cores", {"pid 7 python": 0.5}, unit=Unit.CORES)
    step = replace(a_step(8, 800.0), resources=(told, a_reading()))
    run = a_run([step], plan=a_monitored_plan(a_quantity("cpu")))

    assert list(quantities_of(run)) == ["cpu", "process.cores"]
    assert list(quantities_of(a_run([step]))) == ["process.cores", "cpu"]


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (ReadingState.NO_DATA, "no_data"),
        (ReadingState.NO_LIMIT, "no_limit"),
        (ReadingState.ERROR, "error"),
    ],
)
def test_missing_is_empty_and_never_zero(state: ReadingState, shown: str) -> None:
    """Only the state has a word."""
    reading = a_reading(values={}, state=state, reason="refused")
    step = replace(a_step(8, 800.0), resources=(reading,))

    (row,) = rows_of(a_run([step], plan=a_monitored_plan(a_quantity("cpu"))))

    assert {name for name, cell in row.items() if cell} == {"cpu_state"}
    assert row["cpu_state"] == shown


def test_a_value_on_too_few_samples_is_weak() -> None:
    """It is told, and the state says that nothing was decided by it; zero is a value."""
    reading = a_reading(values={POD: 0.0}, may_stop=False, sample_count=None)
    reading = replace(reading, members=(replace(reading.members[0], age_s=None),))
    step = replace(a_step(8, 800.0), resources=(reading,))

    (row,) = rows_of(a_run([step], plan=a_monitored_plan(a_quantity("cpu"))))

    assert row["cpu_state"] == "weak"
    assert row["cpu_percent"] == "0.0000"
    assert (row["cpu_samples"], row["cpu_age_s"]) == ("", "")


def test_labels_are_no_formulas_and_no_books() -> None:
    """A spreadsheet neither computes a label nor chokes on it; negative numbers stay numbers."""
    hostile = {"=HYPERLINK(0)\x1b[2J": -1.5}
    step = replace(
        a_step(8, 800.0),
        resources=(a_reading("prom.x", hostile, unit=Unit.NUMBER), a_reading("y", {"z" * 999: 1})),
    )

    (row,) = rows_of(a_run([step]))

    assert row["prom.x_subject"] == "'=HYPERLINK(0)[2J"
    assert row["prom.x"] == "-1.5"
    assert len(row["y_subject"]) == 200
