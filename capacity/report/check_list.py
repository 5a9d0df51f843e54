"""How does the list of what was found before a run look, for people and for programs?"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from capacity.model.check import CheckHint, CheckItem, CheckState
from capacity.report.shown import cells, padded, printable
from capacity.report.texts import Language, say

_SIGNS = {CheckState.OK: "✓", CheckState.WARNING: "!", CheckState.FAILED: "✗"}
_ASCII_SIGNS = {CheckState.OK: "ok", CheckState.WARNING: "warn", CheckState.FAILED: "FAIL"}
_LABEL_CELLS = 26


def check_lines(
    items: Sequence[CheckItem], language: Language, *, ascii_only: bool, brief: bool
) -> tuple[str, ...]:
    """The list by groups, and the count of the states; `brief` has only what is not in order."""
    kept = [item for item in items if not (brief and item.state is CheckState.OK)]
    lines: list[str] = []
    for group, of_group in groupby(kept, key=lambda item: item.group):
        lines.append(say(language, f"check_group_{group.value}"))
        lines += [
            line for item in of_group for line in _item_lines(item, language, ascii_only=ascii_only)
        ]
    return (*lines, _summary(items, language))


def _item_lines(item: CheckItem, language: Language, *, ascii_only: bool) -> Iterator[str]:
    signs = _ASCII_SIGNS if ascii_only else _SIGNS
    width = max(cells(sign) for sign in signs.values())
    sign = padded(signs[item.state], width)
    label = " ".join(filter(None, (item.subject, say(language, f"check_{item.what}"))))
    measured = printable(item.measured)
    if ascii_only:
        measured = measured.replace("±", "+-")
    yield f"  {sign} {padded(printable(label), _LABEL_CELLS)} {measured}".rstrip()
    if item.hint is not None:
        words = printable(_hint(item.hint, language))
        yield " " * (width + 5) + say(language, "check_hint", hint=words)


def _hint(hint: CheckHint, language: Language) -> str:
    return say(language, f"check_hint_{hint.key}", **hint.fields)


def _summary(items: Sequence[CheckItem], language: Language) -> str:
    counts = Counter(item.state for item in items)
    return say(
        language,
        "check_summary",
        ok=counts[CheckState.OK],
        warnings=counts[CheckState.WARNING],
        failed=counts[CheckState.FAILED],
    )


def check_json(items: Sequence[CheckItem]) -> str:
    """The same as JSON, in English."""
    counts = Counter(item.state for item in items)
    rows = [
        {
            "group": item.group.value,
            "state": item.state.value,
            "what": item.what,
            "subject": item.subject,
            "measured": item.measured,
            "hint": None if item.hint is None else _hint(item.hint, Language.EN),
        }
        for item in items
    ]
    summary = {state.value: counts[state] for state in CheckState}
    return json.dumps({"summary": summary, "items": rows}, indent=2)
