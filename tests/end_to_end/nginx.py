"""How does a test get a real server that counts for itself?"""

import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.end_to_end.tool import free_port


@contextmanager
def nginx_server(folder: Path, *, connections: int) -> Iterator[str]:
    """The address of an nginx with one worker, a 15-byte answer and its own request counter."""
    http = """
        location / { return 200 "hello, capacity"; }
        location /status { stub_status; }
    """
    with _nginx(folder, connections, server=http) as url:
        yield url


@contextmanager
def nginx_proxy(folder: Path, weights: Mapping[str, int]) -> Iterator[str]:
    """The address of an nginx that deals requests to these URLs by their weights."""
    servers = "".join(
        f"server {urlsplit(url).netloc} weight={weight}; " for url, weight in weights.items()
    )
    upstream = f"upstream behind {{ {servers} keepalive 64; }}"
    location = """
        location / { proxy_pass http://behind; proxy_http_version 1.1;
                     proxy_set_header Connection ""; }
    """
    with _nginx(folder, 512, server=location, before=upstream) as url:
        yield url


@contextmanager
def _nginx(folder: Path, connections: int, *, server: str, before: str = "") -> Iterator[str]:
    port = free_port()
    # It closes idle connections as soon as less than a sixteenth of these is left.
    table = connections + connections // 8 + 64
    (folder / "nginx.conf").write_text(
        f"""
        worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error.log;
        worker_rlimit_nofile {connections + 64};
        events {{ worker_connections {table}; multi_accept on; }}
        http {{
          access_log off; keepalive_requests 1000000;
          client_body_temp_path {folder}; proxy_temp_path {folder};
          fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
          {before}
          server {{ listen 127.0.0.1:{port}; {server} }}
        }}
        """
    )
    process = subprocess.Popen(
        ["/usr/sbin/nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    )
    try:
        url = f"http://127.0.0.1:{port}/"
        _wait_for(url)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait_for(url: str) -> None:
    deadline_s = time.monotonic() + 10
    while True:
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310  # loopback
                return
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > deadline_s:
                raise
            time.sleep(0.05)


def nginx_requests(url: str) -> int:
    """The number of requests nginx has handled, this one included."""
    with urllib.request.urlopen(f"{url}status", timeout=5) as answer:  # noqa: S310  # loopback
        return int(answer.read().decode().splitlines()[2].split()[2])
