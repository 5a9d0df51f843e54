"""Which server is loaded? One worker of nginx on loopback, that counts what it serves."""

import os
import resource
import socket
import subprocess
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.process import family

ANSWER = "hello, capacity"
LARGE_ANSWER_BYTES = 10 * 1024
SERVERS = ("plain", "tls", "large")

# More than descriptors allow: with few to spare it would close idle connections to have new ones.
_CONNECTIONS_PER_DESCRIPTOR = 2
# One cipher for all, lest a client win by its favourite; it is the one most of them ask for.
_CIPHER = "TLS_AES_128_GCM_SHA256"
_START_S = 10.0
_IDLE_S = 10.0

_CONFIGURATION = """\
worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error.log crit;
user root;
events {{ worker_connections {connections}; multi_accept on; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; sendfile on;
  open_file_cache max=10 inactive=600s; open_file_cache_valid 600s;
  client_body_temp_path {folder}; proxy_temp_path {folder};
  fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
  ssl_certificate {folder}/certificate.pem; ssl_certificate_key {folder}/key.pem;
  ssl_protocols TLSv1.3; ssl_conf_command Ciphersuites {cipher};
  server {{ listen 127.0.0.1:{plain} backlog=4096; location / {{ return 200 "{answer}"; }} }}
  server {{ listen 127.0.0.1:{tls} ssl backlog=4096; location / {{ return 200 "{answer}"; }} }}
  server {{ listen 127.0.0.1:{large} backlog=4096;
    root {folder}; location / {{ try_files /large =404; }} }}
  server {{ listen 127.0.0.1:{status}; location / {{ stub_status; }} }}
}}
"""


class Nginx:
    """The server, from `with` to its end. Its files lie in `folder`."""

    def __init__(self, program: Path, openssl: Path, folder: Path) -> None:
        self._program = program
        self._openssl = openssl
        self._folder = folder
        self._ports = dict(zip((*SERVERS, "status"), _free_ports(4), strict=True))
        self._own_requests = 0

    def __enter__(self) -> Self:
        self._write_files()
        self._process = subprocess.Popen(
            [self._program, "-c", self._folder / "nginx.conf", "-e", self._folder / "error.log"],
            stdin=subprocess.DEVNULL,
        )
        self._status = HTTPConnection("127.0.0.1", self._ports["status"], timeout=30)
        try:
            self._wait_until_up()
        except OSError:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end()

    def url(self, server: str) -> str:
        """Where one of `SERVERS` listens."""
        scheme = "https" if server == "tls" else "http"
        return f"{scheme}://127.0.0.1:{self._ports[server]}/"

    def status(self) -> tuple[int, int]:
        """Requests of others served until now, connections of others open now."""
        self._status.request("GET", "/")
        lines = self._status.getresponse().read().decode().splitlines()
        self._own_requests += 1
        return int(lines[2].split()[2]) - self._own_requests, int(lines[0].split()[2]) - 1

    def wait_until_idle(self) -> None:
        """Until the connections of the client before are gone, or will not go."""
        deadline_s = time.monotonic() + _IDLE_S
        while self.status()[1] > 0 and time.monotonic() < deadline_s:
            time.sleep(0.02)

    def run_on(self, cores: set[int]) -> None:
        """Keep master and worker on these cores."""
        for member in family(self._process.pid):
            os.sched_setaffinity(member, cores)

    def _write_files(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / "large").write_bytes(b"x" * LARGE_ANSWER_BYTES)
        subprocess.run(
            [
                *(self._openssl, "req", "-x509", "-newkey", "ec", "-noenc", "-days", "7"),
                *("-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=localhost"),
                *("-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"),
                *("-keyout", self._folder / "key.pem", "-out", self._folder / "certificate.pem"),
            ],
            check=True,
            capture_output=True,
        )
        limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        text = _CONFIGURATION.format(
            folder=self._folder,
            connections=limit * _CONNECTIONS_PER_DESCRIPTOR,
            cipher=_CIPHER,
            answer=ANSWER,
            **self._ports,
        )
        (self._folder / "nginx.conf").write_text(text)

    def _wait_until_up(self) -> None:
        deadline_s = time.monotonic() + _START_S
        while True:
            try:
                self.status()
            except (OSError, HTTPException):
                self._status.close()
                if time.monotonic() > deadline_s or self._process.poll() is not None:
                    raise
                time.sleep(0.05)
            else:
                # Whatever was counted until here was ours, whether or not it was answered.
                served, _ = self.status()
                self._own_requests += served
                return

    def _end(self) -> None:
        self._status.close()
        self._process.terminate()
        self._process.wait(timeout=10)


def _free_ports(count: int) -> list[int]:
    """Ports that nobody listens on; held together, so that they differ."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports
