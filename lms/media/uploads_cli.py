"""`flask uploads quota`: how much each role may store here."""

import click
from sqlalchemy import select

from lms.audit import services as audit
from lms.clock import now
from lms.db import unit_of_work, upsert
from lms.db.request import make_session
from lms.media.upload_models import UploadQuota
from lms.media.upload_rules import GB, OTHERS_BYTES, QUOTA_BYTES
from lms.people.rules import ROLES, Role


@click.group()
def uploads() -> None:
    """Uploaded files."""


@uploads.command()
@click.argument("role", type=click.Choice([role.value for role in Role]), required=False)
@click.argument("gigabytes", type=click.IntRange(0, 1_000_000), required=False)
def quota(role: str | None, gigabytes: int | None) -> None:
    """Print what each role may store, finished and unfinished uploads together, or set it for one role (cadre: all roles without a
    figure of their own). Who has several roles may store the largest."""
    if role is not None and gigabytes is not None:
        with unit_of_work(make_session()) as session:
            row = {"role": Role(role), "most_bytes": gigabytes * GB}
            upsert(session, UploadQuota, [row], key=["role"], update=["most_bytes"])
            audit.record(
                session,
                None,
                "upload.quota",
                f"role:{role}",
                {"gigabytes": gigabytes},
                now=now(),
                actor="flask uploads",
            )
    with make_session()() as session:
        set_here = {row.role: row.most_bytes for row in session.scalars(select(UploadQuota))}
    figures = {Role.CADRE: OTHERS_BYTES, **QUOTA_BYTES, **set_here}
    for each, most in figures.items():
        name = "其他角色" if each is Role.CADRE else ROLES[each]
        click.echo(f"{each} {name}: {most / GB:g} GB{'' if each in set_here else '（默认）'}")
