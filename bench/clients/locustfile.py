"""How does Locust make this load? Its fast user, without think time."""

import os
from pathlib import Path

from locust import FastHttpUser, constant, task

_BODY_FILE = os.environ.get("BENCH_BODY")
_BODY = Path(_BODY_FILE).read_bytes() if _BODY_FILE else None


class Visitor(FastHttpUser):
    """Sends the next request when the answer is there."""

    wait_time = constant(0)
    insecure = True

    @task
    def visit(self) -> None:
        """One request."""
        if _BODY is None:
            self.client.get("/")
        else:
            self.client.post("/", data=_BODY)
