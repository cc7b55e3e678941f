"""Uploads and their examination, and resources on their way to the library."""

import io
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from lms import clock
from lms.courses.models import Resource
from lms.courses.review_rules import Line, ResourceKind, ReviewStep, Verdict
from lms.courses.services import resources as services
from lms.courses.services.resources import Facts
from lms.media import services as media
from lms.storage.local import LocalStorage
from tests.media.conftest import run_tasks, storage
from tests.support.statements import statements_of

__all__ = ["run_tasks", "storage"]

Draft = Callable[..., Resource]
Publish = Callable[..., Resource]


@pytest.fixture
def draft(session: Session, principals: SimpleNamespace) -> Draft:
    """`draft("title", by="ed", …)`: an article in the author's unit."""

    def made(
        title: str, *, by: str = "ed", audience: int | None = None, line: Line = Line.FARMLAND, **given: Any
    ) -> Resource:
        author = getattr(principals, by)
        facts = Facts(
            title=title,
            summary=given.get("summary", ""),
            line=line,
            lecturer_name=given.get("lecturer", author.name),
            audience_unit_id=audience,
            body_html=given.get("body", "<p>正文</p>"),
            captions_vtt=given.get("captions", ""),
            series_id=given.get("series"),
            year=given.get("year"),
            tags=given.get("tags", ()),
        )
        return services.draft_resource(
            session,
            author,
            ResourceKind.ARTICLE,
            facts,
            file=None,
            owner_unit_id=author.unit_id,
            lecturer_id=author.id if facts.lecturer_name == author.name else None,
            now=clock.now(),
        )

    return made


@pytest.fixture
def publish(session: Session, principals: SimpleNamespace, draft: Draft) -> Publish:
    """A published article, or the given resource published by ada and rui."""

    def published(what: Resource | str, **given: object) -> Resource:
        resource = what if isinstance(what, Resource) else draft(what, **given)
        services.submit_resource(session, resource, now=clock.now())
        for step, name in ((ReviewStep.CONTENT, "ada"), (ReviewStep.SECRECY, "rui")):
            services.review_resource(
                session,
                resource,
                step,
                Verdict.APPROVED,
                reviewer=getattr(principals, name),
                version=resource.version,
                is_unclassified=step is ReviewStep.SECRECY,
                now=clock.now(),
            )
        return resource

    return published


@pytest.fixture
def publish_file(
    session: Session, principals: SimpleNamespace, storage: LocalStorage, run_tasks: Callable[[], int], publish: Publish
) -> Publish:
    """`publish_file("a.pdf", content, "title", kind)`: a file uploaded by ed, examined and published."""

    def published(name: str, content: bytes, title: str, kind: ResourceKind, audience: int | None = None) -> Resource:
        ed = principals.ed
        file = media.receive(session, io.BytesIO(content), name=name, owner_id=ed.id, storage=storage, now=clock.now())
        facts = Facts(title, "", Line.LAND, ed.name, audience)
        resource = services.draft_resource(
            session, ed, kind, facts, file=file, owner_unit_id=ed.unit_id, now=clock.now()
        )
        run_tasks()
        return publish(session.merge(resource))

    return published


@pytest.fixture
def count_queries(app: Flask) -> Callable[[Callable[[], object]], int]:
    """How many statements a call sends to the database."""

    def counted(call: Callable[[], object]) -> int:
        with statements_of(app.extensions["engine"]) as sent:
            call()
        return len(sent)

    return counted
