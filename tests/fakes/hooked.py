"""How is a climb tested with a profiler and logs, without time, programs or a network?"""

from capacity.model.hooks import CodeProfile, HookState, HotFunction, LogTail
from capacity.model.run import LogTaken, ProfileTaken
from tests.fakes.scripted import FakeClock


def a_code_profile(step_index: int | None = 3, **changes: object) -> CodeProfile:
    """A profile of two seconds on half a core."""
    settings: dict[str, object] = {
        "file": "profile.pb.gz",
        "covered_s": 2.0,
        "cores": 0.5,
        "sample_count": 100,
        "flat": (HotFunction("main.burn", 0.62, 0.62), HotFunction("main.parse", 0.2, 0.25)),
        "cumulative": (HotFunction("main.serve", 0.0, 0.97), HotFunction("main.burn", 0.62, 0.62)),
    }
    settings |= changes
    return CodeProfile(HookState.TAKEN, "", step_index, **settings)  # type: ignore[arg-type]  # test shorthand


class ScriptedProfiler:
    """Brings its profile so long after it was begun; `fault` is raised by what it names."""

    answer_limit_s = 15.0

    def __init__(self, clock: FakeClock, after_s: float = 2.0, fault: str = "") -> None:
        self._clock = clock
        self._after_s = after_s
        self._fault = fault
        self._due_s: float | None = None
        self.begun: list[int] = []
        self.is_closed = False

    def begin(self, step_index: int) -> None:
        """Remember the step."""
        self._raise_at("begin")
        self.begun.append(step_index)
        self._due_s = self._clock.now_s() + self._after_s

    def poll(self) -> ProfileTaken | None:
        """The profile, once, when its time has come."""
        self._raise_at("poll")
        if self._due_s is None or self._clock.now_s() < self._due_s:
            return None
        self._due_s = None
        return ProfileTaken(a_code_profile(self.begun[-1]), b"raw")

    def close(self) -> None:
        """Record it."""
        self.is_closed = True
        self._raise_at("close")

    def _raise_at(self, call: str) -> None:
        if call == self._fault:
            raise RuntimeError("secret words")


class ScriptedLogs:
    """Brings each log so long after all were begun."""

    answer_limit_s = 5.0

    def __init__(self, clock: FakeClock, *after_s: float, fault: str = "") -> None:
        self._clock = clock
        self._after_s = after_s
        self._fault = fault
        self._due_s: list[float] = []
        self.begun_s: list[float] = []

    @property
    def owes_more(self) -> bool:
        """Whether one is still to come."""
        return bool(self._due_s)

    def begin(self) -> None:
        """Remember when."""
        if self._fault == "begin":
            raise RuntimeError("secret words")
        self.begun_s.append(self._clock.now_s())
        self._due_s = [self._clock.now_s() + after_s for after_s in self._after_s]

    def poll(self) -> tuple[LogTaken, ...]:
        """Those whose time has come."""
        ready = [due_s for due_s in self._due_s if due_s <= self._clock.now_s()]
        self._due_s = [due_s for due_s in self._due_s if due_s > self._clock.now_s()]
        return tuple(LogTaken(LogTail("app", HookState.TAKEN, ""), b"") for _ in ready)

    def close(self) -> None:
        """Nothing to end."""
