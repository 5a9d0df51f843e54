"""Which files can be made of a run? A table of writers; a new format is one row."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from capacity.errors import StorageError
from capacity.model.findings import Findings
from capacity.model.run import Run
from capacity.report.bottleneck_observed import overview
from capacity.report.bottleneck_page import bottleneck_page
from capacity.report.charts import qps_ttlb_figure, save_png, success_rate_figure
from capacity.report.charts_bottleneck import bottleneck_figure
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
    """The graphs, those of resources if some were asked for; without a finished step none."""
    if not run.steps:
        return ()
    drawn = {
        "qps_ttlb": qps_ttlb_figure(run, findings, language),
        "successrate": success_rate_figure(run, findings, language),
        "resources": resources_figure(run, findings, language),
        "bottleneck": bottleneck_figure(run, findings, overview(run, findings), language),
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
    _write_text(path, steps_csv(run, findings.diagnosis))
    return (path,)


def _write_md(run: Run, findings: Findings, folder: Path, language: Language) -> tuple[Path, ...]:
    """What is known of the bottleneck; of findings without a diagnosis there is nothing to tell."""
    diagnosis = findings.diagnosis
    if diagnosis is None:
        return ()
    seen = overview(run, findings)
    path = folder / f"{run.plan.name}_bottleneck.md"
    figure = f"{run.plan.name}_bottleneck.png" if seen.resources else None
    page = bottleneck_page(run, findings, diagnosis, seen, language, figure=figure)
    _write_text(path, page)
    return (path,)


def _write_text(path: Path, text: str) -> None:
    """A new file, line ends as they are."""
    try:
        with path.open("x", encoding="utf-8", newline="") as stream:
            stream.write(text)
    except OSError as error:
        raise StorageError(
            f"{path}: cannot be written: {error.strerror or error}",
            hint="choose another folder with --out",
        ) from error


WRITERS: Mapping[str, Writer] = {"png": _write_png, "csv": _write_csv, "md": _write_md}
