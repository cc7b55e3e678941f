"""Security headers of every answer."""

from flask import Flask, Response, current_app, request

CSP = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:{s3}; font-src 'self'; "
    "media-src 'self' blob:{s3}; connect-src 'self'{s3}; worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; object-src 'none'"
)


def register_headers(app: Flask) -> None:
    app.after_request(_protect)


def _protect(response: Response) -> Response:
    headers = response.headers
    if "Content-Security-Policy" not in headers:
        headers["Content-Security-Policy"] = current_app.config["CSP"]
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    if current_app.config["SESSION_COOKIE_SECURE"]:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    # `send_file` says no-cache, which may still be stored.
    if headers.get("Cache-Control", "no-cache") == "no-cache" and not request.path.startswith("/static/"):
        headers["Cache-Control"] = "no-store"
    return response
