"""How is a run kept on disk, so that nothing finished can be lost, and read back?

Every finished step is durable before `append` returns. run.json is replaced as a whole, so that
at any instant it is a valid, possibly partial result; timeline.ndjson and monitors.ndjson only
grow, and a killed run may leave a torn last line there.
"""

import json
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self, assert_never

from capacity.errors import MachineError, StorageError, UsageError
from capacity.files import read_regular
from capacity.model.findings import Findings
from capacity.model.plan import StepPlan
from capacity.model.run import (
    EndReason,
    Event,
    LogTaken,
    ProfileTaken,
    ReadingsAwaited,
    ResourcesRead,
    RuleFired,
    Run,
    RunEnd,
    RunFinished,
    RunStarted,
    SnapshotTaken,
    Step,
    StepFinished,
    StepReassessed,
    StepStarted,
)
from capacity.model.snapshot import Counts
from capacity.storage.decoding import SAFE_NAME, decode_run
from capacity.storage.durable import (
    AppendFile,
    probe_folder,
    replace_durably,
    sync_folder,
    write_rescue_copy,
)
from capacity.storage.encoding import json_text, run_json, timeline_line
from capacity.storage.monitors_file import MONITORS_FILE, MonitorsFile

RUN_FILE = "run.json"
TIMELINE_FILE = "timeline.ndjson"
_MAX_RUN_FILE_BYTES = 64 * 1024 * 1024
_LATEST = "latest"
# Who may read the log of a service is not ours to widen, and a secret may have slipped through.
_MODE_OF_OUTSIDE = 0o600
# Two runs may start in the same second; beyond this many equal names something else is wrong.
_NAME_ATTEMPTS = 16
_NOT_FINISHED = RunEnd(EndReason.NOT_FINISHED, "the run was ended from outside", None)
_WRITE_HINT = "free some space or choose another folder with --out"


def check_writable(out_dir: Path) -> None:
    """Prove before the first request that results can be written; nothing is left behind."""
    made: list[Path] = []
    try:
        made = [folder for folder in (out_dir, *out_dir.parents) if not folder.exists()]
        out_dir.mkdir(parents=True, exist_ok=True)
        probe_folder(out_dir)
    except OSError as error:
        for folder in made:
            with suppress(OSError):
                folder.rmdir()
        raise MachineError(
            f"{out_dir}: results cannot be written here: {_reason(error)}",
            hint="make the folder writable or choose another one with --out",
        ) from error


