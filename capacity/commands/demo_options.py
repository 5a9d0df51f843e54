"""What can the demo service be asked to do, and how is that written as arguments?

Imports no server, so that a process that only starts the service stays light.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """A queue in front of `servers` servers of `service_time_s` each.

    `fail_above` and `slow_above` are numbers of requests in flight, the new one included: more
    than that are answered 503 at once, or `slow_time_s` later. Port 0 takes any free port.
    """

    host: str = "127.0.0.1"
    port: int = 18080
    servers: int = 8
    service_time_s: float = 0.010
    fail_above: int | None = None
    slow_above: int | None = None
    slow_time_s: float = 0.5
    until_stdin_closes: bool = False

    @property
    def capacity_qps(self) -> float:
        """What the service can carry, by construction."""
        return self.servers / self.service_time_s

    def arguments(self) -> list[str]:
        """The same options as arguments of `capacity demo`."""
        arguments = [
            f"--host={self.host}",
            f"--port={self.port}",
            f"--servers={self.servers}",
            f"--service-time={self.service_time_s:.9f}s",
            f"--slow-time={self.slow_time_s:.9f}s",
        ]
        if self.fail_above is not None:
            arguments.append(f"--fail-above={self.fail_above}")
        if self.slow_above is not None:
            arguments.append(f"--slow-above={self.slow_above}")
        if self.until_stdin_closes:
            arguments.append("--until-stdin-closes")
        return arguments
