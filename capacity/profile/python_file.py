"""Does `file.py:function` name a scenario written in Python? The file is read, never run."""

import ast
import warnings
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from capacity.profile.files import read_file
from capacity.profile.problems import InputError

MAX_SOURCE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class PythonName:
    """A file, with its folder, and the name of a function in it."""

    file: str
    function: str


def find_function(folder: Path, text: str) -> PythonName:
    """Look for `async def function(client, row)`; InputError when it is not there."""
    file, colon, function = text.rpartition(":")
    if not colon or not file or not function.isidentifier():
        raise InputError(f"{text!r} does not name a function", "write it like scenario.py:browse")
    tree = _parse(read_file(folder, file, MAX_SOURCE_BYTES), file)
    coroutines = {node.name: node for node in tree.body if isinstance(node, ast.AsyncFunctionDef)}
    if function in coroutines:
        _check_arguments(coroutines[function].args, function)
        return PythonName(str(folder / file), function)
    if any(isinstance(node, ast.FunctionDef) and node.name == function for node in tree.body):
        raise InputError(f"{function} in {file!r} is not async", f"write async def {function}")
    close = get_close_matches(function, coroutines, n=1)
    raise InputError(
        f"{file!r} has no async function {function}",
        f"did you mean {close[0]}?" if close else f"write async def {function}(client, row)",
    )


def _parse(content: bytes, file: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            return ast.parse(content, filename=file)
    except SyntaxError as error:
        where = f" in line {error.lineno}" if error.lineno is not None else ""
        raise InputError(
            f"{file!r} is not Python{where}: {error.msg}", "correct the file"
        ) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise InputError(f"{file!r} is not Python that can be read", "correct the file") from error


def _check_arguments(arguments: ast.arguments, function: str) -> None:
    positional = len(arguments.posonlyargs) + len(arguments.args)
    needed = positional - len(arguments.defaults)
    is_enough = positional >= 2 or arguments.vararg is not None
    has_required_keyword = any(default is None for default in arguments.kw_defaults)
    if not is_enough or needed > 2 or has_required_keyword:
        raise InputError(
            f"{function} is not called with a client and a row",
            f"write async def {function}(client, row)",
        )
