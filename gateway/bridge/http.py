"""One pooled HTTP connection to one office system, and what its failures mean for a delivery.

*Certainly not taken* is only what fails before the first byte of a body has left.  After that nobody knows, unless the other
side itself says so: a proxy that answers 502 may stand before a system that has stored everything.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gateway.courier import Finding, FindingLevel
from gateway.errors import DeliveryError, Misconfigured, TemporaryFailure, UncertainFailure
from gateway.model import Value

if TYPE_CHECKING:  # loaded with the first request: mail does not wait for it
    import aiohttp

_MAX_REPLY = 256 * 1024 * 1024  # a document of the axis may come in one
_MAX_SHOWN = 200
_CERTIFICATE_WARN_DAYS = 30
_CLOCK_WARN_S = 120

_OURS_TO_REPAIR = frozenset({401, 403, 404, 405, 407, 421, 495, 496})
_NOT_TAKEN = frozenset({408, 425, 429, 503})


class Address(Value):
    """Where an office system is, and how it is reached."""

    url: str  # without a slash at its end
    timeout_s: float = 60.0
    connect_timeout_s: float = 10.0
    connections: int = 8
    ca_file: str = ""  # certificates that are trusted instead of the machine's
    client_certificate: str = ""
    client_key: str = ""


class Reply(Value):
    """What the other side answered, whatever it was."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def shown(self) -> str:
        """The answer in few words, for the story."""
        text = " ".join(self.body[: 4 * _MAX_SHOWN].decode("utf-8", "replace").split())
        return f"HTTP {self.status} {text[:_MAX_SHOWN]}".strip()


class Body:
    """A body in blocks of known total size; remembers whether any of it has left."""

    def __init__(self, blocks: Iterable[bytes], size: int) -> None:
        self.size = size
        self.has_left = False
        self._blocks = blocks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for block in self._blocks:
            self.has_left = True
            yield block


