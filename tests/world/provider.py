"""A provider of tokens on this machine: device codes, sign-in by browser, refresh with rotation, introspection for Dovecot."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

SECRET = "bí-mật-ứng-dụng"  # noqa: S105 - of a made-up application on the loopback


class Provider:
    """What a provider does.  ``user`` is who signs in; ``pending`` polls wait for him; ``trouble`` breaks the next answers."""

    def __init__(self, user: str = "leloi@moet.example") -> None:
        self.user = user
        self.pending = 0
        self.trouble: list[str] = []  # "down", "garbage", "error:invalid_grant", …
        self.access: dict[str, str] = {}  # token: user
        self.refresh: set[str] = set()
        self.lifetime = 3600
        self.refresh_lifetime = 0
        self.renewed = 0
        self.given = [SECRET]  # all that must never be seen in a log
        self.asked: list[dict[str, str]] = []
        self._codes: dict[str, str] = {}  # code: PKCE challenge
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        """End it."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def give(self) -> dict[str, Any]:
        """New tokens."""
        access, refresh = f"access-{secrets.token_hex(16)}", f"refresh-{secrets.token_hex(16)}"
        self.access[access] = self.user
        self.refresh.add(refresh)
        self.given += [access, refresh]
        answer = {"access_token": access, "refresh_token": refresh, "token_type": "Bearer", "expires_in": self.lifetime}
        return answer | ({"refresh_token_expires_in": self.refresh_lifetime} if self.refresh_lifetime else {})

    def answer(self, path: str, asked: dict[str, str], bearer: str) -> tuple[int, Any]:
        """Status and JSON (or the place to go to)."""
        with self._lock:
            self.asked.append(asked)
            if self.trouble and path != "/introspect":
                return _broken(self.trouble.pop(0))
            if path == "/introspect":
                user = self.access.get(bearer or asked.get("token", ""))
                return 200, {"active": user is not None, "username": user or "", "scope": "imap"}
            if path == "/device":
                self._codes["device-1"] = ""
                return 200, {
                    "device_code": "device-1", "user_code": "ABCD-1234", "verification_uri": f"{self.url}/enter",
                    "interval": 1, "expires_in": 60,
                }  # fmt: skip
            if path == "/authorize":
                code = f"code-{secrets.token_hex(8)}"
                self._codes[code] = asked["code_challenge"]
                self.given.append(code)
                return 302, asked["redirect_uri"] + "?" + urlencode({"code": code, "state": asked["state"]})
            return self._token(asked)

    def _token(self, asked: dict[str, str]) -> tuple[int, Any]:
        if asked.get("client_secret", SECRET) != SECRET:
            return 401, {"error": "invalid_client"}
        grant = asked.get("grant_type", "")
        if grant == "refresh_token":
            if asked["refresh_token"] not in self.refresh:
                return 400, {
                    "error": "invalid_grant",
                    "error_description": "AADSTS70008: The token has expired\r\ndue to inactivity.",
                }
            self.refresh.discard(asked["refresh_token"])  # it is good for one time
            self.renewed += 1
            return 200, self.give()
        if grant.endswith("device_code"):
            if self.pending:
                self.pending -= 1
                return 400, {"error": "slow_down" if self.pending else "authorization_pending"}
            return 200, self.give()
        challenge = self._codes.pop(asked.get("code", ""), None)
        hashed = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        if challenge is None or base64.urlsafe_b64encode(hashed).rstrip(b"=").decode() != challenge:
            return 400, {"error": "invalid_grant"}
        return 200, self.give()


def _broken(how: str) -> tuple[int, Any]:
    if how == "down":
        return 503, {"error": "unavailable"}
    if how == "garbage":
        return 200, "<html>"
    return 400, {"error": how.removeprefix("error:"), "error_description": "said by the test"}


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._serve({key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            self._serve({key: values[0] for key, values in parse_qs(body).items()})

        def _serve(self, asked: dict[str, str]) -> None:
            bearer = (self.headers.get("Authorization") or "").removeprefix("Bearer ").strip()
            status, said = provider.answer(urlsplit(self.path).path, asked, bearer)
            body = said.encode() if isinstance(said, str) else json.dumps(said).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", str(said))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    return Handler
