"""nginx on one core, over http and https, with two bodies: what the clients are measured against."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from pinned import free_port

BODIES = {"1 kB": 1024, "100 kB": 102_400}

CONFIGURATION = """
worker_processes 1;
pid {folder}/pid;
error_log {folder}/errors.log crit;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    default_type application/json;
    sendfile on;
    open_file_cache max=10 inactive=600s;
    open_file_cache_valid 600s;
    server {{
        listen 127.0.0.1:{http} backlog=8192;
        listen 127.0.0.1:{https} ssl backlog=8192;
        ssl_certificate {folder}/certificate; ssl_certificate_key {folder}/key;
        root {folder};
    }}
}}
"""


@contextmanager
def web_server(core: int) -> Iterator[dict[str, str]]:
    """Yield where it listens, by scheme; ``/1 kB`` and ``/100 kB`` without the space are there."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # nginx's worker is another user
        certify = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-days", "1"]
        command = [*certify, "-keyout", folder / "key", "-out", folder / "certificate"]
        subprocess.run(command, check=True, capture_output=True)
        for body, size in BODIES.items():
            (folder / path_of(body)).write_bytes(b"x" * size)
        ports = {scheme: free_port() for scheme in ("http", "https")}
        (folder / "nginx.conf").write_text(CONFIGURATION.format(folder=folder, **ports), encoding="utf-8")
        server = subprocess.Popen(
            ["taskset", "-c", str(core), "nginx", "-c", folder / "nginx.conf", "-g", "daemon off;"],
        )
        try:
            _wait_for(f"http://127.0.0.1:{ports['http']}/{path_of('1 kB')}")
            yield {scheme: f"{scheme}://127.0.0.1:{port}" for scheme, port in ports.items()}
        finally:
            server.terminate()
            server.wait()


def path_of(body: str) -> str:
    """Return the name of a body's file."""
    return body.replace(" ", "")


def _wait_for(url: str) -> None:
    for _ in range(100):
        try:
            urlopen(url).close()
        except URLError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"nothing at {url}")
