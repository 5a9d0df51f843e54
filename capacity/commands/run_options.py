"""Which flags do `run` and `plan` take?

One table, declared once for both. Every value option can also be set as CAPACITY_<NAME> in the
environment; flags win over it, and it wins over the profile.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from capacity.commands.output_folder import OutputFolder
from capacity.errors import UsageError
from capacity.model.plan import Secret
from capacity.profile.overrides import Overrides

Decorated = Callable[..., Any]


def _value(*names: str, env: str, **settings: Any) -> Callable[[Decorated], Decorated]:
    """An option with a value, also readable from CAPACITY_<env>."""
    return click.option(*names, envvar=f"CAPACITY_{env}", **settings)


_CLIMB = (
    _value(
        "--hold-max",
        env="HOLD_MAX",
        metavar="DUR",
        help="How long a hold that needs it may go on; default 3 x hold.",
    ),
    _value(
        "-n",
        "--min-requests",
        env="MIN_REQUESTS",
        metavar="N",
        help="A hold with fewer good answers goes on; default 200.",
    ),
    _value(
        "--refine",
        env="REFINE",
        type=click.IntRange(0, 50),
        metavar="N",
        help="Steps at most to close gaps; default 4.",
    ),
    _value(
        "--precision",
        env="PRECISION",
        metavar="RATIO",
        help="Refine no further when the range of the knee is as narrow as this, like 10%.",
    ),
    _value(
        "--budget",
        env="BUDGET",
        metavar="DUR",
        help="Time for the whole climb, like 10m: never more, and refined while some is left.",
    ),
    click.option(
        "--recheck/--no-recheck",
        default=None,
        help="Measure a load that broke a limit once more before that ends the climb; default yes.",
    ),
    click.option(
        "--verify/--no-verify",
        default=None,
        help="Measure the answer once more in a longer hold; default yes.",
    ),
    click.option(
        "--confirm/--no-confirm",
        default=None,
        help="Then planned starts at 90% of its rate; default yes.",
    ),
    click.option(
        "--recovery/--no-recovery",
        default=None,
        help="Then light load: is all well again? Default yes.",
    ),
)
_OPTIONS = (
    click.argument("what", metavar="PROFILE|URL"),
    _value(
        "-c", "--concurrency", env="CONCURRENCY", metavar="SPEC", help="1,2,4 | 1..64x2 | 10..50+10"
    ),
    _value(
        "--rate",
        env="RATE",
        metavar="SPEC",
        help="Planned starts a second in place of -c: 100,200 | 100..800x2; latency counts from "
        "the planned start.",
    ),
    _value(
        "--arrivals",
        env="ARRIVALS",
        type=click.Choice(["poisson", "constant"]),
        help="How planned starts are spread: like independent users (default), or evenly.",
    ),
    _value(
        "--max-in-flight",
        env="MAX_IN_FLIGHT",
        metavar="N",
        help="With --rate: a start that finds N requests in flight is dropped and counted; "
        "default: the ceiling of concurrency.",
    ),
    click.option(
        "--source-address",
        "source_addresses",
        multiple=True,
        metavar="IP",
        help="Connect from this address of the machine (repeatable, used in turn).",
    ),
    _value("-d", "--hold", env="HOLD", metavar="DUR", help="Measured part of a step, like 30s."),
    _value("--settle", env="SETTLE", metavar="DUR", help="Thrown away at the start of each step."),
    *_CLIMB,
    _value("-m", "-X", "--method", env="METHOD", metavar="NAME", help="Request method."),
    click.option(
        "-H",
        "--header",
        "headers",
        multiple=True,
        metavar="'NAME: VALUE'",
        help="Header (repeatable); ${env:NAME} keeps a secret off the command line.",
    ),
    _value("-b", "--body", env="BODY", metavar="TEXT|@FILE|-", help="Request body."),
    click.option("-k", "--insecure", is_flag=True, help="Believe any certificate."),
    _value(
        "--cacert",
        env="CACERT",
        metavar="FILE",
        help="Authorities to believe instead of the system's.",
    ),
    _value("--timeout", env="TIMEOUT", metavar="DUR", help="Total time of one request."),
    click.option(
        "--stop",
        "stops",
        multiple=True,
        metavar="RULE",
        help="Like 'p99 > 250ms over 10s' (repeatable).",
    ),
    click.option("--no-default-stops", is_flag=True, help="Only the rules that are given."),
    _value(
        "--prometheus",
        env="PROMETHEUS",
        metavar="URL",
        help="Where to read what the service feels; it gets queries only, never load.",
    ),
    _value(
        "--namespace", env="NAMESPACE", metavar="NAME", help="Kubernetes namespace of the service."
    ),
    click.option(
        "--workload",
        "workloads",
        multiple=True,
        metavar="KIND/NAME",
        help="Its pods: deploy/NAME, statefulset/NAME, daemonset/NAME, pod/NAME (repeatable).",
    ),
    click.option(
        "--watch-pid", type=int, metavar="PID", help="Watch this process of this machine instead."
    ),
    click.option(
        "--watch-port",
        type=int,
        metavar="PORT",
        help="Watch the process of this machine that listens there.",
    ),
    _value("--name", env="NAME", metavar="NAME", help="Name of the run and of its files."),
    _value(
        "--engine",
        env="ENGINE",
        type=click.Choice(["native", "aiohttp"]),
        help="What makes the load.",
    ),
    _value(
        "-t",
        "--threads",
        env="THREADS",
        type=click.IntRange(1, 64),
        metavar="N",
        help="Load threads (processes for aiohttp).",
    ),
    _value("--max-concurrency", env="MAX_CONCURRENCY", metavar="N", help="Ceiling; default 1024."),
    _value("--max-requests", env="MAX_REQUESTS", metavar="N", help="Ceiling; default 100M."),
    _value("--max-duration", env="MAX_DURATION", metavar="DUR", help="Ceiling; default 60m."),
    _value(
        "--yes-target", env="YES_TARGET", metavar="HOST", help="Consent to load this host, by name."
    ),
    _value(
        "-o",
        "--out",
        env="OUT",
        type=OutputFolder(),
        default=Path("output"),
        show_default=True,
        metavar="DIR",
        help="Where results go.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print run.json on standard output."),
    click.option("-q", "--quiet", is_flag=True, help="Print the verdict line only."),
    _value(
        "--progress",
        env="PROGRESS",
        type=click.Choice(["auto", "live", "plain", "none"]),
        default="auto",
        show_default=True,
        help="How progress is shown on standard error.",
    ),
    click.option("--no-color", is_flag=True, envvar="CAPACITY_NO_COLOR", help="No colour."),
    click.option("--ascii", "ascii_only", is_flag=True, help="Plain characters only."),
    _value(
        "--lang",
        "language",
        env="LANG",
        type=click.Choice(["auto", "en", "zh"]),
        default="auto",
        show_default=True,
        help="Language of verdict and graphs.",
    ),
)


def run_options(function: Decorated) -> Decorated:
    """Give a command the arguments and options of a run."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def overrides_from(options: dict[str, Any]) -> tuple[Path | None, Overrides]:
    """Split WHAT into profile or URL; the flags go on unread, for the profile layer reads them."""
    what = str(options["what"])
    is_url = "://" in what
    body = options["body"]
    if body == "-":
        body = Secret(sys.stdin.buffer.read())
    if not is_url and not Path(what).suffix and not Path(what).exists():
        raise UsageError(
            f"{what!r} is neither a profile nor a URL",
            hint=f"write the URL with its scheme, like http://{what}/, or name a .yaml file",
        )
    return (
        None if is_url else Path(what),
        Overrides(
            url=what if is_url else None,
            concurrency=options["concurrency"],
            rate=options["rate"],
            arrivals=options["arrivals"],
            max_in_flight=options["max_in_flight"],
            source_addresses=options["source_addresses"],
            hold=options["hold"],
            settle=options["settle"],
            hold_max=options["hold_max"],
            min_requests=options["min_requests"],
            refine=options["refine"],
            precision=options["precision"],
            budget=options["budget"],
            recheck=options["recheck"],
            verify=options["verify"],
            confirm=options["confirm"],
            recovery=options["recovery"],
            method=options["method"],
            headers=options["headers"],
            body=body,
            timeout=options["timeout"],
            stops=options["stops"],
            default_stops=not options["no_default_stops"],
            name=options["name"],
            engine=options["engine"],
            threads=options["threads"],
            ca_file=options["cacert"],
            insecure=options["insecure"],
            max_concurrency=options["max_concurrency"],
            max_requests=options["max_requests"],
            max_duration=options["max_duration"],
            prometheus=options["prometheus"],
            namespace=options["namespace"],
            workloads=options["workloads"],
            watch_pid=options["watch_pid"],
            watch_port=options["watch_port"],
        ),
    )
