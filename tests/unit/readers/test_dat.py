"""Is a .dat file read as the script means it, and anything else refused with its line?"""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.errors import StorageError
from capacity.model.load import ClosedLoop
from capacity.model.measured import Believed, Measured
from capacity.model.plan import Purpose
from capacity.readers.dat import MAX_BYTES, WHICH_ANSWERS, read_dat
from capacity.readers.steps_file import MAX_STEPS
from capacity.storage.dat import dat_text
from tests.unit.builders import a_step


def written(tmp_path: Path, content: str | bytes) -> Path:
    """A file with this content."""
    path = tmp_path / "demo.dat"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_line_is_a_step_of_four_numbers(tmp_path: Path) -> None:
    """Milliseconds and percent become seconds and a ratio; what the file lacks is not known."""
    found = read_dat(written(tmp_path, "200 1234.50 162.011 99.50\n"))

    assert found.steps == (
        Measured(
            index=0,
            load=ClosedLoop(200),
            purpose=Purpose.LADDER,
            hold_s=None,
            qps=1234.5,
            intervals=(),
            steadiness=None,
            mean_s=0.162011,
            latency=None,
            success_ratio=0.995,
            judged=None,
            judgements=(),
            believed=Believed.YES,
            doubts=(),
            is_usable=True,
        ),
    )
    assert found.missing == (WHICH_ANSWERS,)


def test_steps_are_sorted_as_numbers_and_repeats_stay(tmp_path: Path) -> None:
    """1000 comes after 500; of equal concurrencies the first stays the first."""
    text = "# by hand\n1000 800 1250 99.83\n\n500 790 632 100\n  500\t795 630 100\n"

    steps = read_dat(written(tmp_path, text)).steps

    assert [(step.index, step.load.level, step.qps) for step in steps] == [
        (0, 500.0, 790.0),
        (1, 500.0, 795.0),
        (2, 1000.0, 800.0),
    ]


def test_failed_steps_of_the_script_are_left_out_and_told(tmp_path: Path) -> None:
    """Blanks and `-nan`, or numbers beside one, are no step; their lines are named."""
    lines = ["1 100 10 100", "   -nan", "3000 1 -nan 0", *["nan"] * 6]

    found = read_dat(written(tmp_path, "\n".join(lines)))

    assert [step.load.level for step in found.steps] == [1.0]
    assert found.missing == (
        WHICH_ANSWERS,
        "the numbers of lines 2, 3, 4, 5, 6 and 3 more, which are left out",
    )


def test_more_errors_than_answers_are_no_success(tmp_path: Path) -> None:
    """The script subtracts errors from answers: below zero is read as nothing, and told."""
    found = read_dat(written(tmp_path, "1 100 10 100\n5000 20 9000 -12.50\n"))

    assert [step.success_ratio for step in found.steps] == [1.0, 0.0]
    assert (
        found.missing[1] == "the success at 5000 concurrent, which was below 0 % and is read as 0 %"
    )


@pytest.mark.parametrize(
    "content",
    [b"1 100 10 100\r\n2 199 10 100\r\n", b"\xef\xbb\xbf1 100 10 100\n2 199 10 100"],
    ids=["CRLF", "BOM"],
)
def test_harmless_traces_of_other_systems_are_read(tmp_path: Path, content: bytes) -> None:
    """Line ends and a mark at the begin change no number."""
    steps = read_dat(written(tmp_path, content)).steps

    assert [(step.load.level, step.qps) for step in steps] == [(1.0, 100.0), (2.0, 199.0)]


def test_a_zero_of_a_step_without_answers_is_no_latency(tmp_path: Path) -> None:
    """A tool without samples prints 0.00; that is missing, never zero."""
    (step,) = read_dat(written(tmp_path, "9 0 0.00 0\n")).steps

    assert (step.qps, step.mean_s, step.success_ratio) == (0.0, None, 0.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 2 3 4\n5 6 7\n", ":2: 3 columns instead of 4"),
        ("1 2 3 4 5 6 7\n", ":1: 7 columns instead of 4"),
        ("-4 2 3 4\n", ":1: concurrency must be a whole number from 1, not '-4'"),
        ("0 2 3 4\n", ":1: concurrency must be a whole number from 1, not '0'"),
        ("1.5 2 3 4\n", ":1: concurrency must be a whole number from 1, not '1.5'"),
        ("\u0661 2 3 4\n", ":1: concurrency must be a whole number from 1, not '\\u0661'"),
        ("1_0 2 3 4\n", ":1: concurrency must be a whole number from 1, not '1_0'"),
        ("# x\n1 x 3 4\n", ":2: QPS must be a number, not 'x'"),
        (f"1 {'9' * 99} 3 4\n", f":1: QPS must be a number, not '{'9' * 40}...'"),
        ("1 1e999 3 4\n", ":1: QPS must be a number, not '1e999'"),
        ("1 5e-324 3 4\n", ":1: QPS must be a number, not '5e-324'"),
        ("1 -2 3 4\n", ":1: QPS must be 0 or more, not -2"),
        ("1 2 -3 4\n", ":1: mean_ms must be 0 or more, not -3"),
        ("1 2 3 100.1\n", ":1: success_percent must be at most 100, not 100.1"),
        ("concurrency QPS mean_ms success\n", ":1: concurrency must be a whole number from 1, not"),
        ("", ":1: there is no step in the file"),
        ("# nothing\n-nan\n", ":1: there is no step in the file"),
        ("1 2 \x00 4\n", ": is no text"),
        ("1 2 3 4\n" * (MAX_STEPS + 1), f": has more than {MAX_STEPS} steps"),
    ],
)
def test_what_is_no_dat_file_is_refused_with_its_line(
    tmp_path: Path, text: str, message: str
) -> None:
    """Something else is an error and never a curve."""
    path = written(tmp_path, text)

    with pytest.raises(StorageError) as caught:
        read_dat(path)

    assert caught.value.message.startswith(f"{path}{message}")


def test_binary_and_huge_files_are_refused(tmp_path: Path) -> None:
    """Neither costs more than a look."""
    binary = written(tmp_path, bytes(range(256)) * 10)
    with pytest.raises(StorageError, match=r"demo\.dat: is no text"):
        read_dat(binary)

    with binary.open("wb") as stream:
        stream.truncate(100 * MAX_BYTES)
    with pytest.raises(StorageError, match=r"cannot be read: it is larger than 1 MiB"):
        read_dat(binary)


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    """The reason of the system is in the message."""
    with pytest.raises(StorageError, match=r"none\.dat: cannot be read: No such file or directory"):
        read_dat(tmp_path / "none.dat")


@given(
    st.lists(
        st.tuples(st.integers(1, 100_000), st.floats(0.5, 1e6), st.floats(1e-6, 3000.0)),
        min_size=1,
        max_size=5,
    )
)
def test_reading_undoes_writing(
    tmp_path_factory: pytest.TempPathFactory, levels: list[tuple[int, float, float]]
) -> None:
    """Within the digits of the format, what a run writes is what is read."""
    steps = [a_step(n, qps, mean_s=mean_s) for n, qps, mean_s in sorted(levels)]
    path = tmp_path_factory.mktemp("dat") / "demo.dat"
    path.write_text(dat_text(steps))

    found = read_dat(path).steps

    assert [step.load for step in found] == [step.plan.load for step in steps]
    assert [step.qps for step in found] == pytest.approx([step.qps for step in steps], abs=0.006)
    means = [step.latency.mean_s for step in steps if step.latency is not None]
    assert [step.mean_s for step in found] == pytest.approx(means, rel=1e-5)
