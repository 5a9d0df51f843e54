"""Are .dat files the four columns of the older script, both ways?"""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.errors import StorageError
from capacity.model.run import Trust
from capacity.model.snapshot import FailureKind
from capacity.storage.dat import DatRow, dat_text, parse_dat, write_dat
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


def test_a_step_without_a_good_answer_is_left_out() -> None:
    """There is no mean to write, and a zero would be a lie."""
    failed = a_step(4, 0.0, failures={FailureKind.CONN_REFUSED: 9})

    assert dat_text([a_step(2, 10.0, mean_s=0.1), failed]) == "2 10.00 100 100.00\n"


def test_a_step_that_cannot_be_believed_is_left_out() -> None:
    """The generator's limit is never written where it would be read as the service's."""
    assert dat_text([a_step(4, 10.0, trust=Trust.INVALID)]) == ""
    assert dat_text([a_step(4, 10.0, trust=Trust.SUSPECT)]) == "4 10.00 400 100.00\n"


def test_reads_numerically_sorted_and_keeps_repeats() -> None:
    """1000 comes after 500, comments and failed steps are no rows, repeats keep their order."""
    text = (
        "# made by hand\n1000 800 1250 99.83\n500 790.1 632 100.00\n"
        "   -nan\n500 795 630 100.00\n3000 1 -nan 0\n\n"
    )

    assert parse_dat(text) == (
        DatRow(500, 790.1, 632.0, 100.0),
        DatRow(500, 795.0, 630.0, 100.0),
        DatRow(1000, 800.0, 1250.0, 99.83),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 2 3 4\na b c d\n", "line 2: not a number: invalid literal for int()"),
        ("1 2 3 4 5 6 7\n", "line 1: 7 columns instead of 4"),
        ("1 x 3 4\n", "line 1: not a number: could not convert string to float: 'x'"),
    ],
    ids=["letters", "a joined file", "a letter"],
)
def test_a_line_that_is_no_row_is_refused_with_its_number(text: str, message: str) -> None:
    """Something else than a .dat file is an error and not an empty curve."""
    with pytest.raises(StorageError) as caught:
        parse_dat(text)

    assert caught.value.message.startswith(message)


@given(
    st.lists(
        st.tuples(st.integers(1, 100_000), st.floats(0.5, 1e6), st.floats(1e-6, 3000.0)),
        max_size=5,
    )
)
def test_reading_undoes_writing(levels: list[tuple[int, float, float]]) -> None:
    """Within the digits of the format, what is written is what is read."""
    steps = [a_step(n, qps, mean_s=mean_s) for n, qps, mean_s in sorted(levels)]

    rows = parse_dat(dat_text(steps))

    assert [row.concurrency for row in rows] == [step.plan.load.level for step in steps]
    assert [row.qps for row in rows] == pytest.approx([step.qps for step in steps], abs=0.006)
    means = [step.latency.mean_s * 1e3 for step in steps if step.latency is not None]
    assert [row.mean_ms for row in rows] == pytest.approx(means, rel=1e-5)


def test_a_file_is_written_once(tmp_path: Path) -> None:
    """An existing file is never overwritten."""
    path = tmp_path / "demo.dat"
    write_dat(path, [a_step(2, 10.0, mean_s=0.1)])

    assert path.read_text() == "2 10.00 100 100.00\n"
    with pytest.raises(StorageError, match="File exists"):
        write_dat(path, [])
    assert path.read_text() == "2 10.00 100 100.00\n"
