"""Headers, cookies and the session key: what keeps the console safe in a browser."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, Response, request

from gateway.config import Config
from gateway.secret import kept_in

SIGNED_IN_FOR = timedelta(hours=10)  # a working day; then one signs in again

# Everything comes from our own server, nothing inline: a script in a mail's subject or file name cannot run.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",  # htmx
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)

_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def protect(app: Flask, settings: Config) -> None:
    """Set the session key, the cookies' flags, and the headers of every answer."""
    app.config.update(
        SECRET_KEY=kept_in(settings.path(settings.web.secret_file)),
        SESSION_COOKIE_NAME="vanthu",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.web.behind_tls,
        PERMANENT_SESSION_LIFETIME=SIGNED_IN_FOR,
        WTF_CSRF_TIME_LIMIT=None,  # the token lives as long as the session: a clerk leaves the queue open for hours
        MAX_CONTENT_LENGTH=64 * 1024,  # reasons and passwords; pages that take a file allow more
        MAX_UPLOAD=9 * 1024 * 1024,  # what the server reads at all
    )

    @app.after_request
    def add_headers(response: Response) -> Response:
        """Put the safe headers on every answer; pages are never kept by browser or proxy."""
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if settings.web.behind_tls:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        # Flask gives every file that it sends the age of static ones: a register is not for the browser of whoever comes next.
        if request.endpoint != "static" and not response.headers.get("Cache-Control", "").startswith("private"):
            response.headers["Cache-Control"] = "no-store"
        return response
