"""How does a test get a real server that counts for itself?"""

import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
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
    with nginx_running(folder, connections, server=http) as url:
        yield url


@contextmanager
def nginx_proxy(
    folder: Path, weights: Mapping[str, int], *, retry_after_s: int = 10
) -> Iterator[str]:
    """The address of an nginx that deals requests to these URLs by their weights.

    One that cannot be reached is passed over for `retry_after_s`, without an error for the client.
    """
    left_out = f"max_fails=1 fail_timeout={retry_after_s}s"
    servers = "".join(
        f"server {urlsplit(url).netloc} weight={weight} {left_out}; "
        for url, weight in weights.items()
    )
    upstream = f"upstream behind {{ {servers} keepalive 64; }}"
    location = """
        location / { proxy_pass http://behind; proxy_http_version 1.1;
                     proxy_set_header Connection ""; }
    """
    with nginx_running(folder, 512, server=location, before=upstream) as url:
        yield url


@dataclass(frozen=True, slots=True)
class Edge:
    """An nginx in front of a service, over TLS: `open_url` lets all through, `paced_url` a rate."""

    open_url: str
    paced_url: str


@contextmanager
def nginx_edge(
    folder: Path, service_url: str, *, certificate: Path, paced_qps: int
) -> Iterator[Edge]:
    """An edge with two doors to one service; each request takes a new connection and handshake.

    Behind the second one requests queue for their turn, `paced_qps` of them a second.
    """
    port = free_port()
    tls = f"ssl_certificate {certificate}; ssl_certificate_key {certificate};"
    before = f"""
        {tls} keepalive_timeout 0; ssl_session_tickets off;
        upstream behind {{ server {urlsplit(service_url).netloc}; keepalive 64; }}
        limit_req_zone $server_port zone=all:1m rate={paced_qps}r/s;
        proxy_http_version 1.1; proxy_set_header Connection "";
        server {{ listen 127.0.0.1:{port} ssl;
                  location / {{ limit_req zone=all burst=1000; proxy_pass http://behind; }} }}
    """
    location = "location / { proxy_pass http://behind; }"
    with nginx_running(folder, 512, server=location, before=before, listen="ssl") as url:
        yield Edge(url.replace("http:", "https:"), f"https://127.0.0.1:{port}/")


@contextmanager
def nginx_running(
    folder: Path, connections: int, *, server: str, before: str = "", listen: str = ""
) -> Iterator[str]:
    """The address of an nginx with these lines in its server and before it; `pid` has its pid."""
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
          server {{ listen 127.0.0.1:{port} {listen}; {server} }}
        }}
        """
    )
    process = subprocess.Popen(
        ["/usr/sbin/nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    )
    try:
        url = f"http://127.0.0.1:{port}/"
        _wait_for(port)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait_for(port: int) -> None:
    deadline_s = time.monotonic() + 10
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except ConnectionError:
            if time.monotonic() > deadline_s:
                raise
            time.sleep(0.05)


def nginx_requests(url: str) -> int:
    """The number of requests nginx has handled, this one included."""
    with urllib.request.urlopen(f"{url}status", timeout=5) as answer:  # noqa: S310  # loopback
        return int(answer.read().decode().splitlines()[2].split()[2])
