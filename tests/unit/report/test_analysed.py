"""Is it said what was analysed, and by whose limits?"""

import pytest

from capacity.report.analysed import analysed_lines
from capacity.report.texts import Language


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (Language.EN, ("Analysed    3 steps of a.dat, four numbers each", "Limits      none")),
        (Language.ZH, ("对象    a.dat 的 3 步，每步四个数", "限值    无")),
    ],
)
def test_two_lines_stand_above_an_answer(language: Language, lines: tuple[str, ...]) -> None:
    """Both begin in the column of the answer, and codes of a file name are taken out."""
    assert (
        analysed_lines(
            language, kind="dat", file="\x1ba.dat", step_count=3, stops_from="none", rules=()
        )
        == lines
    )
