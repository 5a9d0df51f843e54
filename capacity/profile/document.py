"""What does a YAML file say, and on which line and column does it say it?

Only plain data come out: mappings with text keys, lists and scalars. Tags, anchors, aliases, merge
keys, duplicate keys and oversized files are refused.
"""

from typing import NamedTuple, Protocol

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode
from yaml.reader import ReaderError

from capacity.profile.problems import InputError, KeyPath, Place, Problems
from capacity.profile.scalars import Scalar, read_plain

Value = Scalar | list["Value"] | dict[str, "Value"]

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 20
MAX_NODES = 10_000

_CONTROL_CHARACTER = InputError("a control character", "write it as an escape in double quotes")
_PRIVATE_KEYS = frozenset({"headers", "body", "json", "bearer", "basic"})


class _Mark(Protocol):
    """A position as the YAML library tells it, counted from 0."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


class _Spot(NamedTuple):
    """A position of our own finding."""

    line: int
    column: int


def read_document(content: bytes, problems: Problems) -> dict[str, Value]:
    """Read the bytes of a profile; raise ProfileError when they cannot be read as one.

    Faults beside which the rest can still be read, such as duplicate keys, are only noted.
    """
    reader = _Reader(problems)
    root = _compose(content, reader, problems)
    value = None if root is None else reader.value_of(root, ())
    if isinstance(value, dict):
        return value
    problems.add((), InputError("a profile is a mapping of keys", "begin with version: 1"))
    raise problems.error()


def _compose(content: bytes, reader: "_Reader", problems: Problems) -> Node | None:
    """The tree of the one document; None when it is empty."""
    try:
        text = _decode(content)
        try:
            reader.refuse_events(text)
            problems.raise_if_any()
            return yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            what = error.problem or error.context or "it cannot be read"
            fault = InputError(f"this is not YAML: {what}", "check indentation, colons and quotes")
            reader.add_at(error.problem_mark or error.context_mark, fault)
        except ReaderError as error:
            reader.add_at(_spot(text, error.position), _CONTROL_CHARACTER)
    except InputError as fault:
        problems.add((), fault)
    raise problems.error()


def _decode(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise InputError("a profile has at most 1 MiB", "put large bodies into a file: body_file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"byte {error.start + 1} is not UTF-8", "save the file as UTF-8"
        ) from error


class _Reader:
    """One reading of one file: turns nodes into values and notes where they stand."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._refused = 0

    def add_at(self, mark: _Mark | None, fault: InputError) -> None:
        """Note a problem that belongs to a place, not to a key."""
        place = self._problems.origins.of(()) if mark is None else self._place(mark)
        path: KeyPath = ("", self._refused)
        self._refused += 1
        self._problems.origins.put(path, place)
        self._problems.add(path, fault)

    def _place(self, mark: _Mark) -> Place:
        root = self._problems.origins.of(())
        return Place(root.source, root.folder, mark.line + 1, mark.column + 1)

    def refuse_events(self, text: str) -> None:
        """Look for bombs before anything is built: the parser's events come one by one."""
        depth = nodes = documents = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    fault = InputError("a profile is one document", "remove what follows the ---")
                    self.add_at(event.start_mark, fault)
                    return
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            elif isinstance(event, yaml.NodeEvent):
                nodes += 1
                depth += isinstance(event, yaml.CollectionStartEvent)
                if nodes > MAX_NODES or depth > MAX_DEPTH:
                    self.add_at(event.start_mark, _too_much(depth))
                    return
                self._refuse_features(event)

    def _refuse_features(self, event: yaml.NodeEvent) -> None:
        if isinstance(event, yaml.AliasEvent):
            fault = InputError("aliases (*name) are not read", "write the value again")
            self.add_at(event.start_mark, fault)
            return
        if event.anchor is not None:
            fault = InputError(
                "anchors (&name) are not read", "remove it and write the value again"
            )
            self.add_at(event.start_mark, fault)
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag:
            fault = InputError("tags (!name) are not read", "remove it, or put the text in quotes")
            self.add_at(event.start_mark, fault)

    def value_of(self, node: Node, path: KeyPath) -> Value:
        """Turn a node into plain data, noting the place of every value and key."""
        if isinstance(node, ScalarNode):
            return self._scalar(node, path)
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        return self._sequence(node, path)

    def _sequence(self, node: Node, path: KeyPath) -> Value:
        items: list[Value] = []
        for index, item in enumerate(node.value):
            self._problems.origins.put((*path, index), self._place(item.start_mark))
            items.append(self.value_of(item, (*path, index)))
        return items

    def _mapping(self, node: MappingNode, path: KeyPath) -> Value:
        mapping: dict[str, Value] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key is None:
                continue
            if key in mapping:
                hint = f"keep this one or the one in line {lines[key]}"
                self.add_at(
                    key_node.start_mark, InputError(f"the key {key!r} is given twice", hint)
                )
                continue
            lines[key] = key_node.start_mark.line + 1
            self._problems.origins.put(
                (*path, key), self._place(value_node.start_mark), self._place(key_node.start_mark)
            )
            mapping[key] = self.value_of(value_node, (*path, key))
        return mapping

    def _key(self, node: Node) -> str | None:
        if not isinstance(node, ScalarNode) or not node.value or node.tag.endswith(":merge"):
            self.add_at(node.start_mark, InputError("a key is a word", "write it like name: value"))
            return None
        key = str(node.value)
        if node.style is None:
            try:
                read_plain(key, f"the key {key!r}")
            except InputError as fault:
                self.add_at(
                    node.start_mark, InputError(fault.message, f"put it in quotes: '{key}':")
                )
                return None
        return key

    def _scalar(self, node: ScalarNode, path: KeyPath) -> Value:
        word = str(node.value)
        if node.style is not None:
            return word
        shown = "this value" if _PRIVATE_KEYS.intersection(map(str, path)) else repr(word)
        try:
            return read_plain(word, shown)
        except InputError as fault:
            self._problems.add(path, fault)
            return word


def _spot(text: str, position: int) -> _Spot:
    line_start = text.rfind("\n", 0, position) + 1
    return _Spot(text.count("\n", 0, position), position - line_start)


def _too_much(depth: int) -> InputError:
    if depth > MAX_DEPTH:
        return InputError(
            f"values are nested deeper than {MAX_DEPTH} levels", "put it into body_file"
        )
    return InputError(f"a profile has at most {MAX_NODES} values", "put large data into body_file")
