"""How the list before a run looks, in both languages and as JSON."""

import json

import pytest

from capacity.model.check import CheckGroup, CheckHint, CheckItem, CheckState
from capacity.report.check_list import check_json, check_lines
from capacity.report.texts import CATALOGUES, Language

ITEMS = (
    CheckItem(CheckGroup.PROFILE, CheckState.OK, "plan", "", "shop: 3 steps"),
    CheckItem(
        CheckGroup.PROFILE, CheckState.WARNING, "stop_rules", "", "0", CheckHint("no_stop_rule")
    ),
    CheckItem(
        CheckGroup.RESOURCES,
        CheckState.FAILED,
        "samples",
        "cpu",
        "hold 10s: 0 x 15s",
        CheckHint("hold_short", {"needed": "62s"}),
    ),
)


def test_lists_items_by_group_with_their_hints() -> None:
    """A line says state, what and the measured value; its hint is on a line of its own."""
    assert check_lines(ITEMS, Language.EN, ascii_only=False, brief=False) == (
        "profile",
        "  ✓ valid                      shop: 3 steps",
        "  ! stop rules                 0",
        "      hint: only the fuses end the climb; write a rule like p99 > 250ms",
        "resources",
        "  ✗ cpu samples                hold 10s: 0 x 15s",
        "      hint: hold at least 62s, so that 4 samples can stop the climb",
        "1 ok, 1 warnings, 1 failed",
    )


def test_the_brief_list_has_what_is_not_in_order() -> None:
    """With --quiet only warnings and failures remain, and the count of all."""
    lines = check_lines(ITEMS, Language.ZH, ascii_only=False, brief=True)
    assert lines == (
        "配置",
        "  ! 停止规则                   0",
        "      提示：只有保险上限会结束爬升；请写一条规则，例如 p99 > 250ms",
        "资源",
        "  ✗ cpu 样本                   hold 10s: 0 x 15s",
        "      提示：请至少保持 62s，使 4 个样本足以停止爬升",
        "1 项正常，1 项警告，1 项失败",
    )


def test_a_plain_terminal_gets_plain_characters() -> None:
    """Without UTF-8 the states are words, and nothing else needs a special character."""
    clock = CheckItem(CheckGroup.PROMETHEUS, CheckState.OK, "clock", "", "+1ms ± 2ms")
    lines = check_lines((clock, *ITEMS), Language.EN, ascii_only=True, brief=False)
    assert lines[1] == "  ok   its clock against ours     +1ms +- 2ms"
    assert lines[4] == "  warn stop rules                 0"
    assert all(line.isascii() for line in lines)


def test_words_from_outside_cannot_reach_the_terminal_raw() -> None:
    """Names of pods and texts of a server lose their control characters."""
    item = CheckItem(
        CheckGroup.RESOURCES,
        CheckState.FAILED,
        "series",
        "cpu\x1b[2J",
        "a\x07b\nc",
        CheckHint("as_told", {"text": "x\x9b31m\u202ey"}),
    )
    text = "".join(check_lines((item,), Language.EN, ascii_only=False, brief=False))
    assert not set(text) & {"\x1b", "\x07", "\n", "\x9b", "\u202e"}
    assert "ab c" in text
    assert "hint: x31my" in text


def test_json_has_the_same_in_english() -> None:
    """Programs read states and groups by their names, and hints as sentences."""
    loaded = json.loads(check_json(ITEMS))
    assert loaded["summary"] == {"ok": 1, "warning": 1, "failed": 1}
    assert loaded["items"][2] == {
        "group": "resources",
        "state": "failed",
        "what": "samples",
        "subject": "cpu",
        "measured": "hold 10s: 0 x 15s",
        "hint": "hold at least 62s, so that 4 samples can stop the climb",
    }
    assert loaded["items"][0]["hint"] is None


@pytest.mark.parametrize("group", list(CheckGroup))
def test_every_group_has_a_title(group: CheckGroup) -> None:
    """No group is without words."""
    assert f"check_group_{group.value}" in CATALOGUES[Language.EN]
