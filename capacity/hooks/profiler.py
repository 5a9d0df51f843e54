"""Who takes the profile at the limit, and what is made of what came?"""

import queue
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from capacity.files import read_regular
from capacity.hooks.command import Command
from capacity.hooks.fault import HookError
from capacity.hooks.pprof_fetch import GRACE_S, PprofFetch
from capacity.model.hooks import CodeProfile, CommandSource, HookState, PprofSource, ProfilePlan
from capacity.model.run import ProfileTaken
from capacity.redaction import redact
from capacity.stacks.reading import file_name_of, read_stacks
from capacity.stacks.sampled import StackError

MAX_PROFILE_BYTES = 16 * 1024**2
# To read a large profile takes a moment of Python's own.
_READ_S = 10.0
_WORDS_CHARACTERS = 200


class ThreadedProfiler:
    """Fulfils search.ports.Profiler for either source."""

    def __init__(self, plan: ProfilePlan) -> None:
        self._lasts_s = plan.lasts_s
        self._source = _fetch_of(plan)
        self._taken: queue.SimpleQueue[ProfileTaken] = queue.SimpleQueue()

    @property
    def answer_limit_s(self) -> float:
        """The profile, what the service or the command may take beside it, and reading it."""
        return self._lasts_s + GRACE_S + _READ_S

    def begin(self, step_index: int) -> None:
        """Take it in a thread; as a daemon that one does not hold up the end of the process."""
        threading.Thread(
            target=self._work, args=(step_index,), name="profiler", daemon=True
        ).start()

    def poll(self) -> ProfileTaken | None:
        """What came of it, once."""
        with suppress(queue.Empty):
            return self._taken.get_nowait()
        return None

    def close(self) -> None:
        """End what is under way."""
        self._source.end()

    def _work(self, step_index: int) -> None:
        try:
            content = self._source.fetch()
        except (HookError, OSError) as error:
            reason = _short(str(error))
            self._taken.put(ProfileTaken(_failed(reason, step_index), b""))
            return
        self._taken.put(ProfileTaken(_read(content, step_index), content))


def _read(content: bytes, step_index: int) -> CodeProfile:
    """What the profile says; one that cannot be read is kept as it is."""
    name = file_name_of(content)
    try:
        sampled = read_stacks(content)
    except StackError as error:
        return _failed(f"the profile cannot be read: {error}", step_index, name)
    return CodeProfile(
        state=HookState.TAKEN,
        reason="",
        step_index=step_index,
        file=name,
        covered_s=sampled.covered_s,
        cores=sampled.cores,
        sample_count=sampled.sample_count,
        flat=sampled.hottest_flat,
        cumulative=sampled.hottest_cumulative,
    )


def _failed(reason: str, step_index: int, file: str | None = None) -> CodeProfile:
    return CodeProfile(HookState.FAILED, reason, step_index, file)


def _fetch_of(plan: ProfilePlan) -> "PprofFetch | _CommandFetch":
    """Who fetches the profile."""
    source = plan.source
    if isinstance(source, PprofSource):
        return PprofFetch(source, plan.lasts_s)
    return _CommandFetch(source, plan.lasts_s)


class _CommandFetch:
    """A profile that a program writes, into a file of its own or to its standard output."""

    def __init__(self, source: CommandSource, lasts_s: float) -> None:
        self._source = source
        self._lasts_s = lasts_s
        self._command: Command | None = None

    def fetch(self) -> bytes:
        """The profile as it was written; HookError with the reason where none was."""
        with tempfile.TemporaryDirectory(prefix="capacity-profile-") as folder:
            file = Path(folder) / "profile"
            words = {"{seconds}": f"{self._lasts_s:g}", "{file}": str(file)}
            command = Command(
                [_filled(word, words) for word in self._source.argv],
                limit_s=self._lasts_s + GRACE_S,
                max_output_bytes=MAX_PROFILE_BYTES,
            )
            self._command = command
            outcome = command.run()
            if outcome.fault:
                raise HookError(_with_words(outcome.fault, command.error_text))
            if any("{file}" in word for word in self._source.argv):
                return _content_of(file)
        if outcome.is_cut:
            raise HookError(f"it wrote more than {MAX_PROFILE_BYTES // 1024**2} MiB")
        return outcome.output

    def end(self) -> None:
        """Let `fetch` return soon."""
        if self._command is not None:
            self._command.end()


def _content_of(file: Path) -> bytes:
    try:
        return read_regular(file, MAX_PROFILE_BYTES)
    except FileNotFoundError as error:
        raise HookError("it ended well and wrote no file") from error
    except OSError as error:
        raise HookError(f"its file cannot be read: {error.strerror or error}") from error


def _filled(word: str, values: dict[str, str]) -> str:
    for place, value in values.items():
        word = word.replace(place, value)
    return word


def _with_words(fault: str, text: str) -> str:
    """The fault with the last line that the command wrote about it."""
    lines = [line.strip() for line in redact(text).text.splitlines() if line.strip()]
    return _short(f"{fault}: {lines[-1]}" if lines else fault)


def _short(text: str) -> str:
    return text if len(text) <= _WORDS_CHARACTERS else f"{text[:_WORDS_CHARACTERS]}..."
