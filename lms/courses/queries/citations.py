"""Where the laws that a text cites can be read: in the library, by the person who asks."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.courses import citation_rules as rules
from lms.courses.citation_rules import Citation
from lms.courses.models import Resource
from lms.courses.queries.library import audience_marks, is_shown
from lms.courses.review_rules import RESOURCE, ResourceKind
from lms.db import search
from lms.db.bigrams import phrases
from lms.db.search import Sought
from lms.media.models import MediaPage
from lms.people.principal import Principal
from lms.web.prose import to_text

CITED_MOST = 30
HOLDERS_MOST = 20
TEXTS = (ResourceKind.ARTICLE, ResourceKind.DOCUMENT)


def texts_of_laws(
    session: Session, person: Principal, cited: Sequence[Citation], *, besides: int
) -> dict[Citation, tuple[int, str]]:
    """Citation → (resource, the place in it: "", "#article-44" or "#page-3"), for the laws whose text the library holds for the person and
    for the articles that stand in it. `besides`: a resource that does not explain itself."""
    found: dict[Citation, tuple[int, str]] = {}
    holders: dict[str, list[Resource]] = {}
    for citation in cited[:CITED_MOST]:
        if citation.law not in holders:
            holders[citation.law] = _holders(session, person, citation.law, besides)
        place = _place(session, holders[citation.law], citation.article)
        if place is not None:
            found[citation] = place
    return found


def _holders(session: Session, person: Principal, law: str, besides: int) -> list[Resource]:
    """Articles and documents whose title is the law's, the newest first."""
    sought = Sought(RESOURCE, phrases(law), [audience_marks(person)])
    ids = search.find(session, sought, offset=0, limit=HOLDERS_MOST).ids
    if not ids:
        return []
    query = select(Resource).where(
        Resource.id.in_(ids), Resource.id != besides, Resource.kind.in_(TEXTS), *is_shown(person)
    )
    some = session.scalars(query.order_by(Resource.published_at.desc(), Resource.id.desc()))
    return [each for each in some if rules.law_title(each.title) == law]


def _place(session: Session, holders: Sequence[Resource], article: int | None) -> tuple[int, str] | None:
    for holder in holders:
        if article is None:
            return holder.id, ""
        if holder.kind is ResourceKind.ARTICLE:
            if rules.has_article(to_text(holder.body_html), article):
                return holder.id, f"#article-{article}"
        elif (page := _page(session, holder, article)) is not None:
            return holder.id, f"#page-{page}"
    return None


def _page(session: Session, holder: Resource, article: int) -> int | None:
    pages = select(MediaPage.number, MediaPage.text).where(MediaPage.media_id == holder.media_id)
    rows = session.execute(pages.order_by(MediaPage.number))
    return next((number for number, text in rows if rules.has_article(text, article)), None)
