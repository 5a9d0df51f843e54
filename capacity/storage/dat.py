"""How do steps become the four columns of wrktest.sh?

`concurrency QPS mean_ms success_percent`, separated by one space, no header: files of the older
script and ours can be laid side by side. Everything else goes to steps.csv.
"""

from collections.abc import Sequence
from pathlib import Path

from capacity.analysis.outcomes import JUDGED_PURPOSES
from capacity.errors import StorageError
from capacity.model.load import ClosedLoop
from capacity.model.run import Step, Trust
from capacity.units import format_ms


def dat_text(steps: Sequence[Step]) -> str:
    """The file's content, one line per step, ascending; equal levels in the order of time.

    A step without a good answer has no mean latency, and the format has no way to say so: its
    line is left out rather than filled with a zero. So are INVALID steps, whose numbers are the
    generator's and would be read as the service's, steps of planned starts, which have no
    concurrency to stand in the first column, and light load after the heavy one, which tells of
    recovery and not of that concurrency.
    """
    told = [step for step in steps if step.plan.purpose in JUDGED_PURPOSES]
    told.sort(key=lambda step: step.plan.load.level)
    return "".join(f"{line}\n" for step in told if (line := _line(step)) is not None)


def write_dat(path: Path, steps: Sequence[Step]) -> None:
    """Write a new file; an existing one is never overwritten."""
    try:
        with path.open("x", encoding="ascii", newline="\n") as stream:
            stream.write(dat_text(steps))
    except OSError as error:
        raise StorageError(
            f"{path}: cannot be written: {error.strerror or error}",
            hint="choose another folder with --out",
        ) from error


def _line(step: Step) -> str | None:
    load, success = step.plan.load, step.counts.success_ratio
    if not isinstance(load, ClosedLoop):
        return None
    if step.latency is None or success is None or step.validity.trust is Trust.INVALID:
        return None
    mean_ms = _six_digits(format_ms(step.latency.mean_s))
    return f"{load.concurrency} {step.qps:.2f} {mean_ms} {success * 100:.2f}"


def _six_digits(value: float) -> str:
    """Six significant digits, as the script's awk prints them, but never an exponent."""
    text = f"{value:.6g}"
    return text if "e" not in text else f"{value:.9f}".rstrip("0").rstrip(".")
