"""Which coroutine does a user loop run again and again?

Either the scenario's own `async def function(client, row)` from its file, or one built-in call for
a request that is plain data. A fault of the file is told with its line, before any load.
"""

import importlib.util
import inspect
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

from yarl import URL

from capacity.engines.aiohttp_client import TargetClient
from capacity.histogram import core_version
from capacity.model.plan import Header, HttpRequest, PythonCall, Target

ScenarioFunction = Callable[[TargetClient, Mapping[str, int]], Awaitable[Any]]

_MODULE_NAME = "capacity_scenario"


class ScenarioFaultError(Exception):
    """The scenario's file cannot be used; `place` is `file:line`."""

    def __init__(self, place: str, message: str, hint: str) -> None:
        super().__init__(f"{place}: {message}")
        self.place = place
        self.message = message
        self.hint = hint


def scenario_function(call: HttpRequest | PythonCall, target: Target) -> ScenarioFunction:
    """Give the coroutine function of a scenario; raises ScenarioFaultError."""
    match call:
        case PythonCall():
            return _load(call.file, call.function)
        case HttpRequest():
            return _one_request(call, target)


def default_headers(call: HttpRequest | PythonCall) -> list[tuple[str, str]]:
    """Headers that every request carries unless the scenario's own say otherwise."""
    agent = [("User-Agent", f"capacity/{core_version()}")]
    if isinstance(call, HttpRequest):
        return agent
    own = _readable(call.headers)
    return own if any(name.lower() == "user-agent" for name, _ in own) else agent + own


def place_of(error: BaseException, file: str) -> str:
    """Where in `file` an exception came from: `file:line`, or the file alone."""
    if isinstance(error, SyntaxError) and error.lineno is not None:
        return f"{error.filename}:{error.lineno}"
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == file
    ]
    return f"{file}:{lines[-1]}" if lines else file


def _one_request(request: HttpRequest, target: Target) -> ScenarioFunction:
    origin = URL(target.origin)  # the host as the library writes it: small letters, punycode
    url = URL(f"{origin.origin()}{request.path.reveal().decode()}", encoded=True)
    headers = _readable(request.headers)
    body = None if request.body is None else request.body.reveal()
    method = request.method

    async def make_request(client: TargetClient, _: Mapping[str, int]) -> None:
        async with client.request(
            method, url, headers=headers, data=body, skip_auto_headers=("Accept", "Content-Type")
        ):
            pass

    return make_request


def _readable(headers: tuple[Header, ...]) -> list[tuple[str, str]]:
    return [(header.name, header.value.reveal().decode()) for header in headers]


def _load(file: str, function: str) -> ScenarioFunction:
    module = _import_file(file)
    found: object = getattr(module, function, None)
    if inspect.iscoroutinefunction(found):
        return found
    names = sorted(
        name
        for name, value in vars(module).items()
        if inspect.iscoroutinefunction(value) and value.__module__ == _MODULE_NAME
    )
    what = "is not an async function" if found is not None else "does not exist"
    known = f"the file has: {', '.join(names)}" if names else "the file has no async function"
    raise ScenarioFaultError(
        file, f"{function} {what}", f"write `async def {function}(client, row)`; {known}"
    )


def _import_file(file: str) -> ModuleType:
    path = Path(file)
    spec = importlib.util.spec_from_file_location(_MODULE_NAME, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ScenarioFaultError(file, "no such Python file", "check the path in the profile")
    module = importlib.util.module_from_spec(spec)
    sys.modules[_MODULE_NAME] = module
    sys.path.insert(0, str(path.parent.resolve()))  # so that it finds its neighbours, as a script
    with _Explained(spec.origin or file):
        spec.loader.exec_module(module)
    return module


class _Explained:
    """Turns whatever a scenario's file raises while it is read into one error with its place."""

    def __init__(self, file: str) -> None:
        self._file = file

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            return
        place = place_of(error, self._file)
        message = f"{type(error).__name__}: {error}"
        raise ScenarioFaultError(place, message, "correct the file and run again") from error
