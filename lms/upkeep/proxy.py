"""Names, TLS, and the proxy in front."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from lms.config import Settings
from lms.upkeep.rules import Block, Line, body_faults, media_faults, mend, nginx_blocks, ok, without

NEAR = {"127.0.0.1", "localhost", "::1"}
USUAL = ("/etc/nginx/conf.d", "/etc/nginx/sites-enabled")


def lines(settings: Settings, files: Sequence[Path]) -> Iterator[Line]:
    """`files`: nginx's configuration; where none is named, what lies in the usual folders and speaks of this site."""
    yield hosts_line(settings)
    yield https_line(settings)
    yield from nginx_lines(settings, files or usual_files())


def hosts_line(settings: Settings) -> Line:
    wanted = urlsplit(settings.public_origin).hostname
    if wanted and not any(
        wanted == host or (host.startswith(".") and wanted.endswith(host)) for host in settings.hosts
    ):
        return mend(
            "host names", f"LMS_PUBLIC_ORIGIN names {wanted}, LMS_HOSTS does not: add it, or everybody is refused"
        )
    return ok("host names", ", ".join(settings.hosts))


def https_line(settings: Settings) -> Line:
    far = [host for host in settings.hosts if host not in NEAR]
    if far and not settings.https:
        return mend(
            "TLS", f"{far[0]} is served without it, sign-ins travel in clear: put TLS into nginx and set LMS_HTTPS=on"
        )
    if settings.https and settings.public_origin.startswith("http:"):
        return mend("TLS", "LMS_PUBLIC_ORIGIN begins with http: although LMS_HTTPS=on: write https:")
    return ok("TLS", "LMS_HTTPS=on" if settings.https else "not needed, the site answers to this machine only")


def usual_files() -> list[Path]:
    found = [path for folder in USUAL if Path(folder).is_dir() for path in sorted(Path(folder).iterdir())]
    return [path for path in found if path.is_file() and "jiangtai" in path.read_text(errors="replace")]


INCLUDE = re.compile(r"^([^#\n]*?)\binclude\s+([^;\s]+)\s*;", re.M)


def whole_text(path: Path, depth: int = 5) -> str:
    """The file with what it includes by absolute names, where that is there. Raises OSError."""

    def included(found: re.Match[str]) -> str:
        given = Path(found[2])
        paths = sorted(given.parent.glob(given.name)) if given.is_absolute() and depth else []
        return found[1] + "\n".join(whole_text(one, depth - 1) for one in paths if one.is_file())

    return INCLUDE.sub(included, path.read_text())


def nginx_lines(settings: Settings, files: Sequence[Path]) -> Iterator[Line]:
    if not files:
        told = (
            "no configuration of it found: name it with --nginx FILE"
            if settings.x_accel_prefix
            else ("not used, Python sends every film: include deploy/nginx.conf and set LMS_X_ACCEL_PREFIX=/_media/")
        )
        yield without("nginx", told)
        return
    try:
        block = Block(blocks=[nginx_blocks(whole_text(path)) for path in files])
    except (OSError, ValueError) as problem:
        yield mend("nginx", f"its configuration cannot be read ({problem}): run nginx -t")
        return
    media_dir, is_local = str(settings.media_dir.resolve()), settings.storage == "local"
    faults = media_faults(block, settings.x_accel_prefix, media_dir, is_local=is_local)
    faults += body_faults(block, settings.upload_part_bytes)
    if not faults:
        yield ok("nginx", f"sends files as the site asks ({', '.join(path.name for path in files)})")
    for fault in faults:
        yield mend("nginx", fault)
