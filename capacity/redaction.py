"""Which parts of a text from outside are secrets, and what stands in their place?

A net with wide meshes beside the certain part: what the plan itself holds as secret is taken out
wherever it stands, and what looks like a credential is taken out too. Expressions are bounded, so
that no line can make them slow.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

REDACTED = "[redacted]"
# Shorter values would be found in ordinary words.
MIN_SECRET_BYTES = 5

# What terminals obey: sequences that begin with ESC or its one-byte forms, then single controls.
_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,8}[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]{0,4096}(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]{0,8}[0-~]?"
)
_CONTROLS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)
_NAME = (
    r"[\w.-]{0,40}(?:passw(?:or)?d|passwd|passphrase|secret|token|api[_-]?key|apikey|access[_-]?key"
    r"|private[_-]?key|credential|session[_-]?id|client[_-]?secret|pwd)[\w.-]{0,20}"
)
_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----")
_KEY_ENDS = re.compile(r"-----END [A-Z0-9 ]{0,40}-----")
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # A header ends with its line; in a line of JSON with its quote.
    (
        re.compile(
            r"(?i)\b((?:proxy-)?authorization|(?:set-)?cookie|x-api-key|x-auth-token)"
            r"(\\?[\"']?\s{0,4}[:=]\s{0,4}\\?[\"']?\[?)([^\"'\n\\]{1,8192})"
        ),
        rf"\1\2{REDACTED}",
    ),
    (
        re.compile(r"(?i)\b(bearer|basic|negotiate|digest)(\s{1,4})([\w.~+/=-]{8,8192})"),
        rf"\1\2{REDACTED}",
    ),
    (re.compile(r"\beyJ[\w-]{6,8192}\.[\w-]{2,8192}(?:\.[\w-]{0,8192})?"), REDACTED),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), REDACTED),
    (
        re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]{0,31}://)[^/\s:@\"'<>]{0,256}:[^/\s\"'<>]{0,1024}@"),
        rf"\1{REDACTED}@",
    ),
    # "key": "value", key='value', key=value, --key value.
    (
        re.compile(
            rf"(?i)(?<![\w.-])({_NAME}\\?[\"']?\s{{0,4}}[:=]\s{{0,4}})(\\?\")[^\"\n]{{1,8192}}"
        ),
        rf"\1\2{REDACTED}",
    ),
    (
        re.compile(rf"(?i)(?<![\w.-])({_NAME}\\?[\"']?\s{{0,4}}[:=]\s{{0,4}})'[^'\n]{{1,8192}}'?"),
        rf"\1{REDACTED}",
    ),
    (
        re.compile(
            rf"(?i)(?<![\w.-])({_NAME}\s{{0,4}}[:=]\s{{0,4}}|--{_NAME}\s{{1,4}})"
            r"(?!\[redacted\])[^\s\"'&,;}\])]{1,8192}"
        ),
        rf"\1{REDACTED}",
    ),
)


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text that may be stored, and in how many places something was taken out."""

    text: str
    count: int


def redact(text: str, secrets: Sequence[bytes] = ()) -> Redacted:
    """The text without terminal codes, without `secrets` and without what looks like one."""
    clean = plain(text)
    count = 0
    for secret in _worth_seeking(secrets):
        count += clean.count(secret)
        clean = clean.replace(secret, REDACTED)
    clean, found = _without_keys(clean)
    count += found
    for pattern, instead in _PATTERNS:
        clean, found = pattern.subn(instead, clean)
        count += found
    return Redacted(clean, count)


def _without_keys(text: str) -> tuple[str, int]:
    """The text without private keys; one that does not end takes all that follows with it."""
    kept: list[str] = []
    at = 0
    while (begins := _KEY_BEGINS.search(text, at)) is not None:
        kept.append(text[at : begins.start()])
        ends = _KEY_ENDS.search(text, begins.end())
        at = len(text) if ends is None else ends.end()
    return REDACTED.join((*kept, text[at:])), len(kept)


def plain(text: str) -> str:
    """The text without what a terminal would obey; line ends and tabs stay."""
    with_line_ends = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub("", _SEQUENCES.sub("", with_line_ends))


def _worth_seeking(secrets: Sequence[bytes]) -> list[str]:
    """The longest first, so that a secret within another one leaves nothing behind."""
    texts = {plain(one.decode("utf-8", "replace")) for one in secrets}
    return sorted((text for text in texts if len(text) >= MIN_SECRET_BYTES), key=len, reverse=True)
