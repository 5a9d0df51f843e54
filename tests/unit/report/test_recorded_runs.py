"""Can the diagnosis of each run of a real service be shown, in both languages and as JSON?"""

import json
import re

import pytest

from capacity.analysis.findings import analyze
from capacity.report.bottleneck_observed import overview
from capacity.report.bottleneck_page import bottleneck_page
from capacity.report.charts_bottleneck import MOST_PANELS, bottleneck_figure
from capacity.report.texts import Language
from capacity.report.verdict_bottleneck import bottleneck_rows
from capacity.storage.bottleneck import encode_diagnosis
from tests.unit.analysis.bottleneck.recorded import RECORDED, Recorded
from tests.unit.storage.schema_faults import FINDINGS_SCHEMA, faults

# A field of a sentence that was never filled in; labels of PromQL stand in braces as well.
_UNFILLED = re.compile(r"\{[a-z_]+\}")
_CHINESE = re.compile("[\u4e00-\u9fff]")


def name_of(one: Recorded) -> str:
    """A case as it is called."""
    return one.name


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("case", RECORDED, ids=name_of)
def test_every_sentence_is_whole_and_in_its_language(case: Recorded, language: Language) -> None:
    """Verdict and page: no field is left open, and no sentence has lost its language."""
    run = case.run()
    findings = analyze(run)
    assert findings.diagnosis is not None
    rows = bottleneck_rows(findings.diagnosis, language)
    seen = overview(run, findings)
    page = bottleneck_page(run, findings, findings.diagnosis, seen, language, figure=None)

    assert [text for _, text in rows if _UNFILLED.search(text)] == []
    assert _UNFILLED.search(page) is None
    assert all(bool(_CHINESE.search(text)) == (language is Language.ZH) for _, text in rows)
    if language is Language.EN:
        assert _CHINESE.search(page) is None
    words = [line for line in page.splitlines() if re.match("(#|- )", line)]
    assert language is Language.EN or all(_CHINESE.search(line) for line in words)


@pytest.mark.parametrize("case", RECORDED, ids=name_of)
def test_the_schema_allows_what_is_written_of_it(case: Recorded) -> None:
    """Every key of a real diagnosis is one that programs were told of."""
    root = json.loads(FINDINGS_SCHEMA.read_text())
    written = json.dumps(encode_diagnosis(analyze(case.run()).diagnosis), allow_nan=False)

    assert faults(json.loads(written), root["$defs"]["bottleneck"], root) == []


@pytest.mark.parametrize("name", ["database-cpu", "generator", "joining"])
def test_a_real_run_is_drawn(name: str) -> None:
    """At most nine small graphs, each a resource that was read; none of a run without a level."""
    (case,) = (one for one in RECORDED if one.name == name)
    run = case.run()
    findings = analyze(run)
    seen = overview(run, findings)
    figure = bottleneck_figure(run, findings, seen, Language.EN)

    titles = [] if figure is None else [axes.get_title(loc="left") for axes in figure.axes]
    assert len([one for one in titles if one]) == min(len(seen.resources), MOST_PANELS)
