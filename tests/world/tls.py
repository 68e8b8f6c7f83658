"""Certificates on disk and contexts made of them, for servers and clients that speak TLS."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from tests.world.certificates import web_certificate


@dataclass(frozen=True)
class TlsFiles:
    """Where certificate, key and the authority above lie."""

    certificate: Path
    key: Path
    authority: Path


def written(folder: Path, host: str) -> TlsFiles:
    """A certificate for ``host``, as files."""
    own, top = web_certificate(host)
    files = TlsFiles(folder / f"{host}.crt", folder / f"{host}.key", folder / f"{host}.ca")
    files.certificate.write_bytes(own.pem)
    files.key.write_bytes(
        own.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
    )
    files.authority.write_bytes(top.pem)
    return files


def server_context(files: TlsFiles, *, client_authority: Path | None = None) -> ssl.SSLContext:
    """For a server that shows this certificate, and asks for one of the client's if ``client_authority`` is given."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.certificate, files.key)
    if client_authority is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_authority)
    return context
