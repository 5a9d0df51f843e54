"""Who runs the commands for logs when the climb has ended, and what of their output is kept?"""

import queue
import threading
from collections.abc import Sequence
from contextlib import suppress

from capacity.hooks.command import Command
from capacity.model.hooks import HookState, LogPlan, LogTail
from capacity.model.run import LogTaken
from capacity.redaction import redact

LIMIT_S = 10.0
MAX_LOG_BYTES = 1024**2
# What ending a command and redacting a whole MiB may take beyond its own time.
_GRACE_S = 5.0
_WORDS_CHARACTERS = 200


class ThreadedLogs:
    """Fulfils search.ports.LogTaker; `secrets` are taken out of whatever comes."""

    answer_limit_s = LIMIT_S + _GRACE_S

    def __init__(self, plans: Sequence[LogPlan], secrets: Sequence[bytes]) -> None:
        self._secrets = tuple(secrets)
        self._commands = tuple(
            (plan, Command(plan.argv, limit_s=LIMIT_S, max_output_bytes=MAX_LOG_BYTES))
            for plan in plans
        )
        self._taken: queue.SimpleQueue[LogTaken] = queue.SimpleQueue()
        self._owed = 0

    @property
    def owes_more(self) -> bool:
        """Whether one that was begun has not been told of."""
        return self._owed > 0

    def begin(self) -> None:
        """Run all of them at once, each in a thread of its own."""
        self._owed = len(self._commands)
        for plan, command in self._commands:
            name = f"log {plan.name}"
            threading.Thread(
                target=self._work, args=(plan, command), name=name, daemon=True
            ).start()

    def poll(self) -> tuple[LogTaken, ...]:
        """What has ended since the last call."""
        taken = []
        with suppress(queue.Empty):
            while True:
                taken.append(self._taken.get_nowait())
        self._owed -= len(taken)
        return tuple(taken)

    def close(self) -> None:
        """End what is under way."""
        for _, command in self._commands:
            command.end()

    def _work(self, plan: LogPlan, command: Command) -> None:
        outcome = command.run()
        cleaned = redact(_whole_lines(outcome.output, is_cut=outcome.is_cut), self._secrets)
        content = cleaned.text.encode()
        reason = outcome.fault
        if reason:
            said = redact(command.error_text, self._secrets).text.split("\n")
            words = [line.strip() for line in said if line.strip()]
            reason = ": ".join((reason, *words[-1:]))[:_WORDS_CHARACTERS]
        log = LogTail(
            name=plan.name,
            state=HookState.FAILED if reason else HookState.TAKEN,
            reason=reason,
            file=f"logs/{plan.name}.txt" if content or not reason else None,
            size_bytes=len(content),
            is_cut=outcome.is_cut,
            redacted_count=cleaned.count,
        )
        self._taken.put(LogTaken(log, content))


def _whole_lines(content: bytes, *, is_cut: bool) -> str:
    """The text; of one that was cut from the first whole line on.

    The rest of a line may hold a secret whose name was cut off with its beginning.
    """
    if is_cut:
        _, _, content = content.partition(b"\n")
    return content.decode("utf-8", "replace")
