"""A strict reader of calendars by RFC 5545, as far as ours use it: whatever a calendar program would refuse is an AssertionError."""

import re
from dataclasses import dataclass, field

ESCAPED = {"\\\\": "\\", "\\;": ";", "\\,": ",", "\\n": "\n", "\\N": "\n"}
TEXTS = {"SUMMARY", "LOCATION", "DESCRIPTION", "NAME", "X-WR-CALNAME"}
ONCE = {"UID", "DTSTAMP", "DTSTART", "DTEND"}
NAME = re.compile(r"([A-Z0-9-]+)((?:;[A-Z0-9-]+=[^:;,]+)*):(.*)", re.S)


@dataclass
class Calendar:
    name: str
    events: list[dict[str, str]] = field(default_factory=list)


def unfold(text: str) -> list[str]:
    """Content lines: CRLF ends each, no more than 75 octets, continued by a space."""
    assert text.endswith("\r\n")
    physical = text[:-2].split("\r\n")
    assert not [line for line in physical if "\n" in line or "\r" in line]
    assert not [line for line in physical if len(line.encode()) > 75]
    lines: list[str] = []
    for line in physical:
        if line.startswith(" "):
            lines[-1] += line[1:]
        else:
            lines.append(line)
    return lines


def parse(text: str) -> Calendar:
    lines = [match.groups() for line in unfold(text) if (match := NAME.fullmatch(line))]
    assert len(lines) == len(unfold(text))
    assert (lines[0][0], lines[0][2]) == ("BEGIN", "VCALENDAR")
    assert (lines[-1][0], lines[-1][2]) == ("END", "VCALENDAR")
    of_calendar: dict[str, str] = {}
    events: list[dict[str, str]] = []
    event: dict[str, str] | None = None
    for name, _, value in lines[1:-1]:
        if name == "BEGIN":
            assert value == "VEVENT"
            assert event is None
            event = {}
        elif name == "END":
            assert event is not None
            assert event.keys() >= ONCE
            assert re.fullmatch(r"\d{8}T\d{6}Z", event["DTSTART"])
            assert event["DTSTART"] < event["DTEND"]
            events.append(event)
            event = None
        else:
            into = of_calendar if event is None else event
            assert name not in into
            into[name] = text_of(value) if name in TEXTS else value
    assert of_calendar["VERSION"] == "2.0"
    assert of_calendar.get("PRODID")
    assert len({each["UID"] for each in events}) == len(events)
    return Calendar(of_calendar["X-WR-CALNAME"], events)


def text_of(value: str) -> str:
    """TEXT: a semicolon, comma or line end of its own is refused."""
    pieces = re.findall(r"\\.|[^\\;,\n]", value)
    assert "".join(pieces) == value
    return "".join(ESCAPED[piece] if piece.startswith("\\") else piece for piece in pieces)
