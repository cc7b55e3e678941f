"""Security headers of every answer."""

from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, current_app, g, request

CSP = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:{s3}; font-src 'self'; "
    "media-src 'self' blob:{s3}; connect-src 'self'{s3}; worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; object-src 'none'"
)


def register_headers(app: Flask) -> None:
    app.after_request(_protect)


def allow_frame(origin: str) -> None:
    """This request's page may show frames of that origin, and of no other."""
    g.frame_origin = origin


ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
)
HTTPS = ("Strict-Transport-Security", "max-age=31536000")


def protection(config: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The headers of every answer of a site so configured."""
    wanted = (("Content-Security-Policy", config["CSP"]), *ALWAYS)
    return (*wanted, HTTPS) if config["SESSION_COOKIE_SECURE"] else wanted


def _protect(response: Response) -> Response:
    headers = response.headers
    there = {name.lower() for name, _ in headers}
    if frames := g.get("frame_origin"):
        headers["Content-Security-Policy"] = f"{current_app.config['CSP']}; frame-src {frames}"
        there.add("content-security-policy")
    for name, value in protection(current_app.config):
        if name.lower() not in there:
            headers.add(name, value)
    # `send_file` says no-cache, which may still be stored.
    if headers.get("Cache-Control", "no-cache") == "no-cache" and not request.path.startswith("/static/"):
        headers["Cache-Control"] = "no-store"
    return response
