"""Does each writer of the table make its files, and never over others?"""

from dataclasses import replace
from pathlib import Path

import pytest

from capacity.errors import StorageError
from capacity.report.steps_csv import steps_csv
from capacity.report.texts import Language
from capacity.report.writer import WRITERS
from tests.unit.builders import a_curve, a_plan, a_run, some_findings
from tests.unit.report.diagnosis_builders import a_full_diagnosis
from tests.unit.report.observed_builders import CPU, a_read_run
from tests.unit.report.reading_builders import a_monitored_plan, a_quantity


def test_the_table_has_these_formats() -> None:
    """A new format is a new row, and this list."""
    assert list(WRITERS) == ["png", "csv", "md"]


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("png", ["demo_qps_ttlb.png", "demo_successrate.png"]),
        ("csv", ["steps.csv"]),
        ("md", ["demo_bottleneck.md"]),
    ],
)
def test_writes_its_files_once(tmp_path: Path, name: str, files: list[str]) -> None:
    """The returned paths are the files that were made; a second time is an error."""
    run = a_run(a_curve((1, 2)))
    findings = replace(some_findings(), diagnosis=a_full_diagnosis())

    paths = WRITERS[name](run, findings, tmp_path, Language.EN)

    assert paths == tuple(tmp_path / file for file in files)
    assert all(path.stat().st_size > 0 for path in paths)
    assert sorted(path.name for path in tmp_path.iterdir()) == files
    with pytest.raises(StorageError, match="File exists"):
        WRITERS[name](run, findings, tmp_path, Language.EN)


def test_the_table_of_steps_is_written_as_it_is(tmp_path: Path) -> None:
    """Line ends are not changed on the way to the disk."""
    run = a_run(a_curve((1, 2)))

    findings = replace(some_findings(), diagnosis=a_full_diagnosis())

    (path,) = WRITERS["csv"](run, findings, tmp_path, Language.EN)

    assert path.read_bytes().decode() == steps_csv(run, findings.diagnosis)
    assert steps_csv(run, findings.diagnosis) != steps_csv(run)


def test_a_run_without_steps_has_no_graphs(tmp_path: Path) -> None:
    """There is nothing to draw, and nothing is drawn."""
    assert WRITERS["png"](a_run([]), some_findings(), tmp_path, Language.EN) == ()
    assert list(tmp_path.iterdir()) == []


def test_resources_that_were_asked_for_have_a_graph(tmp_path: Path) -> None:
    """It is the third, and it is there even if nothing could be read."""
    run = a_run(a_curve((1, 2)), plan=a_monitored_plan(a_quantity(), plan=a_plan((1, 2))))

    paths = WRITERS["png"](run, some_findings(), tmp_path, Language.EN)

    assert [path.name for path in paths] == [
        "demo_qps_ttlb.png",
        "demo_successrate.png",
        "demo_resources.png",
    ]


def test_resources_that_were_read_have_small_graphs_that_the_page_shows(tmp_path: Path) -> None:
    """The page names the graph beside it, and only where there is one."""
    run = a_read_run(CPU)
    findings = replace(some_findings(), diagnosis=a_full_diagnosis())

    graphs = WRITERS["png"](run, findings, tmp_path, Language.EN)
    (page,) = WRITERS["md"](run, findings, tmp_path, Language.EN)

    assert graphs[-1].name == "demo_bottleneck.png"
    assert "(demo_bottleneck.png)" in page.read_text()


def test_without_a_diagnosis_there_is_no_page(tmp_path: Path) -> None:
    """There is nothing to tell."""
    assert WRITERS["md"](a_run(), some_findings(), tmp_path, Language.EN) == ()
