"""Delivery of files through links that belong to one sign-in."""

from urllib.parse import quote

from flask import Blueprint, Response, current_app, request

from lms.errors import NotFound
from lms.media import access
from lms.media.access import Delivery
from lms.media.rules import LINK_STEP_SECONDS, span_of
from lms.people.guard import keys, me, settings, signed_in
from lms.storage import Missing, Storage
from lms.web import now, session

bp = Blueprint("media", __name__, url_prefix="/media")

SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"


@bp.get("/<token>/<name>")
@signed_in
def deliver(token: str, name: str) -> Response:
    delivery = access.delivery_to_get(session(), keys(), token, name, sign_in_id=me().sign_in_id, now=now())
    response = send(delivery)
    headers = response.headers
    headers["Content-Type"] = delivery.mime
    headers["Content-Security-Policy"] = SANDBOX
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Cache-Control"] = f"private, max-age={LINK_STEP_SECONDS}" if not delivery.save_as else "no-store"
    if delivery.save_as:
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(delivery.save_as)}"
    return response


def send(delivery: Delivery) -> Response:
    """The blob itself, by the proxy in front where there is one, with ranges either way; its headers are the caller's."""
    return _by_proxy(delivery) if settings().x_accel_prefix else _streamed(delivery)


def _by_proxy(delivery: Delivery) -> Response:
    """The proxy in front sends the file; it keeps our headers and answers ranges itself."""
    response = Response(status=200)
    response.headers["X-Accel-Redirect"] = settings().x_accel_prefix + delivery.key
    return response


def _streamed(delivery: Delivery) -> Response:
    storage: Storage = current_app.extensions["storage"]
    try:
        size = storage.size(delivery.key)
        span = span_of(request.headers.get("Range"), size)
        pieces = storage.read(delivery.key, *((span.start, span.end) if span else ()))
    except Missing as problem:
        raise NotFound() from problem
    except ValueError:
        return Response(status=416, headers={"Content-Range": f"bytes */{size}"})
    response = Response(pieces, status=206 if span else 200, headers={"Accept-Ranges": "bytes"})
    response.content_length = span.end - span.start if span else size
    if span:
        response.headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{size}"
    return response
