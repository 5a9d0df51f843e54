"""A run that was kept, as its folder, its steps.csv and its .dat, without any load."""

from dataclasses import replace
from pathlib import Path

from capacity.analysis.findings import analyze
from capacity.model.measured import Interval, Steadiness, SteadyState
from capacity.model.plan import Purpose, SearchPlan
from capacity.model.rules import RuleState
from capacity.model.run import Run, Step
from capacity.report.steps_csv import steps_csv
from capacity.storage.dat import dat_text
from capacity.storage.encoding import json_text, run_json
from tests.unit.builders import ERROR_RULE, P99_RULE, a_judgement, a_latency, a_plan, a_run, a_step

# Seconds of a service whose throughput sways a little, the same in each step.
SWAY = (0.6, 1.004, 0.993, 1.008, 0.998, 0.996, 1.003, 0.99, 1.01, 0.997, 1.001)


def a_kept_run() -> Run:
    """Eight servers of 10 ms, a little soft at the bend; 64 broke a limit, 16 was verified."""
    levels = (1, 2, 4, 6, 8, 11, 16, 32, 64)
    steps = [_step(index, n) for index, n in enumerate(levels)]
    broken = replace(
        steps[-1],
        latency=a_latency(0.08, p99_s=0.25),
        judgements=(
            a_judgement(ERROR_RULE),
            a_judgement(P99_RULE, RuleState.BREACH, observed=0.25, limit=0.2),
        ),
    )
    verified = _step(len(levels), 16)
    verified = replace(verified, plan=replace(verified.plan, purpose=Purpose.VERIFY))
    plan = replace(a_plan(levels), search=SearchPlan(verify=True))
    return a_run([*steps[:-1], broken, verified], plan=plan)


def _step(index: int, concurrency: int) -> Step:
    qps = 100.0 * concurrency / (1 + (concurrency / 8) ** 6) ** (1 / 6)
    step = a_step(concurrency, qps, index=index, hold_s=float(len(SWAY)))
    intervals = tuple(Interval(1.0, round(qps * sway), concurrency / qps) for sway in SWAY)
    ended = sum(interval.ended_ok for interval in intervals)
    return replace(
        step,
        ended_ok=ended,
        counts=replace(step.counts, started=ended, ok=ended),
        intervals=intervals,
        steadiness=Steadiness(SteadyState.STEADY, 1.0, 0.001, -0.002),
        judgements=(a_judgement(ERROR_RULE), a_judgement(P99_RULE, observed=0.02, limit=0.2)),
    )


def kept(run: Run, folder: Path) -> tuple[Path, Path, Path]:
    """The run folder, and in it the table and the four columns."""
    findings = analyze(run)
    (folder / "run.json").write_text(json_text(run_json(run, findings)))
    table, four = folder / "steps.csv", folder / "demo.dat"
    table.write_text(steps_csv(run, findings.diagnosis))
    four.write_text(dat_text(run.steps))
    return folder, table, four
