"""Security headers of every answer."""

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


def _protect(response: Response) -> Response:
    headers, config = response.headers, current_app.config
    there = {name.lower() for name, _ in headers}
    policy = f"{config['CSP']}; frame-src {frames}" if (frames := g.get("frame_origin")) else config["CSP"]
    wanted = (("Content-Security-Policy", policy), *ALWAYS)
    for name, value in (*wanted, HTTPS) if config["SESSION_COOKIE_SECURE"] else wanted:
        if name.lower() not in there:
            headers.add(name, value)
    # `send_file` says no-cache, which may still be stored.
    if headers.get("Cache-Control", "no-cache") == "no-cache" and not request.path.startswith("/static/"):
        headers["Cache-Control"] = "no-store"
    return response
