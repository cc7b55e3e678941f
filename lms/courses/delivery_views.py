"""How the files of a resource reach the page of a lesson, of the library or of the studio; the endpoints stand with those pages.

Pages name addresses that ask for the right each time (`/courses/lessons/1/play`); these lead to links that belong to the sign-in and are over
after minutes. A player that knows how (hls.js) takes the pieces of a stream by such links and asks for a new beginning of them in time; one
that does not (Safari's own) is given addresses below `own/`, each of which leads to a fresh link.
"""

from flask import Response, make_response, redirect

from lms.courses.models import Resource
from lms.errors import NotFound
from lms.media import playing
from lms.media import services as media
from lms.media.models import MediaFile
from lms.media.playlist_rules import MIME
from lms.media.rules import FILE_OF_RENDITION, LinkScope, expiry
from lms.people.guard import keys, me
from lms.web import json_reply, now, session

OWN = "own/"
LIST = ".m3u8"


def scope_of(resource: Resource) -> LinkScope:
    return LinkScope.MARKED if resource.is_watermarked else LinkScope.VIEW


def lead_to(resource: Resource, file: MediaFile, name: str, scope: LinkScope | None = None) -> Response:
    """A redirect to a fresh link, kept by nobody."""
    link = media.link(
        keys(), file, name, sign_in_id=me().sign_in_id, now=now(), scope=scope if scope else scope_of(resource)
    )
    response = make_response(redirect(link, 302))
    response.headers["Cache-Control"] = "no-store"
    return response


def lead_to_shown(resource: Resource, file: MediaFile, what: str) -> Response:
    """To what is played, or to the poster; NotFound when the file has none."""
    if what == "play" and not file.play_key:
        raise NotFound()
    return lead_to(resource, file, media.play_name(file) if what == "play" else "poster.webp")


def stream(resource: Resource, file: MediaFile, name: str) -> Response:
    """A playlist, a piece of a stream or of the storyboard, or `base`: what links begin with now, and for how many seconds."""
    own, name = name.startswith(OWN), name.removeprefix(OWN)
    if name == "base":
        return json_reply({"base": _base(resource, file), "seconds": expiry(now()) - int(now().timestamp())})
    if name.endswith(LIST):
        return _playlist(resource, file, name.removesuffix(LIST), is_own=own)
    if FILE_OF_RENDITION.match(name):
        return lead_to(resource, file, name)
    raise NotFound()


def _playlist(resource: Resource, file: MediaFile, name: str, *, is_own: bool) -> Response:
    base = f"{name}/" if is_own else f"{_base(resource, file)}{name}/"
    response = make_response(playing.playlist(session(), file, name, base))
    response.headers["Content-Type"] = MIME
    response.headers["Cache-Control"] = "no-store"
    return response


def _base(resource: Resource, file: MediaFile) -> str:
    return media.link_base(keys(), file, sign_in_id=me().sign_in_id, now=now(), scope=scope_of(resource))
