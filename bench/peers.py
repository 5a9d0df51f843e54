"""Who is compared, how is each one called?

Each keeps the asked connections busy for the asked seconds: one request in flight on each, the
next one when the answer is there, nothing verified, one thread. Whatever a client can leave out
without leaving out the measuring (progress, charts of its own) is left out.
"""

import shlex
from pathlib import Path

from bench import answers
from bench.model import Load, Peer
from bench.places import CLIENTS

FLOOR = "floor"
OURS = "capacity"
WRK = "wrk"

# ab wants a number of requests and keeps 40 bytes for each; no client here is faster than this.
_AB_MAX_QPS = 300_000
_PYTHON_USERS_PER_S = 2000
# Each of its users reads the system's authorities anew, whether or not it will believe them.
_LOCUST_TLS_CONTEXTS_PER_S = 15
# Our opening pause; the rest of the seconds is the measured part of the step.
_SETTLE_S = 0.5


def _capacity(program: Path, load: Load) -> list[str]:
    words = [str(program), "run", load.url, "-t", str(load.threads), "--no-default-stops"]
    words += ["-c", str(load.connections), "--max-concurrency", str(load.connections)]
    words += ["--settle", f"{_SETTLE_S}s", "-d", f"{load.seconds - _SETTLE_S}s"]
    words += ["--progress", "none", "--json", "--name", "bench", "-o", str(load.scratch / "runs")]
    if load.body_file is not None:
        words += ["-m", "POST", "-b", f"@{load.body_file}"]
    return [*words, *(["--insecure"] if load.is_tls else [])]


def _floor(program: Path, load: Load) -> list[str]:
    address = load.url.removeprefix("http://").removesuffix("/")
    request_file = load.scratch / ("floor-get" if load.body_file is None else "floor-post")
    return [str(program), address, str(load.connections), str(load.seconds), str(request_file)]


def _floor_cannot(load: Load) -> str | None:
    return "it has no TLS: the least of that is the library's" if load.is_tls else None


def _wrk(program: Path, load: Load) -> list[str]:
    words = [str(program), "-t", str(load.threads), "-c", str(load.connections)]
    words += ["-d", f"{load.seconds}s", "--timeout", "10s"]
    script = [] if load.body_file is None else ["-s", str(CLIENTS / "wrk_post.lua")]
    return [*words, *script, load.url]


def _hey(program: Path, load: Load) -> list[str]:
    words = [str(program), "-z", f"{load.seconds}s", "-c", str(load.connections)]
    words += ["-cpus", str(load.threads)]
    body = [] if load.body_file is None else ["-m", "POST", "-D", str(load.body_file)]
    return [*words, *body, load.url]


def _h2load(program: Path, load: Load) -> list[str]:
    words = [str(program), "--h1", "-t", str(load.threads), "-c", str(load.connections)]
    words += ["-D", str(load.seconds)]
    body = [] if load.body_file is None else ["-d", str(load.body_file)]
    return [*words, *body, load.url]


def _ab(program: Path, load: Load) -> list[str]:
    words = [str(program), "-q", "-k", "-r", "-c", str(load.connections)]
    words += ["-t", str(load.seconds), "-n", str(load.seconds * _AB_MAX_QPS)]
    body = [] if load.body_file is None else ["-p", str(load.body_file), "-T", "text/plain"]
    return [*words, *body, load.url]


def _oha(program: Path, load: Load) -> list[str]:
    words = [str(program), "--no-tui", "--output-format", "json", "-z", f"{load.seconds}s"]
    words += ["-c", str(load.connections), *(["--insecure"] if load.is_tls else [])]
    body = [] if load.body_file is None else ["-m", "POST", "-D", str(load.body_file)]
    return [*words, *body, load.url]


def _k6(program: Path, _: Load) -> list[str]:
    words = [str(program), "run", "--quiet", "--no-usage-report", "--address", "127.0.0.1:0"]
    return [*words, str(CLIENTS / "k6.js")]


