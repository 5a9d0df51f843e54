"""Do the JSON values of an answer have the shape of series and samples?

Nothing of the server is taken on trust: a value of another kind is a ShapeError with a sentence of
our own, never a Python error of its own kind.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import Any

from capacity.monitors.answers import Series

# So many with a sample a second over a minute are 4 MB and take 0.2 s to read, the most that one
# question may cost. Raw samples are more exact than what Prometheus makes of them.
MAX_SERIES = 2000
_MAX_VERSION_LENGTH = 40

_KINDS = {dict: "an object", list: "a list", str: "a text", type(None): "null", bool: "a boolean"}


class ShapeError(Exception):
    """The answer is no answer to the query; the text is ours, `said` the server's."""

    def __init__(self, text: str, said: str | None = None) -> None:
        super().__init__(text)
        self.said = said


class TooManyError(Exception):
    """There are more series than anybody could have wanted; the number is the argument."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is around a result; `warnings` say that it is incomplete."""

    result_type: object
    result: Any
    warnings: tuple[str, ...]


def read_envelope(content: Any) -> Envelope:
    """The result and its type, if the server calls it a success."""
    if not isinstance(content, dict):
        raise ShapeError(f"the answer is {_kind(content)} and no object with a status")
    status, data = content.get("status"), content.get("data")
    if status != "success":
        said = content.get("error", status)
        raise ShapeError("HTTP 200, but no success:", said if isinstance(said, str) else "nothing")
    if not isinstance(data, dict) or "result" not in data:
        raise ShapeError("there is no result in the answer")
    return Envelope(data.get("resultType"), data["result"], _warnings(content.get("warnings")))


def _warnings(given: Any) -> tuple[str, ...]:
    """What the server warns of; before Prometheus 3 its remarks were among its warnings."""
    texts = given if isinstance(given, list) else [] if given is None else [given]
    texts = [text if isinstance(text, str) else "something" for text in texts]
    return tuple(text for text in texts if not text.startswith("PromQL info:"))


def read_version(content: Any) -> str | None:
    """The version in an answer about the server itself."""
    data = content.get("data") if isinstance(content, dict) else None
    version = data.get("version") if isinstance(data, dict) else None
    if not isinstance(version, str) or not version.isprintable():
        return None
    return version[:_MAX_VERSION_LENGTH] or None


def read_vector(result_type: object, result: Any) -> tuple[Series, ...]:
    """The series of a vector, or the one without labels of a scalar."""
    if result_type == "scalar":
        return (Series({}, (_sample(result),)),)
    if result_type != "vector":
        raise ShapeError(f"a vector was asked for, and {_type(result_type)} came")
    return tuple(
        Series(_labels(item), (_sample(_member(item, "value")),)) for item in _items(result)
    )


def read_matrix(result_type: object, result: Any) -> tuple[Series, ...]:
    """The series of a matrix, each with its samples in order."""
    if result_type != "matrix":
        raise ShapeError(f"raw samples were asked for, and {_type(result_type)} came")
    return tuple(
        Series(_labels(item), _samples(_member(item, "values"))) for item in _items(result)
    )


def _items(result: Any) -> list[Any]:
    if not isinstance(result, list):
        raise ShapeError(f"the result is {_kind(result)} and no list of series")
    if len(result) > MAX_SERIES:
        raise TooManyError(len(result))
    return result


def _labels(item: Any) -> Mapping[str, str]:
    metric = item.get("metric") if isinstance(item, dict) else None
    if not isinstance(metric, dict) or not all(isinstance(v, str) for v in metric.values()):
        raise ShapeError("a series has no labels")
    return {_text(name): _text(value) for name, value in metric.items()}


def _text(text: str) -> str:
    """The text without halves of surrogate pairs, which cannot be written anywhere."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _member(item: Any, name: str) -> Any:
    if name not in item:
        had = "a native histogram" if {"histogram", "histograms"} & set(item) else "nothing"
        raise ShapeError(f"a series has {had} in place of its {name}")
    return item[name]


def _samples(values: Any) -> tuple[tuple[float, float], ...]:
    if not isinstance(values, list):
        raise ShapeError(f"the samples of a series are {_kind(values)} and no list")
    samples = tuple(_sample(value) for value in values)
    if any(later[0] <= earlier[0] for earlier, later in pairwise(samples)):
        raise ShapeError("the samples of a series are not in the order of their times")
    return samples


def _sample(pair: Any) -> tuple[float, float]:
    if not isinstance(pair, list) or len(pair) != 2:
        raise ShapeError(f"a sample is {_kind(pair)} and no pair of time and value")
    at, value = pair
    if isinstance(at, bool) or not isinstance(at, int | float) or not isinstance(value, str):
        raise ShapeError("a sample is not a number for its time and a text for its value")
    try:
        at_unix_s, number = float(at), float(value)
    except (ValueError, OverflowError):
        raise ShapeError("the time or the value of a sample is no number") from None
    if not isfinite(at_unix_s):
        raise ShapeError("the time of a sample is not finite")
    return at_unix_s, number


def _kind(value: Any) -> str:
    return _KINDS.get(type(value), "a number")


def _type(result_type: object) -> str:
    known = {"matrix", "scalar", "string", "streams", "vector"}
    is_known = isinstance(result_type, str) and result_type in known
    return f"a {result_type}" if is_known else "something else"
