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
# A name that ends in these says where the secret is, not what.
_NAME = (
    r"[\w.-]{0,40}(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key"
    r"|private[_-]?key|credential|sess(?:ion)?[_-]?id|signature|bearer|pwd)"
    r"(?![\w.-]{0,20}(?:file|path)\b)[\w.-]{0,20}"
)
_PHRASE_NAME = r"[\w.-]{0,40}(?:passw(?:or)?d|passphrase|secret|pwd)[\w.-]{0,20}"
# JSON within JSON has a backslash before its quotes, and that within JSON three.
_QUOTE = r"\\{0,7}[\"']?"
_IS = r"\s{0,4}(?:=>|[:=])\s{0,4}"
_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_KEY_ENDS = re.compile(r"-----END [A-Z0-9 ]{0,40}-----")
_REST_OF_KEY = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # A header ends with its line; in a line of JSON with its quote. It may have quoted values.
    (
        re.compile(
            r"(?i)\b((?:proxy-)?authorization|(?:set-)?cookie|x-api-key|x-auth-token)"
            rf"({_QUOTE}{_IS}\[?\s{{0,4}}{_QUOTE})((?:bearer|basic|token)\s{{1,8}})?"
            r"(?:[^\"'\n\\]|(?<==)\\{0,7}[\"'][^\"'\n]{0,4096}[\"']){1,8192}"
        ),
        rf"\1\2{REDACTED}",
    ),
    (
        re.compile(r"(?i)\b(bearer|basic|negotiate|digest)(\s{1,4})([\w.~+/=-]{8,8192})"),
        rf"\1\2{REDACTED}",
    ),
    # Nothing is given back that was taken: else a line of many beginnings is read again and again.
    (re.compile(r"\beyJ[\w-]{6,2048}+\.[\w-]{2,8192}+(?:\.[\w-]{0,8192})?"), REDACTED),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), REDACTED),
    # GitHub, GitLab, Slack and Stripe mark theirs.
    (
        re.compile(
            r"\b(?:gh[opsur]_\w{20,255}|github_pat_\w{20,255}|glpat-[\w-]{16,255}"
            r"|xox[abeprs]-[\w-]{10,255}|[rs]k_live_\w{10,255})"
        ),
        REDACTED,
    ),
    (
        re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]{0,31}://)[^/\s:@\"'<>]{0,256}:[^/\s\"'<>]{0,1024}@"),
        rf"\1{REDACTED}@",
    ),
    # Who is alone before the host is a token for the web, and a user's name for ssh.
    (re.compile(r"(?i)(\bhttps?://)(?!\[redacted\])[^/\s:@\"'<>?#]{1,1024}@"), rf"\1{REDACTED}@"),
    # "key": "value", also within a text of JSON; key='value', <key>value, key=value, --key value.
    (
        re.compile(
            rf"(?i)(?<![\w.-])({_NAME}{_QUOTE}{_IS}\\{{1,7}}\")(?!\[redacted\])"
            r"(?:[^\"\\\n]|\\(?!\\{0,7}\")){1,8192}"
        ),
        rf"\1{REDACTED}",
    ),
    (
        re.compile(
            rf"(?i)(?<![\w.-])({_NAME}{_QUOTE}{_IS}\")(?!\[redacted\])"
            r"(?:[^\"\\\n]|\\.){1,8192}"
        ),
        rf"\1{REDACTED}",
    ),
    (
        re.compile(
            rf"(?i)(?<![\w.-])({_NAME}{_QUOTE}{_IS})'(?!\[redacted\])(?:[^'\\\n]|\\.){{1,8192}}'?"
        ),
        rf"\1{REDACTED}",
    ),
    (re.compile(rf"(?i)(<{_NAME}>)[^<\n]{{1,8192}}"), rf"\1{REDACTED}"),
    (re.compile(rf"(?i)(?<![\w.-])({_PHRASE_NAME}{_QUOTE}{_IS})[0-9]{{1,40}}\b"), rf"\1{REDACTED}"),
    (
        re.compile(
            rf"(?i)(?<![\w.-])({_NAME}{_IS}|--{_NAME}\s{{1,4}})"
            r"(?!>|\\{0,7}\"|\[redacted\])[^\s\"'&,;}\])]{1,8192}"
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
    """The text without private keys; one that does not end takes all that follows with it.

    One that does not begin, as in the end of a longer text, takes all that was before it.
    """
    kept: list[str] = []
    at = 0
    first, rest = _KEY_BEGINS.search(text), _REST_OF_KEY.search(text)
    if rest is not None and (first is None or rest.start() < first.start()):
        kept.append("")
        at = rest.end()
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
