"""Tests of looking at a process from outside."""

import os
import subprocess
import time

from bench.process import cpu_s, family, rss_bytes


def test_cpu_is_what_the_process_itself_sees() -> None:
    """The clock of another process is the one it reads itself."""
    before_s = time.process_time()
    seen_s = cpu_s(os.getpid())
    assert before_s <= seen_s <= time.process_time()


def test_children_of_children_belong_to_the_family() -> None:
    """A client that starts workers is charged for them; one that has ended costs no more."""
    with subprocess.Popen(
        ["sh", "-c", "cat; true"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as shell:
        assert shell.stdin is not None
        assert shell.stdout is not None
        shell.stdin.write(b"up\n")
        shell.stdin.flush()
        shell.stdout.readline()  # cat runs
        members = family(shell.pid)
        assert members[0] == shell.pid
        assert len(members) == 2
        assert all(rss_bytes(member) > 0 for member in members)
        shell.stdin.close()
    assert (cpu_s(shell.pid), rss_bytes(shell.pid)) == (0.0, 0)
