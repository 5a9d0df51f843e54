"""capacity demo: a loopback service of known capacity, to try everything in a minute."""

from collections.abc import Callable

import click

from capacity.commands.demo_options import DemoOptions
from capacity.commands.demo_service import serve
from capacity.units import parse_duration_s


class _Duration(click.ParamType[float]):
    """A duration above zero, with its unit."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        try:
            seconds = parse_duration_s(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if seconds <= 0:
            self.fail(f"{value!r} must be longer than zero", param, ctx)
        return seconds


def _number(
    name: str, at_least: int, text: str, default: int | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """An option with a whole number that has a lower bound."""
    kind = click.IntRange(min=at_least)
    return click.option(name, type=kind, default=default, show_default=True, help=text)


@click.command("demo")
@click.option("--host", default="127.0.0.1", show_default=True, help="Loopback address.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=18080,
    show_default=True,
    help="0 takes any free port.",
)
@_number("--servers", 1, "Requests worked on at the same time: the knee.", 8)
@click.option(
    "--service-time", type=_Duration(), default="10ms", show_default=True, help="Work per request."
)
@_number("--fail-above", 0, "Answer 503 at once with more than this many in flight.")
@_number("--slow-above", 0, "Answer late with more than this many in flight.")
@click.option(
    "--slow-time", type=_Duration(), default="500ms", show_default=True, help="How late that is."
)
@click.option("--until-stdin-closes", is_flag=True, help="End with the program that started it.")
def command(  # one parameter for each option
    *,
    host: str,
    port: int,
    servers: int,
    service_time: float,
    fail_above: int | None,
    slow_above: int | None,
    slow_time: float,
    until_stdin_closes: bool,
) -> None:
    """Serve a loopback HTTP service of known capacity until Ctrl-C.

    A queue in front of --servers servers of --service-time each: it carries servers / time
    requests per second, and its knee is at --servers requests in flight. Any path does the work;
    POST /echo returns the body, GET /stats the exact counts.
    """
    serve(
        DemoOptions(
            host=host,
            port=port,
            servers=servers,
            service_time_s=service_time,
            fail_above=fail_above,
            slow_above=slow_above,
            slow_time_s=slow_time,
            until_stdin_closes=until_stdin_closes,
        )
    )