def _fortio(program: Path, load: Load) -> list[str]:
    words = [str(program), "load", "-quiet", "-json", "-", "-qps", "0", "-t", f"{load.seconds}s"]
    words += ["-c", str(load.connections), *(["-k"] if load.is_tls else [])]
    body = [] if load.body_file is None else ["-payload-file", str(load.body_file)]
    return [*words, *body, load.url]


def _vegeta(program: Path, load: Load) -> list[str]:
    method = "GET" if load.body_file is None else "POST"
    attack = [str(program), "attack", "-rate=0", f"-duration={load.seconds}s", "-insecure"]
    attack += [f"-workers={load.connections}", f"-max-workers={load.connections}"]
    attack += [f"-connections={load.connections}", f"-output={load.scratch / 'vegeta'}"]
    attack += [] if load.body_file is None else [f"-body={load.body_file}"]
    return ["sh", "-c", f"echo '{method} {load.url}' | {shlex.join(attack)}"]


def _vegeta_report(program: Path, load: Load) -> list[str]:
    return [str(program), "report", "-type=json", str(load.scratch / "vegeta")]


def _bombardier(program: Path, load: Load) -> list[str]:
    words = [str(program), "-k", "-d", f"{load.seconds}s", "-c", str(load.connections)]
    words += ["-o", "json", "-p", "r"]
    body = [] if load.body_file is None else ["-m", "POST", "-f", str(load.body_file)]
    return [*words, *body, load.url]


def _autocannon(program: Path, load: Load) -> list[str]:
    words = [str(program), "--json", "--no-progress", "-d", str(load.seconds)]
    words += ["-c", str(load.connections)]
    body = [] if load.body_file is None else ["-m", "POST", "-i", str(load.body_file)]
    return [*words, *body, load.url]


def _locust(program: Path, load: Load) -> list[str]:
    words = [str(program), "-f", str(CLIENTS / "locustfile.py"), "--headless", "--only-summary"]
    words += ["--json", "--loglevel", "ERROR", "-H", load.url.removesuffix("/")]
    words += ["-u", str(load.connections), "-r", str(load.connections)]
    contexts_s = load.connections // _LOCUST_TLS_CONTEXTS_PER_S if load.is_tls else 0
    return [*words, "-t", f"{_python_seconds(load) + contexts_s}s"]


def _aiohttp(program: Path, load: Load) -> list[str]:
    words = [str(program), str(CLIENTS / "aiohttp_client.py"), load.url]
    words += [str(load.connections), str(_python_seconds(load))]
    return [*words, *([] if load.body_file is None else [str(load.body_file)])]


def _python_seconds(load: Load) -> int:
    """Their clock runs while they make their users, before the first request is out."""
    return load.seconds + 1 + load.connections // _PYTHON_USERS_PER_S


_ALL = (
    Peer(FLOOR, "floor", _floor, answers.read_floor, cannot=_floor_cannot),
    Peer(OURS, "capacity", _capacity, answers.read_capacity),
    Peer(WRK, "wrk", _wrk, answers.read_wrk),
    Peer("h2load", "h2load", _h2load, answers.read_h2load),
    Peer("ab", "ab", _ab, answers.read_ab),
    Peer("oha", "oha", _oha, answers.read_oha),
    Peer("bombardier", "bombardier", _bombardier, answers.read_bombardier),
    Peer("fortio", "fortio", _fortio, answers.read_fortio),
    Peer("hey", "hey", _hey, answers.read_hey),
    Peer("vegeta", "vegeta", _vegeta, answers.read_vegeta, later=_vegeta_report),
    Peer("k6", "k6", _k6, answers.read_counts),
    Peer("autocannon", "autocannon", _autocannon, answers.read_autocannon),
    Peer("aiohttp", "aiohttp", _aiohttp, answers.read_counts),
    Peer("locust", "locust", _locust, answers.read_locust),
)
PEERS = {peer.name: peer for peer in _ALL}
