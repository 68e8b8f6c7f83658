"""TLS to office systems, and what a failure means before and after the first byte of a package has left."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web
from cryptography.hazmat.primitives import serialization

from gateway.bridge.http import Address, Body, Http
from gateway.courier import FindingLevel
from gateway.errors import Misconfigured, TemporaryFailure, UncertainFailure
from tests.world.certificates import web_certificate


@pytest.fixture
def server(tmp_path: Path) -> ssl.SSLContext:
    """A TLS server for localhost; ``tmp_path/ca.pem`` is its authority, ``client.pem`` and ``client.key`` also pass it."""
    holder, authority = web_certificate("localhost")
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    (tmp_path / "client.pem").write_bytes(holder.pem)
    (tmp_path / "client.key").write_bytes(
        holder.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "client.pem", tmp_path / "client.key")
    return context


def talk(
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    steps: Callable[[str], Awaitable[None]],
    context: ssl.SSLContext | None = None,
) -> None:
    async def all_of_it() -> None:
        app = web.Application()
        app.add_routes([web.post("/", handler), web.get("/", handler)])
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        try:
            port = runner.addresses[0][1]
            await steps(f"https://localhost:{port}" if context else f"http://127.0.0.1:{port}")
        finally:
            await runner.cleanup()

    asyncio.run(all_of_it())


async def ok(request: web.Request) -> web.StreamResponse:
    await request.read()
    return web.Response(text="ok")


def body() -> Body:
    return Body(iter((b"a" * 1000, b"b" * 1000)), 2000)


def test_a_server_is_trusted_by_the_authority_of_the_settings_and_its_days_are_counted(
    server: ssl.SSLContext, tmp_path: Path
) -> None:
    async def steps(url: str) -> None:
        known = Http(Address(url=url, ca_file=str(tmp_path / "ca.pem")))
        stranger = Http(Address(url=url))
        assert (await known.send("/", body(), {})).body == b"ok"
        found = {finding.about: finding for finding in await known.findings()}
        assert found["certificate"].level is FindingLevel.GOOD
        assert "Chứng thư của hệ thống còn" in found["certificate"].text
        with pytest.raises(Misconfigured, match="TLS"):
            await stranger.send("/", body(), {})
        (bad,) = await stranger.findings()
        assert (bad.about, bad.level) == ("connection", FindingLevel.BAD)
        await known.close()
        await stranger.close()

    talk(ok, steps, server)


def test_a_server_that_wants_our_certificate_gets_it(server: ssl.SSLContext, tmp_path: Path) -> None:
    server.verify_mode = ssl.CERT_REQUIRED
    server.load_verify_locations(tmp_path / "ca.pem")

    async def steps(url: str) -> None:
        address = Address(
            url=url,
            ca_file=str(tmp_path / "ca.pem"),
            client_certificate=str(tmp_path / "client.pem"),
            client_key=str(tmp_path / "client.key"),
        )
        http = Http(address)
        assert (await http.send("/", body(), {})).status == 200
        assert any("Chứng thư của cổng còn" in finding.text for finding in await http.findings())
        await http.close()

    talk(ok, steps, server)


@pytest.mark.parametrize("key", ["ca_file", "client_certificate"])
def test_a_certificate_that_cannot_be_read_is_ours_to_repair(key: str, tmp_path: Path) -> None:
    (tmp_path / "x.pem").write_text("no certificate", encoding="utf-8")
    for path in ("x.pem", "missing.pem"):
        http = Http(Address(url="https://127.0.0.1:9", **{key: str(tmp_path / path)}))  # type: ignore[arg-type]
        with pytest.raises(Misconfigured, match="chứng thư"):
            asyncio.run(http.send("/", body(), {}))


def test_what_fails_before_the_first_byte_was_certainly_not_taken(unused_port: int) -> None:
    whole = body()
    with pytest.raises(TemporaryFailure):
        asyncio.run(_sent(Http(Address(url=f"http://127.0.0.1:{unused_port}")), whole))
    assert not whole.has_left


def test_a_question_that_is_not_answered_may_be_asked_again() -> None:
    async def slow(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(5.0)
        return web.Response()

    async def steps(url: str) -> None:
        http = Http(Address(url=url, timeout_s=0.5))
        with pytest.raises(TemporaryFailure, match="không trả lời"):
            await http.ask("GET", "/", headers={})
        with pytest.raises(UncertainFailure, match="không trả lời"):
            await http.send("/", body(), {})
        await http.close()

    talk(slow, steps)


def test_a_connection_that_breaks_in_the_middle_of_a_package_leaves_it_uncertain() -> None:
    async def hang_up(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async def steps(url: str) -> None:
        http = Http(Address(url=url))
        with pytest.raises(UncertainFailure):
            await http.send("/", Body(iter([b"x" * 65536] * 200), 65536 * 200), {})
        await http.close()

    talk(hang_up, steps)


async def _sent(http: Http, whole: Body) -> None:
    try:
        await http.send("/", whole, {})
    finally:
        await http.close()


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port
