"""Certificates of a server, made by openssl."""

from __future__ import annotations

import subprocess
from pathlib import Path

ALWAYS, PAST = "22000101000000Z", "20200102000000Z"
CERTIFICATES = {"good": ("127.0.0.1", ALWAYS), "expired": ("127.0.0.1", PAST), "strange": ("127.0.0.9", ALWAYS)}
"""Whose each is, and when it ends."""

_AUTHORITY = """
[ca]
default_ca = itself
[itself]
database = index
new_certs_dir = .
serial = serial
default_md = sha256
policy = names
copy_extensions = copy
unique_subject = no
[names]
commonName = supplied
"""


def certify(place: Path) -> Path:
    """Put them into a directory, each in one file with its key; returns the directory."""
    (place / "authority.cnf").write_text(_AUTHORITY, encoding="ascii")
    (place / "index").touch()
    for name, (host, end) in CERTIFICATES.items():
        is_of = ("-subj", f"/CN={host}", "-addext", f"subjectAltName=IP:{host}", "-addext", "basicConstraints=CA:TRUE")
        _openssl(place, "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "key", "-out", "csr", *is_of)
        dates = ("-startdate", "20200101000000Z", "-enddate", end)
        made = ("-batch", "-selfsign", "-config", "authority.cnf", "-keyfile", "key", "-create_serial", "-notext")
        _openssl(place, "ca", *made, "-in", "csr", "-out", "crt", *dates)
        (place / name).write_bytes((place / "key").read_bytes() + (place / "crt").read_bytes())
    return place


def _openssl(place: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=place, check=True, capture_output=True, timeout=30)