class Http:
    """Requests to one office system."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def send(self, path: str, body: Body, headers: Mapping[str, str]) -> Reply:
        """POST a body that makes something happen there.

        Raises TemporaryFailure when it certainly did not arrive, UncertainFailure when it may have, Misconfigured.  An answer
        is returned whatever its status is.
        """
        try:
            return await self._request("POST", path, headers=headers, data=body, size=body.size)
        except DeliveryError as error:
            if body.has_left and isinstance(error, TemporaryFailure):
                raise UncertainFailure(str(error)) from error
            raise

    async def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None = None,
        json: object = None,
    ) -> Reply:
        """A request that may be repeated.  Raises TemporaryFailure or Misconfigured; other statuses than 200 are failures."""
        reply = await self._request(method, path, headers=headers, params=params, json=json)
        failure = failure_of(reply)
        if isinstance(failure, UncertainFailure):
            raise TemporaryFailure(str(failure))
        if failure is not None:
            raise failure
        return reply

    async def _request(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None = None,
        json: object = None,
        data: Body | None = None,
        size: int | None = None,
    ) -> Reply:
        if self._session is None:
            await asyncio.to_thread(import_module, "aiohttp")  # a tenth of a second: not on the loop
        import aiohttp

        headers = dict(headers) | ({"Content-Length": str(size)} if size is not None else {})
        try:
            session = self._opened()
            async with session.request(
                method, self.address.url + path, headers=headers, params=params, json=json, data=data, allow_redirects=False
            ) as response:
                content = await _limited(response)
                return Reply(status=response.status, headers=dict(response.headers), body=content)
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError, ssl.SSLError) as error:
            raise Misconfigured(f"{self.address.url}: TLS: {error}") from error
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
            raise Misconfigured(f"{self.address.url}: {error}") from error
        except TimeoutError as error:
            raise TemporaryFailure(f"{self.address.url}: không trả lời trong {self.address.timeout_s:.0f} giây") from error
        except (aiohttp.ClientError, OSError, EOFError) as error:
            raise TemporaryFailure(f"{self.address.url}: {str(error) or type(error).__name__}") from error

    def _opened(self) -> aiohttp.ClientSession:
        import aiohttp

        if self._session is None:
            address = self.address
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=address.connections, ssl=context_of(address), keepalive_timeout=15),
                timeout=aiohttp.ClientTimeout(total=address.timeout_s, sock_connect=address.connect_timeout_s),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,
            )
        return self._session

    async def findings(self) -> list[Finding]:
        """Certificate and clock, as far as they can be seen from outside; raises nothing."""
        try:
            reply = await self._request("GET", "/", headers={})
        except DeliveryError as error:
            text = f"Không kết nối được tới {self.address.url}: {error}. Hãy kiểm tra địa chỉ, mạng và chứng thư."
            return [Finding(level=FindingLevel.BAD, about="connection", text=text)]
        found = [*_clock(reply), *await asyncio.to_thread(_own_certificate, self.address)]
        if self.address.url.startswith("https:"):
            found += await self._server_certificate()
        else:
            text = f"{self.address.url} không dùng TLS: chỉ chấp nhận được trong mạng truyền số liệu chuyên dùng."
            found.append(Finding(level=FindingLevel.WARNING, about="certificate", text=text))
        return found

    async def _server_certificate(self) -> list[Finding]:
        url = urlsplit(self.address.url)
        try:
            async with asyncio.timeout(self.address.connect_timeout_s):
                _, writer = await asyncio.open_connection(url.hostname, url.port or 443, ssl=context_of(self.address))
        except (OSError, TimeoutError):
            return []
        peer = writer.get_extra_info("peercert")
        writer.close()
        until = peer.get("notAfter") if peer else None
        return [_certificate("của hệ thống", datetime.fromtimestamp(ssl.cert_time_to_seconds(until), UTC))] if until else []


def failure_of(reply: Reply) -> DeliveryError | None:
    """What an HTTP status means when the office system itself said nothing; None for 200."""
    if reply.status in (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT):
        return None
    if reply.status in _OURS_TO_REPAIR:
        return Misconfigured(reply.shown())
    if reply.status in _NOT_TAKEN:
        return TemporaryFailure(reply.shown())
    return UncertainFailure(reply.shown())


def multipart(boundary: str, fields: Mapping[str, str], file: tuple[str, str, str], blocks: Iterator[bytes], size: int) -> Body:
    """A multipart/form-data body (RFC 7578) with one file of known size: ``file`` is field, file name and media type."""
    field, name, media = file
    parts = [(f'name="{key}"', "text/plain; charset=utf-8", f"{value}\r\n") for key, value in fields.items()]
    parts.append((f'name="{field}"; filename="{name}"', media, ""))
    head = "".join(
        f"--{boundary}\r\nContent-Disposition: form-data; {named}\r\nContent-Type: {kind}\r\n\r\n{value}"
        for named, kind, value in parts
    )
    first, last = head.encode(), f"\r\n--{boundary}--\r\n".encode()

    def all_of_it() -> Iterator[bytes]:
        yield first
        yield from blocks
        yield last

    return Body(all_of_it(), len(first) + size + len(last))


def context_of(address: Address) -> ssl.SSLContext:
    """TLS as the settings say; raises Misconfigured when a file of theirs cannot be used."""
    try:
        context = ssl.create_default_context(cafile=address.ca_file or None)
        if address.client_certificate:
            context.load_cert_chain(address.client_certificate, address.client_key or None)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(f"chứng thư: {error}") from error
    return context


async def _limited(response: aiohttp.ClientResponse) -> bytes:
    import aiohttp

    content = bytearray()
    async for block in response.content.iter_chunked(64 * 1024):
        content += block
        if len(content) > _MAX_REPLY:
            raise aiohttp.ClientPayloadError(f"an answer of more than {_MAX_REPLY} bytes")
    return bytes(content)


def _clock(reply: Reply) -> Iterator[Finding]:
    try:
        theirs = parsedate_to_datetime(reply.headers.get("Date", ""))
    except ValueError:
        return
    apart = (datetime.now(UTC) - theirs).total_seconds()
    if abs(apart) > _CLOCK_WARN_S:
        text = f"Đồng hồ hai máy lệch nhau {abs(apart):.0f} giây: hãy chỉnh giờ (NTP), nếu không chữ ký yêu cầu sẽ bị từ chối."
        yield Finding(level=FindingLevel.WARNING, about="clock", text=text)
    else:
        yield Finding(level=FindingLevel.GOOD, about="clock", text=f"Đồng hồ hai máy lệch nhau {abs(apart):.0f} giây.")


def _own_certificate(address: Address) -> list[Finding]:
    if not address.client_certificate:
        return []
    from cryptography import x509

    try:
        certificate = x509.load_pem_x509_certificate(Path(address.client_certificate).read_bytes())
    except (OSError, ValueError) as error:
        text = f"Không đọc được chứng thư {address.client_certificate}: {error}."
        return [Finding(level=FindingLevel.BAD, about="certificate", text=text)]
    return [_certificate("của cổng", certificate.not_valid_after_utc)]


def _certificate(whose: str, until: datetime) -> Finding:
    days = (until - datetime.now(UTC)).days
    if days < 0:
        text = f"Chứng thư {whose} đã hết hạn ngày {until:%d/%m/%Y}: hãy thay ngay."
        return Finding(level=FindingLevel.BAD, about="certificate", text=text)
    level = FindingLevel.WARNING if days < _CERTIFICATE_WARN_DAYS else FindingLevel.GOOD
    todo = ": hãy xin cấp lại" if days < _CERTIFICATE_WARN_DAYS else ""
    return Finding(level=level, about="certificate", text=f"Chứng thư {whose} còn {days} ngày (đến {until:%d/%m/%Y}){todo}.")
