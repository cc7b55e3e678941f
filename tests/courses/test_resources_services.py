"""From draft through two reviews to the library, and out again."""

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.audit.models import AuditRecord
from lms.courses.models import Resource, ResourceReview
from lms.courses.review_rules import ResourceKind, ResourceState, ReviewStep, Verdict
from lms.courses.services import resources as services
from lms.courses.services.resources import Facts
from lms.errors import Conflict, Forbidden, Invalid
from lms.media import queries as media_queries
from lms.media.models import MediaFile
from lms.notices.models import Notice
from tests.courses.conftest import Draft, Publish
from tests.media import files

C, S = ReviewStep.CONTENT, ReviewStep.SECRECY


def review(session: Session, resource: Resource, step: ReviewStep, reviewer: Any, **given: Any) -> None:
    verdict = given.pop("verdict", Verdict.APPROVED)
    given = {"version": resource.version, "is_unclassified": step is S, "now": clock.now(), **given}
    services.review_resource(session, resource, step, verdict, reviewer=reviewer, **given)


def test_two_different_persons_bring_a_resource_into_the_library(
    session: Session, principals: SimpleNamespace, draft: Draft
) -> None:
    resource = draft("耕地占补平衡新规解读")
    services.submit_resource(session, resource, now=clock.now())
    assert resource.state is ResourceState.CONTENT_REVIEW
    review(session, resource, C, principals.ada)
    assert resource.state is ResourceState.SECRECY_REVIEW
    review(session, resource, S, principals.rui)
    assert resource.state is ResourceState.PUBLISHED
    assert resource.published_at is not None
    told = session.scalars(select(Notice.text).where(Notice.person_id == principals.ed.id)).all()
    assert told == ["《耕地占补平衡新规解读》已通过审核并发布。"]
    assert "resource.review" in session.scalars(select(AuditRecord.action)).all()


def test_the_same_person_cannot_do_both_steps(session: Session, principals: SimpleNamespace, draft: Draft) -> None:
    resource = draft("一")
    services.submit_resource(session, resource, now=clock.now())
    review(session, resource, C, principals.ada)
    with pytest.raises(Forbidden, match="另一人"):
        review(session, resource, S, principals.ada)
    assert resource.state is ResourceState.SECRECY_REVIEW


def test_an_author_cannot_review_the_own_resource(session: Session, principals: SimpleNamespace, draft: Draft) -> None:
    resource = draft("一", by="ada")
    services.submit_resource(session, resource, now=clock.now())
    with pytest.raises(Forbidden, match="本人"):
        review(session, resource, C, principals.ada)


def test_the_secrecy_review_needs_the_confirmation(session: Session, principals: SimpleNamespace, draft: Draft) -> None:
    resource = draft("一")
    services.submit_resource(session, resource, now=clock.now())
    review(session, resource, C, principals.ada)
    with pytest.raises(Invalid, match="不含涉密内容"):
        review(session, resource, S, principals.rui, is_unclassified=False)
    review(session, resource, S, principals.rui)
    kept = session.scalars(select(ResourceReview).where(ResourceReview.step == S)).one()
    assert kept.is_unclassified


def test_a_returned_resource_comes_back_as_a_new_version_that_needs_both_reviews_again(
    session: Session, principals: SimpleNamespace, draft: Draft
) -> None:
    resource = draft("一")
    services.submit_resource(session, resource, now=clock.now())
    review(session, resource, C, principals.ada)
    with pytest.raises(Invalid, match="退回原因"):
        review(session, resource, S, principals.rui, verdict=Verdict.RETURNED)
    review(session, resource, S, principals.rui, verdict=Verdict.RETURNED, reason="第 3 页有内部编号")
    assert resource.state is ResourceState.RETURNED
    services.submit_resource(session, resource, now=clock.now())
    assert (resource.state, resource.version) == (ResourceState.CONTENT_REVIEW, 2)
    review(session, resource, C, principals.ada)
    review(session, resource, S, principals.rui)
    assert resource.state is ResourceState.PUBLISHED


def test_a_verdict_on_a_version_the_reviewer_did_not_see_is_refused(
    session: Session, principals: SimpleNamespace, draft: Draft
) -> None:
    resource = draft("一")
    services.submit_resource(session, resource, now=clock.now())
    with pytest.raises(Conflict):
        review(session, resource, C, principals.ada, version=resource.version + 1)


