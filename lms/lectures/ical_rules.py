"""A calendar as text by RFC 5545: events in UTC, lines of at most 75 octets. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

OCTETS = 75


@dataclass(frozen=True)
class Event:
    """One event of a calendar. `uid` never changes."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    summary: str
    changed_at: datetime
    place: str = ""
    text: str = ""
    url: str = ""
    is_cancelled: bool = False


def calendar(name: str, events: Iterable[Event]) -> str:
    """The whole calendar, for subscribing: no METHOD, lines end with CRLF."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Jiangtai//Lectures//ZH", "CALSCALE:GREGORIAN"]
    lines += [f"NAME:{escaped(name)}", f"X-WR-CALNAME:{escaped(name)}", "REFRESH-INTERVAL;VALUE=DURATION:PT6H"]
    for event in events:
        lines += _event(event)
    return "".join(f"{folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"])


def _event(event: Event) -> Sequence[str]:
    told = [
        ("UID", event.uid),
        ("DTSTAMP", instant(event.changed_at)),
        ("LAST-MODIFIED", instant(event.changed_at)),
        ("DTSTART", instant(event.starts_at)),
        ("DTEND", instant(event.ends_at)),
        ("SUMMARY", escaped(event.summary)),
        ("LOCATION", escaped(event.place)),
        ("DESCRIPTION", escaped(event.text)),
        ("URL", event.url),
        ("STATUS", "CANCELLED" if event.is_cancelled else "CONFIRMED"),
    ]
    return ["BEGIN:VEVENT", *(f"{name}:{value}" for name, value in told if value), "END:VEVENT"]


def instant(at: datetime) -> str:
    """20261204T070000Z."""
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def escaped(text: str) -> str:
    """TEXT of RFC 5545, 3.3.11; what is no printable character is left out."""
    kept = "".join(c for c in text.replace("\r\n", "\n").replace("\r", "\n") if c == "\n" or (c >= " " and c != "\x7f"))
    for plain, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        kept = kept.replace(plain, written)
    return kept


def folded(line: str) -> str:
    """RFC 5545, 3.1: at most 75 octets a line, continued after CRLF and a space; no character is cut."""
    pieces, piece, used = [], "", 0
    for character in line:
        octets = len(character.encode())
        if used + octets > OCTETS:
            pieces.append(piece)
            piece, used = "", 1  # the space that continues the line
        piece, used = piece + character, used + octets
    return "\r\n ".join([*pieces, piece])
