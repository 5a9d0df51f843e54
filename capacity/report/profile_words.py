"""What did the profile and the logs at the limit say, in the verdict and in the file beside it?

Names of functions and files come from the service: in Markdown they are escaped, on the terminal
the verdict takes out what it would obey.
"""

from collections.abc import Sequence

from capacity.analysis.step_roles import step_at
from capacity.model.hooks import CodeProfile, HookState, HotFunction, LogTail
from capacity.model.run import Run
from capacity.report.load_words import loads_words
from capacity.report.markdown import escaped, table
from capacity.report.texts import Language, say
from capacity.units import format_bytes, format_duration

_NAME_CHARACTERS = 60


def hook_rows(run: Run, language: Language) -> list[tuple[str, str]]:
    """Label and sentence for the verdict; none where nothing was asked for."""
    rows = []
    if run.profile is not None:
        rows.append(("profile", _profile_sentence(run, run.profile, language)))
    if run.logs:
        told = say(language, "clauses").join(_log_clause(log, language) for log in run.logs)
        rows.append(("logs", told))
    return rows


def profile_lines(run: Run, language: Language) -> list[list[str]]:
    """The parts of the file: the ten hottest functions by either share, and where the logs are."""
    parts = []
    if run.profile is not None:
        parts += [_heading("page_profile", language), *_profile(run, run.profile, language)]
    if run.logs:
        told = [f"- {_log_line(log, language)}" for log in run.logs]
        parts += [_heading("page_logs", language), told]
    return parts


def _heading(key: str, language: Language) -> list[str]:
    return [f"## {say(language, key)}"]


def _profile_sentence(run: Run, profile: CodeProfile, language: Language) -> str:
    if profile.state is HookState.FAILED or not profile.flat:
        return say(language, "profile_failed", reason=profile.reason)
    hottest = profile.flat[0]
    return say(
        language,
        "profile_taken",
        name=_short(hottest.name),
        flat=_percent(hottest.flat_ratio),
        samples=f"{profile.sample_count:,}",
        cores=_cores(profile, language),
        load=_load(run, profile, language),
        file=profile.file,
    )


def _profile(run: Run, profile: CodeProfile, language: Language) -> list[list[str]]:
    if profile.state is HookState.FAILED:
        return [[say(language, "page_profile_failed", reason=escaped(profile.reason))]]
    key, length = "page_profile_taken_unknown", {}
    if profile.covered_s is not None:
        cores = _cores(profile, language)
        length = {"seconds": format_duration(profile.covered_s), "cores": cores}
        key = "page_profile_taken"
    told = say(
        language,
        key,
        load=_load(run, profile, language),
        samples=f"{profile.sample_count:,}",
        file=escaped(profile.file or ""),
        **length,
    )
    return [
        [told],
        [f"### {say(language, 'page_profile_flat')}"],
        _functions(profile.flat, language),
        [f"### {say(language, 'page_profile_cumulative')}"],
        _functions(profile.cumulative, language),
    ]


def _functions(functions: Sequence[HotFunction], language: Language) -> list[str]:
    head = [say(language, key) for key in ("page_function", "page_flat", "page_cumulative")]
    rows = [
        [escaped(one.name), _percent(one.flat_ratio), _percent(one.cumulative_ratio)]
        for one in functions
    ]
    return table(head, rows, words=1)


def _log_clause(log: LogTail, language: Language) -> str:
    if log.state is HookState.TAKEN:
        return say(language, "logs_taken", files=log.file)
    return say(language, "logs_failed", name=log.name, reason=log.reason)


def _log_line(log: LogTail, language: Language) -> str:
    if log.state is HookState.FAILED:
        reason = escaped(log.reason)
        return say(language, "page_log_failed", name=escaped(log.name), reason=reason)
    notes = say(language, "page_log_cut") if log.is_cut else ""
    if log.redacted_count:
        notes += say(language, "page_log_redacted", count=log.redacted_count)
    return say(
        language,
        "page_log_taken",
        name=escaped(log.name),
        file=escaped(log.file or ""),
        size=format_bytes(log.size_bytes),
        notes=notes,
    )


def _cores(profile: CodeProfile, language: Language) -> str:
    if profile.cores is None:
        return ""
    return say(language, "profile_cores", cores=f"{profile.cores:.2f}")


def _load(run: Run, profile: CodeProfile, language: Language) -> str:
    step = step_at(run.steps, profile.step_index)
    return loads_words(() if step is None else (step,), language)


def _percent(ratio: float) -> str:
    return f"{ratio:.1%}"


def _short(name: str) -> str:
    return name if len(name) <= _NAME_CHARACTERS else f"{name[: _NAME_CHARACTERS - 3]}..."
