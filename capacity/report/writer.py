"""Which files can be made of a run? A table of writers; a new format is one row."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from capacity.errors import StorageError
from capacity.model.findings import Findings
from capacity.model.run import Run
from capacity.report.charts import qps_ttlb_figure, save_png, success_rate_figure
from capacity.report.charts_resources import resources_figure
from capacity.report.steps_csv import steps_csv
from capacity.report.texts import Language


class Writer(Protocol):
    """Makes files of a finished run in a folder that exists; an existing file is an error."""

    def __call__(
        self, run: Run, findings: Findings, folder: Path, language: Language, /
    ) -> tuple[Path, ...]:
        """Write, and return what was written, in the order in which people read it."""


def _write_png(run: Run, findings: Findings, folder: Path, language: Language) -> tuple[Path, ...]:
    """The graphs, the third if resources were asked for; without a finished step none."""
    if not run.steps:
        return ()
    drawn = {
        "qps_ttlb": qps_ttlb_figure(run, findings, language),
        "successrate": success_rate_figure(run, findings, language),
        "resources": resources_figure(run, findings, language),
    }
    paths = []
    for name, figure in drawn.items():
        if figure is not None:
            path = folder / f"{run.plan.name}_{name}.png"
            save_png(figure, path)
            paths.append(path)
    return tuple(paths)


def _write_csv(run: Run, findings: Findings, folder: Path, language: Language) -> tuple[Path, ...]:
    """One table; its keys are the same in every language."""
    del language
    path = folder / "steps.csv"
    try:
        with path.open("x", encoding="utf-8", newline="") as stream:
            stream.write(steps_csv(run, findings.diagnosis))
    except OSError as error:
        raise StorageError(
            f"{path}: cannot be written: {error.strerror or error}",
            hint="choose another folder with --out",
        ) from error
    return (path,)


WRITERS: Mapping[str, Writer] = {"png": _write_png, "csv": _write_csv}
