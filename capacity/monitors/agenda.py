"""What is a monitor to ask next, and when?

Pure: it is told what begins and ends and how late it is, and says what is due. An answer that the
climb waits for comes first, what is only shown inside a hold comes last.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hold:
    """The measured part of a step, on this machine's clock; `end_unix_s` None while it lasts."""

    step_index: int
    start_unix_s: float
    end_unix_s: float | None

    @property
    def until_unix_s(self) -> float:
        """Its end, or for want of one its start."""
        return self.start_unix_s if self.end_unix_s is None else self.end_unix_s


@dataclass(frozen=True, slots=True)
class LookAround:
    """See how things are before anything is measured."""

    hold: Hold


@dataclass(frozen=True, slots=True)
class ReadDuring:
    """Read the rules' windows inside the hold."""

    hold: Hold


@dataclass(frozen=True, slots=True)
class ReadAtEnd:
    """Read the whole hold."""

    hold: Hold


@dataclass(frozen=True, slots=True)
class ReadLate:
    """Read the whole hold again; `until_unix_s` is when it was due or the next hold began."""

    hold: Hold
    until_unix_s: float


@dataclass(frozen=True, slots=True)
class CompareClocks:
    """Measure the offset of the clocks again."""


Job = LookAround | ReadDuring | ReadAtEnd | ReadLate | CompareClocks


class Agenda:
    """Keeps what is due. Times named `now_s` are monotonic, the others label the samples."""

    def __init__(self, *, period_s: float, late_after_s: float, clocks_every_s: float) -> None:
        self._period_s = period_s
        self._late_after_s = late_after_s
        self._clocks_every_s = clocks_every_s
        self._hold: Hold | None = None
        self._has_looked = False
        self._during_at_s = 0.0
        self._ended: list[Hold] = []
        self._late: list[tuple[float, ReadLate]] = []
        self._clocks_at_s: float | None = None

    def begin(self, hold: Hold, now_s: float) -> None:
        """A hold has begun: it is read a period from now for the first time."""
        self._hold = hold
        self._during_at_s = now_s + self._period_s
        self._late = [(at_s, _cut_short(late, hold)) for at_s, late in self._late]

    def end(self, hold: Hold, now_s: float) -> None:
        """It has ended: it is read at once, and again when its last samples have arrived."""
        self._hold = None
        self._ended.append(hold)
        late = ReadLate(hold, hold.until_unix_s + self._late_after_s)
        self._late.append((now_s + self._late_after_s, late))

    @property
    def has_ended_hold(self) -> bool:
        """Whether the climb waits for a reading."""
        return bool(self._ended)

    def put_back(self, late: ReadLate, now_s: float) -> None:
        """It made way for something more urgent."""
        self._late.insert(0, (now_s, late))

    def next(self, now_s: float) -> Job | None:
        """What is due now, the most urgent first; it is taken off the agenda."""
        if self._ended:
            return ReadAtEnd(self._ended.pop(0))
        if self._late and self._late[0][0] <= now_s:
            return self._late.pop(0)[1]
        if self._hold is not None and not self._has_looked:
            self._has_looked = True
            return LookAround(self._hold)
        if self._clocks_at_s is None or self._clocks_at_s <= now_s:
            is_first = self._clocks_at_s is None
            self._clocks_at_s = now_s + self._clocks_every_s
            if not is_first:
                return CompareClocks()
        if self._hold is not None and self._during_at_s <= now_s:
            # A slow answer must not be followed by a burst of readings to catch up.
            self._during_at_s = now_s + self._period_s
            return ReadDuring(self._hold)
        return None

    def wait_s(self, now_s: float) -> float | None:
        """How long until the next thing is due; None until something begins or ends."""
        due_s = [at_s for at_s, _ in self._late]
        due_s += [self._during_at_s] if self._hold is not None else []
        due_s += [self._clocks_at_s] if self._clocks_at_s is not None else []
        return max(0.0, min(due_s) - now_s) if due_s else None


def _cut_short(late: ReadLate, following: Hold) -> ReadLate:
    """What happens once the next hold has begun belongs to that one."""
    return ReadLate(late.hold, min(late.until_unix_s, following.start_unix_s))