def test_reviewing_twice_has_one_effect(session: Session, principals: SimpleNamespace, draft: Draft) -> None:
    resource = draft("一")
    services.submit_resource(session, resource, now=clock.now())
    review(session, resource, C, principals.ada)
    with pytest.raises(Conflict):
        review(session, resource, C, principals.ada)
    assert len(session.scalars(select(ResourceReview)).all()) == 1


@pytest.mark.parametrize("state", [s for s in ResourceState if s not in (ResourceState.DRAFT, ResourceState.RETURNED)])
def test_under_review_and_after_it_nothing_can_be_changed(session: Session, draft: Draft, state: ResourceState) -> None:
    resource = draft("一")
    resource.state = state
    session.flush()
    facts = Facts("二", "", resource.line, "", None, body_html="<p>x</p>")
    with pytest.raises(Conflict):
        services.edit_resource(session, resource, facts, file=None)
    with pytest.raises(Conflict):
        services.submit_resource(session, resource, now=clock.now())
    session.refresh(resource)
    assert resource.title == "一"


def test_what_is_served_is_the_file_that_was_approved(
    session: Session, publish_file: Publish, principals: SimpleNamespace
) -> None:
    resource = publish_file("a.pdf", files.pdf("x"), "一", ResourceKind.DOCUMENT)
    approved = session.scalars(select(ResourceReview.media_id).where(ResourceReview.resource_id == resource.id)).all()
    assert set(approved) == {resource.media_id}
    assert resource.page_count == 1


def test_a_file_that_is_not_ready_cannot_be_submitted(
    session: Session, principals: SimpleNamespace, publish_file: Publish
) -> None:
    resource = publish_file("a.pdf", files.pdf("x"), "一", ResourceKind.DOCUMENT)
    resource.state = ResourceState.DRAFT
    file = session.get(MediaFile, resource.media_id)
    assert file is not None
    file.state = "processing"  # type: ignore[assignment]
    session.flush()
    with pytest.raises(Conflict, match="处理好"):
        services.submit_resource(session, resource, now=clock.now())


def test_a_withdrawn_resource_ends_its_links_and_can_be_revised(
    session: Session, principals: SimpleNamespace, publish_file: Publish
) -> None:
    resource = publish_file("a.pdf", files.pdf("x"), "一", ResourceKind.DOCUMENT)
    before = media_queries.find_media(session, resource.media_id or 0)
    assert before is not None
    epoch = before.link_epoch
    with pytest.raises(Invalid):
        services.withdraw_resource(session, resource, by=principals.hua, reason="", now=clock.now())
    services.withdraw_resource(session, resource, by=principals.hua, reason="政策已更新", now=clock.now())
    session.refresh(before)
    assert (resource.state, before.link_epoch) == (ResourceState.WITHDRAWN, epoch + 1)
    services.revise_resource(session, resource, now=clock.now())
    assert (resource.state, resource.version) == (ResourceState.DRAFT, 2)


@pytest.mark.parametrize(
    "kind, field", [(ResourceKind.VIDEO, "file"), (ResourceKind.ARTICLE, "body_html"), (ResourceKind.LINK, "url")]
)
def test_a_resource_without_its_content_is_refused(
    session: Session, principals: SimpleNamespace, kind: ResourceKind, field: str
) -> None:
    ed = principals.ed
    with pytest.raises(Invalid) as refused:
        services.draft_resource(
            session,
            ed,
            kind,
            Facts("一", "", "land", "", None),
            file=None,
            owner_unit_id=ed.unit_id,
            now=clock.now(),  # type: ignore[arg-type]
        )
    assert refused.value.field == field


def test_a_link_that_is_not_a_web_address_is_refused(session: Session, principals: SimpleNamespace) -> None:
    ed = principals.ed
    facts = Facts("一", "", "land", "", None, url="javascript:alert(1)")  # type: ignore[arg-type]
    with pytest.raises(Invalid, match="https"):
        services.draft_resource(
            session, ed, ResourceKind.LINK, facts, file=None, owner_unit_id=ed.unit_id, now=clock.now()
        )
