"""A whole run with a profile and logs at its limit, and one that nobody allowed."""

import subprocess
import sys
from pathlib import Path

from tests.end_to_end.tool import free_port, plain_environment, run_undisturbed

PROFILE = """
version: 1
target: {{ base_url: "http://127.0.0.1:{port}/" }}
scenarios: {{ main: {{ request: {{}} }} }}
demo_service: {{ servers: 2, service_time: 10ms }}
steps: {{ concurrency: [1, 2], settle: 100ms, hold: 500ms }}
profile: {{ command: [printf, 'serve;burn 30\\nserve 10\\n'], seconds: 1 }}
logs:
  - {{ name: app, command: [cat, {log}] }}
  - {{ name: gone, command: [no-such-program] }}
"""


def test_a_run_takes_a_profile_and_logs(tmp_path: Path) -> None:
    """One step more, which is marked and enters nothing; raw files, tables and words are there."""
    log = tmp_path / "app.log"
    log.write_text("password=hunter2\nserved\n")
    profile = tmp_path / "shop.yaml"
    profile.write_text(PROFILE.format(port=free_port(), log=log))
    ended = run_undisturbed(str(profile), out=tmp_path / "out")
    run, folder = ended.run_json, ended.run_folder
    assert ended.code == 0, ended.err
    assert [step["purpose"] for step in run["steps"]] == ["ladder", "ladder", "profile"]
    assert run["steps"][-1]["hold_s"] == 2.0
    assert run["profile"]["state"] == "taken"
    assert run["profile"]["flat"][0] == {
        "name": "burn",
        "flat_ratio": 0.75,
        "cumulative_ratio": 0.75,
    }
    assert (folder / "profile.folded").read_text() == "serve;burn 30\nserve 10\n"
    assert (folder / "logs" / "app.txt").read_text() == "password=[redacted]\nserved\n"
    assert {log["name"]: log["state"] for log in run["logs"]} == {"app": "taken", "gone": "failed"}
    assert "burn is the hottest function, 75.0% of 40 samples" in ended.out
    assert "| burn | 75.0% | 75.0% |" in (folder / "shop_bottleneck.md").read_text()
    assert run["capacity"]["step_index"] in (0, 1)


def test_a_profile_of_another_host_is_refused_before_any_load(tmp_path: Path) -> None:
    """A name that is neither this machine nor allowed; nothing is sent and nothing is written."""
    profile = tmp_path / "shop.yaml"
    profile.write_text(
        'version: 1\ntarget: { base_url: "http://127.0.0.1:9/" }\n'
        "scenarios: { main: { request: {} } }\n"
        'profile: { url: "http://192.0.2.7:6060/" }\n'
    )
    command = [sys.executable, "-m", "capacity", "run", str(profile), "-o", str(tmp_path / "out")]
    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, env=plain_environment()
    )
    assert ended.returncode == 2
    assert "profile.url names 192.0.2.7" in ended.stderr
    assert list((tmp_path / "out").iterdir()) == []


def test_a_dry_run_lists_the_commands_and_runs_none(tmp_path: Path) -> None:
    """What would be run can be read before."""
    mark = tmp_path / "mark"
    profile = tmp_path / "shop.yaml"
    profile.write_text(
        'version: 1\ntarget: { base_url: "http://127.0.0.1:9/" }\n'
        "scenarios: { main: { request: {} } }\n"
        f"logs: [{{ name: app, command: [touch, {mark}] }}]\n"
        f"profile: {{ command: [touch, {mark}], seconds: 2 }}\n"
    )
    command = [sys.executable, "-m", "capacity", "run", str(profile), "--dry-run"]
    ended = subprocess.run(
        command, capture_output=True, text=True, check=True, env=plain_environment()
    )
    assert f"profile       2s by the command touch {mark}" in ended.stdout
    assert f"logs          app, at the end of the climb: touch {mark}" in ended.stdout
    assert not mark.exists()