class RunFolder:
    """The folder of one run: events go in, files come out. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._run: Run | None = None
        self._step: StepPlan | None = None
        self._timeline = AppendFile(path / TIMELINE_FILE)
        self._monitors = MonitorsFile(path / MONITORS_FILE)

    @classmethod
    def create(cls, out_dir: Path, name: str, started_at_unix_s: float) -> Self:
        """Make `<out>/<name>/<yyyymmdd-hhmmss>-<4 hex>/` (time in UTC), never an existing one."""
        if SAFE_NAME.fullmatch(name) is None:
            raise UsageError(
                f"{name!a} cannot be the name of a run",
                hint="use up to 64 letters, digits, dots, dashes and underscores",
            )
        moment = datetime.fromtimestamp(started_at_unix_s, UTC).strftime("%Y%m%d-%H%M%S")
        parent = out_dir / name
        try:
            parent.mkdir(parents=True, exist_ok=True)
            path = _make_new_folder(parent, moment)
            folder = cls(path)
            sync_folder(parent)
        except OSError as error:
            raise StorageError(
                f"{parent}: the run folder cannot be made: {_reason(error)}", hint=_WRITE_HINT
            ) from error
        _point_latest_at(path)
        return folder

    @property
    def path(self) -> Path:
        """The folder; it belongs to this run alone."""
        return self._path

    @property
    def run_id(self) -> str:
        """The folder's name, which no other run of this name has."""
        return self._path.name

    @property
    def run(self) -> Run:
        """What has happened so far; before RunStarted there is nothing to say."""
        if self._run is None:
            raise StorageError(
                f"{self._path}: the run has not started", hint="append RunStarted first"
            )
        return self._run

    def append(self, event: Event) -> None:
        """Keep one event; a finished step and the end are durable when this returns."""
        match event:
            case RunStarted(plan, environment, started_at_unix_s):
                self._run = Run(
                    run_id=self.run_id,
                    started_at_unix_s=started_at_unix_s,
                    plan=plan,
                    environment=environment,
                    steps=(),
                    totals=Counts(),
                    end=_NOT_FINISHED,
                )
                self._save(None)
            case StepStarted(plan):
                self._step = plan
            case SnapshotTaken():
                self._append_to_timeline(event)
            case StepFinished(step):
                self._run = replace(self.run, steps=(*self.run.steps, step))
                self._save(None)
            case RunFinished(end, totals):
                self._run = replace(self.run, end=end, totals=totals)
                self._save(None)
            case StepReassessed(step):
                self._run = replace(self.run, steps=_with(self.run.steps, step))
                self._save(None)
            case ResourcesRead(news):
                self._guard(MONITORS_FILE, lambda: self._monitors.append(news), None)
            case ProfileTaken(profile, content):
                self._keep(profile.file, content)
                self._run = replace(self.run, profile=profile)
                self._save(None)
            case LogTaken(log, content):
                self._keep(log.file, content)
                self._run = replace(self.run, logs=(*self.run.logs, log))
                self._save(None)
            case RuleFired() | ReadingsAwaited():
                pass  # the rule is among the judgements of its step
            case _:
                assert_never(event)

    def finish(self, findings: Findings) -> Run:
        """Store what the run says and how it ends, and hand out the whole run."""
        self._save(findings)
        return self.run

    def close(self) -> None:
        """Close the files; a fault that shows only now is an error too."""
        try:
            self._guard(TIMELINE_FILE, self._timeline.close, None)
        finally:
            self._guard(MONITORS_FILE, self._monitors.close, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        if raised[0] is None:
            self.close()
            return
        # The first error is the one to report.
        with suppress(StorageError):
            self.close()

    def _keep(self, name: str | None, content: bytes) -> None:
        """Write a file that came from outside as it is; it has one folder above it at most."""
        if name is None:
            return
        path = self._path / name

        def write() -> None:
            path.parent.mkdir(exist_ok=True)
            replace_durably(path, content, _MODE_OF_OUTSIDE)

        self._guard(name, write, None)

    def _append_to_timeline(self, event: SnapshotTaken) -> None:
        self._run = replace(self.run, totals=self.run.totals + event.snapshot.counts)
        line = timeline_line(event, self._step).encode("ascii")
        self._guard(TIMELINE_FILE, lambda: self._timeline.append(line), None)

    def _save(self, findings: Findings | None) -> None:
        """Write run.json anew; what only grows first, so that no step is ahead of its seconds."""
        self._guard(TIMELINE_FILE, self._timeline.sync, findings)
        self._guard(MONITORS_FILE, self._monitors.sync, findings)
        content = self._content(findings)
        self._guard(RUN_FILE, lambda: replace_durably(self._path / RUN_FILE, content), findings)

    def _content(self, findings: Findings | None) -> bytes:
        return json_text(run_json(self.run, findings)).encode("ascii")

    def _guard(self, name: str, write: Callable[[], None], findings: Findings | None) -> None:
        """Do one write; when it fails, save what is known elsewhere and say where."""
        try:
            write()
        except OSError as error:
            raise StorageError(
                f"{self._path / name}: cannot be written: {_reason(error)}\n"
                f"{self._rescue(findings)}",
                hint=_WRITE_HINT,
            ) from error

    def _rescue(self, findings: Findings | None) -> str:
        if self._run is None:
            return "nothing had been measured yet"
        try:
            path = write_rescue_copy(f"capacity-{self.run_id}", self._content(findings))
        except OSError as error:
            return f"no rescue copy could be written either: {_reason(error)}"
        return f"all finished steps are in the rescue copy {path}"


def read_run(path: Path) -> Run:
    """Read a run back from its folder or its run.json; a killed run has its finished steps."""
    file = path / RUN_FILE if path.is_dir() else path
    try:
        content = read_regular(file, _MAX_RUN_FILE_BYTES)
    except OSError as error:
        raise StorageError(
            f"{file}: cannot be read: {_reason(error)}",
            hint="name the folder of a run, or its run.json",
        ) from error
    try:
        value = json.loads(content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        detail = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise StorageError(
            f"{file}: is not valid JSON: {detail}",
            hint="the file is damaged or was not written by capacity",
        ) from error
    return decode_run(value, file=str(file))


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")


def _make_new_folder(parent: Path, moment: str) -> Path:
    for _ in range(_NAME_ATTEMPTS):
        path = parent / f"{moment}-{secrets.token_hex(2)}"
        with suppress(FileExistsError):
            path.mkdir()
            return path
    raise FileExistsError(f"{_NAME_ATTEMPTS} names beginning with {moment} are taken")


def _point_latest_at(path: Path) -> None:
    """Turn the link `latest` to the new run; a convenience, so a failure is no fault."""
    link = path.with_name(_LATEST)
    temporary = path.with_name(f".{_LATEST}-{path.name}")
    with suppress(OSError):
        temporary.symlink_to(path.name)
        temporary.replace(link)
    with suppress(OSError):
        temporary.unlink(missing_ok=True)


def _reason(error: OSError) -> str:
    if isinstance(error, FileExistsError) and error.errno is not None:
        return "it exists and is not a folder"
    return error.strerror or str(error)


def _with(steps: tuple[Step, ...], newer: Step) -> tuple[Step, ...]:
    """The steps with one of them, known by its index, replaced."""
    return tuple(newer if step.plan.index == newer.plan.index else step for step in steps)
