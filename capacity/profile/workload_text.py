"""Which pods belong to `deploy/gateway`, and is a regular expression one that Prometheus reads?

Patterns are anchored and hold the name as it is, so that `api` is not `api-canary`.
"""

import re
from collections.abc import Mapping

from capacity.profile.problems import InputError

MAX_PATTERN_CHARACTERS = 1000

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
# What follows the name of the workload in the names of its pods.
_SUFFIXES: Mapping[str, str] = {
    "deploy": "-[a-z0-9]{1,10}-[a-z0-9]{5}",
    "statefulset": "-[0-9]+",
    "daemonset": "-[a-z0-9]{5}",
    "pod": "",
}
_OTHER_WORDS = {"deployment": "deploy", "sts": "statefulset", "ds": "daemonset"}
# Kubernetes cuts a longer `name-hash-` before it adds five random characters.
_KEPT_CHARACTERS = 58
_HASH_CHARACTERS = 12
_EXAMPLE = "write it like deploy/gateway, statefulset/db, daemonset/agent, pod/NAME or pods/REGEX"
# RE2, which Prometheus uses, has neither of these.
_NOT_IN_RE2 = re.compile(r"\(\?(?:[=!>#]|<[=!])|\\[1-9]|\(\?P=|[*+?}]\+")


def pod_pattern(workload: str) -> str:
    """The anchored regular expression of a workload's pods."""
    kind, slash, name = workload.partition("/")
    kind = _OTHER_WORDS.get(kind, kind)
    if slash and kind == "pods":
        return f"^(?:{check_pattern(name)})$"
    if not slash or kind not in _SUFFIXES:
        raise InputError(f"{workload!r} is not a workload", _EXAMPLE)
    if not _NAME.fullmatch(name):
        raise InputError(f"{name!r} is not a name that Kubernetes gives", _EXAMPLE)
    if kind == "deploy" and len(name) + _HASH_CHARACTERS > _KEPT_CHARACTERS:
        return f"^{_literally(f'{name}-'[:_KEPT_CHARACTERS])}[a-z0-9-]{{0,11}}[a-z0-9]{{5}}$"
    return f"^{_literally(name)}{_SUFFIXES[kind]}$"


def parse_namespace(text: str) -> str:
    """The name of a namespace."""
    if not _LABEL.fullmatch(text):
        raise InputError(
            f"{text!r} is not a namespace", "use small letters, digits and hyphens, like shop-test"
        )
    return text


def check_pattern(text: str) -> str:
    """A regular expression that Prometheus can read too; it is anchored there at both ends."""
    if not text or len(text) > MAX_PATTERN_CHARACTERS or not text.isprintable():
        raise InputError(
            f"a regular expression has 1 to {MAX_PATTERN_CHARACTERS} printable characters",
            "write it like db-[0-9]+:9187",
        )
    found = _NOT_IN_RE2.search(text)
    if found is not None:
        raise InputError(
            f"Prometheus knows no {found.group()} in a regular expression",
            "leave out lookarounds, references to groups and possessive quantifiers",
        )
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise InputError(
            f"{text!r} is not a regular expression: {error}", "write it like db-[0-9]+:9187"
        ) from error
    return text


def _literally(name: str) -> str:
    return name.replace(".", r"\.")
