"""One step as the tool makes it, in a process of its own: `python -m tests.truth.watched_step`.

Prints what a run would store of the step. No graphs are drawn, so that a hundred rounds end soon.
"""

import asyncio
import json
import sys
from contextlib import aclosing
from dataclasses import replace

from capacity.commands.process import SignalInterrupt, SystemClock
from capacity.engines.native import NativeEngine
from capacity.model.run import Step, StepFinished
from capacity.search.runner import find_capacity
from tests.unit.builders import a_plan, an_environment


async def measure(port: int, concurrency: int, hold_s: float) -> Step:
    """Climb a ladder of one step."""
    plan = a_plan((concurrency,), rules=(), settle_s=0.3, hold_s=hold_s)
    plan = replace(plan, target=replace(plan.target, port=port), threads=1)
    engine = NativeEngine(plan, (("127.0.0.1", port),))
    engine.start()
    climb = find_capacity(plan, an_environment(), engine, SystemClock(), SignalInterrupt())
    async with aclosing(climb) as events:
        steps = [event.step async for event in events if isinstance(event, StepFinished)]
    return steps[0]


def main(port: int, concurrency: int, hold_s: float) -> None:
    """Print the step as one line of JSON."""
    step = asyncio.run(measure(port, concurrency, hold_s))
    p99_s = None if step.latency is None else step.latency.p99_s
    told = {
        "start_s": step.start_s,
        "end_s": step.end_s,
        "trust": step.validity.trust.value,
        "reasons": list(step.validity.reasons),
        "count": step.counts.ok,
        "p99_s": p99_s,
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
