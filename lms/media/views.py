"""Delivery of files through links that belong to one sign-in."""

from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from flask import Blueprint, Response, current_app, make_response, redirect, request

from lms import clock
from lms.errors import NotFound
from lms.media import access
from lms.media.access import Delivery
from lms.media.marks import MARKS
from lms.media.rules import LINK_STEP_SECONDS, span_of
from lms.people.guard import keys, me, settings, signed_in
from lms.storage import Missing, Storage
from lms.web import now, session

bp = Blueprint("media", __name__, url_prefix="/media")

PROXY_SECONDS = 60
SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"


@bp.get("/<token>/<path:name>")
@signed_in
def deliver(token: str, name: str) -> Response:
    delivery = access.delivery_to_get(session(), keys(), token, name, sign_in_id=me().sign_in_id, now=now())
    response = _sent(delivery)
    headers = response.headers
    if response.status_code == 302:  # to the bucket: the link there lives for seconds, so nobody may keep the way to it
        headers["Cache-Control"] = "no-store"
        return response
    headers["Content-Type"] = delivery.mime
    headers["Content-Security-Policy"] = SANDBOX
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Cache-Control"] = f"private, max-age={LINK_STEP_SECONDS}" if not delivery.save_as else "no-store"
    if delivery.save_as:
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(delivery.save_as)}"
    return response


def _sent(delivery: Delivery) -> Response:
    if delivery.is_marked:
        return _marked(delivery)
    seconds = 0 if settings().x_accel_prefix else settings().s3_link_seconds
    address = _storage().address(delivery.key, seconds, save_as=delivery.save_as) if seconds else None
    return make_response(redirect(address, 302)) if address else send(delivery)


def send(delivery: Delivery) -> Response:
    """The blob itself from here, by the proxy in front where there is one, with ranges either way; its headers are the caller's."""
    return _by_proxy(delivery) if settings().x_accel_prefix else _streamed(delivery)


def _storage() -> Storage:
    storage: Storage = current_app.extensions["storage"]
    return storage


def _marked(delivery: Delivery) -> Response:
    """The page with name, unit and time of whoever looks, made here: neither the proxy nor the bucket has such a picture."""
    at = int(now().timestamp()) // LINK_STEP_SECONDS * LINK_STEP_SECONDS
    words = f"{me().name} {me().unit_name} {clock.local(datetime.fromtimestamp(at, UTC)):%Y-%m-%d %H:%M}"
    try:
        picture = MARKS.marked(delivery.key, words, lambda: b"".join(_storage().read(delivery.key)))
    except Missing as problem:
        raise NotFound() from problem
    return make_response(picture)


def _by_proxy(delivery: Delivery) -> Response:
    """The proxy in front sends the file; it keeps our headers and answers ranges itself.

    It fetches from the bucket by an address that is good for seconds and that no browser ever sees.
    """
    response = Response(status=200)
    address = _storage().address(delivery.key, PROXY_SECONDS)
    place = urlsplit(address)._replace(scheme="", netloc="").geturl().lstrip("/") if address else delivery.key
    response.headers["X-Accel-Redirect"] = settings().x_accel_prefix + place
    if delivery.trusted_seconds and not address:
        response.headers["X-Accel-Expires"] = str(delivery.trusted_seconds)
    return response


def _streamed(delivery: Delivery) -> Response:
    storage = _storage()
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
