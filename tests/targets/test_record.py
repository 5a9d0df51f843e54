"""Is a kept run of the zoo small, and all that the pure function looks at?"""

import gzip
import json
from dataclasses import replace
from pathlib import Path

from tests.targets.record import record
from tests.targets.test_score import a_play


def test_a_kept_run_has_no_histograms_no_machine_and_nothing_that_was_found(tmp_path: Path) -> None:
    """What was measured stays, under the name of the case and of the way it was played."""
    run = tmp_path / "run.json"
    step = {"concurrency": 4, "qps": 195.0, "intervals": [1, 2], "latency_blob": "AAAA"}
    found = dict.fromkeys(("bottleneck", "capacity", "knee"), "found")
    environment = {"platform": "Linux-6.1-x86_64", "cpu_count": 2}
    run.write_text(json.dumps({"steps": [step], "environment": environment, **found}))
    play = replace(a_play(), run_json=run)
    watched = record(play, tmp_path / "kept")
    blind = record(replace(play, is_watched=False), tmp_path / "kept")
    assert (watched.name, blind.name) == ("pool.json.gz", "pool.blind.json.gz")
    assert watched.read_bytes() == blind.read_bytes()
    assert json.loads(gzip.decompress(watched.read_bytes())) == {
        "steps": [{"concurrency": 4, "qps": 195.0, "intervals": [1, 2], "latency_blob": ""}],
        "environment": {"platform": "Linux", "cpu_count": 2},
    }
