"""Are .dat files the four columns of the older script?"""

from dataclasses import replace
from pathlib import Path

import pytest

from capacity.errors import StorageError
from capacity.model.plan import Purpose
from capacity.model.run import Trust
from capacity.model.snapshot import FailureKind
from capacity.storage.dat import dat_text, write_dat
from tests.unit.builders import a_step


def test_writes_four_columns_with_one_space() -> None:
    """Concurrency, QPS with two decimals, mean in ms with six digits, success in percent."""
    steps = [
        a_step(200, 1234.5, mean_s=0.162011),
        a_step(1000, 800.0, mean_s=1.25, failures={FailureKind.HTTP_STATUS: 40}),
    ]

    assert dat_text(steps) == "200 1234.50 162.011 100.00\n1000 800.00 1250 99.83\n"


@pytest.mark.parametrize(
    ("mean_s", "text"),
    [
        (0.000123456789, "0.123457"),
        (3600.0, "3600000"),
        (0.00000000005, "0.00000005"),
        (0.25, "250"),
    ],
)
def test_a_mean_never_has_an_exponent(mean_s: float, text: str) -> None:
    """Six significant digits, written out, so that every plotting program reads them."""
    assert dat_text([a_step(1, 10.0, mean_s=mean_s)]).split()[2] == text


def test_steps_that_searched_further_stand_among_the_others() -> None:
    """Ascending in concurrency, repeats in their order; what tells of recovery is left out."""
    steps = [
        replace(step, plan=replace(step.plan, purpose=purpose))
        for step, purpose in (
            (a_step(1, 100.0), Purpose.LADDER),
            (a_step(16, 800.0), Purpose.LADDER),
            (a_step(4, 399.0), Purpose.REFINE),
            (a_step(16, 801.0), Purpose.RECHECK),
            (a_step(4, 400.0), Purpose.VERIFY),
            (a_step(1, 99.0), Purpose.RECOVERY),
        )
    ]

    assert [line.split()[:2] for line in dat_text(steps).splitlines()] == [
        ["1", "100.00"],
        ["4", "399.00"],
        ["4", "400.00"],
        ["16", "800.00"],
        ["16", "801.00"],
    ]


def test_a_step_without_a_good_answer_is_left_out() -> None:
    """There is no mean to write, and a zero would be a lie."""
    failed = a_step(4, 0.0, failures={FailureKind.CONN_REFUSED: 9})

    assert dat_text([a_step(2, 10.0, mean_s=0.1), failed]) == "2 10.00 100 100.00\n"


def test_a_step_that_cannot_be_believed_is_left_out() -> None:
    """The generator's limit is never written where it would be read as the service's."""
    assert dat_text([a_step(4, 10.0, trust=Trust.INVALID)]) == ""
    assert dat_text([a_step(4, 10.0, trust=Trust.SUSPECT)]) == "4 10.00 400 100.00\n"


def test_a_file_is_written_once(tmp_path: Path) -> None:
    """An existing file is never overwritten."""
    path = tmp_path / "demo.dat"
    write_dat(path, [a_step(2, 10.0, mean_s=0.1)])

    assert path.read_text() == "2 10.00 100 100.00\n"
    with pytest.raises(StorageError, match="File exists"):
        write_dat(path, [])
    assert path.read_text() == "2 10.00 100 100.00\n"
