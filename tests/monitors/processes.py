"""Real processes that do what a test tells them: burn CPU, start threads, open files, listen."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_OBEY = """
import os, resource, signal, socket, sys, threading, time

def burn(seconds):
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass

def used():
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system

def child(seconds):
    pid = os.fork()
    if pid == 0:
        burn(seconds)
        os._exit(0)
    return pid

kept = []
print("ready", flush=True)
for line in sys.stdin:
    print(eval(line), flush=True)
"""

# What makes one listen on a port, and answer with its number.
LISTEN = "[kept.append(socket.create_server(('127.0.0.1', {port}))), kept[-1].getsockname()[1]][1]"


class Obedient:
    """A process that evaluates one expression after another and answers with its value."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.pid = process.pid

    def do(self, expression: str) -> str:
        """What the expression came to, once it is done."""
        self.begin(expression)
        return self.answer()

    def begin(self, expression: str) -> None:
        """Let it start without waiting."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{expression}\n")
        self._process.stdin.flush()

    def answer(self) -> str:
        """Wait for what was begun."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def kill(self) -> None:
        """End it at once, and let nothing of it remain."""
        self._process.kill()
        self._process.wait()


@contextmanager
def obedient() -> Iterator[Obedient]:
    """One such process, ready; it ends with the block."""
    with subprocess.Popen(
        [sys.executable, "-S", "-c", _OBEY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        one = Obedient(process)
        try:
            assert one.answer() == "ready"
            yield one
        finally:
            one.kill()
