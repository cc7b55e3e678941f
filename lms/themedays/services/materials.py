"""What a pack gives a gathering, so that nobody types it again."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from lms.courses.models import Resource
from lms.gatherings import queries as gathering_queries
from lms.gatherings import services as gatherings
from lms.gatherings.models import Gathering
from lms.gatherings.rules import MaterialKind
from lms.themedays import queries


def add_materials(
    session: Session,
    gathering: Gathering,
    resource_ids: Iterable[int | None],
    *,
    by_id: int | None,
    now: datetime,
    reason: str = "",
) -> None:
    """The resources are among what is read and watched there, each once."""
    wanted = list(dict.fromkeys(resource_id for resource_id in resource_ids if resource_id is not None))
    titles: dict[int, Resource] = queries.resources_by_id(session, wanted)
    standing = {each.ref_id for each in gathering_queries.list_materials(session, gathering.id)}
    for resource_id in wanted:
        if resource_id in titles and resource_id not in standing:
            title = titles[resource_id].title
            gatherings.add_material(
                session, gathering, MaterialKind.RESOURCE, resource_id, title, by_id=by_id, now=now, reason=reason
            )
