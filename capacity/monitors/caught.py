"""What becomes of an exception in a monitor's thread that no one foresaw?"""

from contextlib import AbstractContextManager
from types import TracebackType


class Caught(AbstractContextManager["Caught"]):
    """Keeps an exception that no one foresaw, so that it is told and the thread lives on."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """Take an Exception; anything worse goes on."""
        if not isinstance(error, Exception):
            return False
        self.error = error
        return True

    @property
    def words(self) -> str:
        """What was raised, in one sentence."""
        return f"the monitor failed with {type(self.error).__name__}: {self.error}"
