"""A new version takes the place of the published one: ids, progress, favourites and notes stay, and only what was approved is served."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms import clock
from lms.audit.models import AuditRecord
from lms.courses.library_rules import Spot
from lms.courses.models import Resource, ResourceComment, ResourceFavourite, ResourceNote, ResourceReview, ResourceTag
from lms.courses.queries import changes, library, own, reviews, versions
from lms.courses.queries.library import Wanted
from lms.courses.review_rules import ResourceState, ReviewStep, Verdict
from lms.courses.services import comments, progress, recounts, resources, shelf
from lms.courses.services import versions as services
from lms.courses.services.resources import Facts
from lms.db import MakeSession, unit_of_work
from lms.errors import Conflict, Invalid
from lms.people.models import Unit
from lms.tasks.models import Task
from lms.tasks.services import run_due
from tests.courses import desk
from tests.courses.conftest import Draft, Publish

Review = Callable[..., None]


def facts_of(session: Session, resource: Resource, **given: Any) -> Facts:
    """What the author would leave as it is, and what is changed."""
    kept = {name: getattr(resource, name) for name in Facts.__dataclass_fields__ if name != "tags"}
    return replace(Facts(**kept, tags=tuple(versions.list_tags(session, resource.id))), **given)


@pytest.fixture
def next_of(session: Session, principals: SimpleNamespace) -> Callable[..., Resource]:
    """`next_of(resource, body="…", …)`: the draft of its next version with these changes."""

    def made(resource: Resource, **given: Any) -> Resource:
        draft = services.begin_version(session, resource, by=principals.ed, now=clock.now())
        given = {"change_note": "按新规修改", **given}
        resources.edit_resource(session, draft, facts_of(session, draft, **given), file=None)
        return draft

    return made


@pytest.fixture
def approve(session: Session, principals: SimpleNamespace) -> Review:
    """`approve(resource)` by ada and rui, or only the named step."""

    def done(resource: Resource, *steps: ReviewStep) -> None:
        for step in steps or tuple(ReviewStep):
            reviewer = principals.ada if step is ReviewStep.CONTENT else principals.rui
            resources.review_resource(
                session, resource, step, Verdict.APPROVED, reviewer=reviewer, version=resource.version,
                is_unclassified=step is ReviewStep.SECRECY, now=clock.now(),
            )  # fmt: skip

    return done


def test_the_published_version_is_served_until_the_next_is_approved_and_then_the_same_id_shows_the_next(
    session: Session, principals: SimpleNamespace, publish: Publish, next_of: Any, approve: Review
) -> None:
    resource = publish("占补平衡", body="<p>旧规定</p>", tags=("占补",))
    draft = next_of(resource, title="占补平衡新解", body_html="<p>新规定</p>", tags=("占补", "新规"))
    resources.submit_resource(session, draft, now=clock.now())
    approve(draft, ReviewStep.CONTENT)
    session.refresh(resource)
    assert (resource.body_html, resource.version, resource.state) == ("<p>旧规定</p>", 1, ResourceState.PUBLISHED)
    assert found(session, principals.lin, "新规") == []
    approve(draft, ReviewStep.SECRECY)
    session.refresh(resource)
    assert (resource.title, resource.body_html, resource.version) == ("占补平衡新解", "<p>新规定</p>", 2)
    assert found(session, principals.lin, "旧规") == []
    assert found(session, principals.lin, "新规") == [resource.id]
    assert versions.list_tags(session, resource.id) == ["占补", "新规"]
    lines = versions.list_versions(session, resource)
    assert [(line.version, line.title, line.note) for line in lines] == [
        (2, "占补平衡新解", "按新规修改"),
        (1, "占补平衡", ""),
    ]
    old = session.get_one(Resource, lines[1].id)
    assert (old.state, old.body_html, old.id) == (ResourceState.SUPERSEDED, "<p>旧规定</p>", draft.id)
    assert versions.list_tags(session, old.id) == ["占补"]
    assert "resource.replace" in session.scalars(select(AuditRecord.action)).all()


def found(session: Session, person: Any, text: str) -> list[int]:
    return [row.id for row in library.find_resources(session, person, Wanted(text)).rows]


def test_both_approvals_name_the_version_and_all_reviews_stay_with_the_resource(
    session: Session, publish: Publish, next_of: Any, approve: Review
) -> None:
    resource = publish("一")
    draft = next_of(resource, body_html="<p>二</p>")
    resources.submit_resource(session, draft, now=clock.now())
    approve(draft)
    rows = session.scalars(select(ResourceReview).order_by(ResourceReview.id)).all()
    assert [(r.resource_id, r.version) for r in rows] == [
        (resource.id, 1),
        (resource.id, 1),
        (resource.id, 2),
        (resource.id, 2),
    ]
    assert len({r.digest for r in rows}) == 2
    assert all(r.digest for r in rows)


@pytest.mark.parametrize(
    "column, value", [("body_html", "<p>偷换</p>"), ("title", "偷换"), ("captions_vtt", "WEBVTT\n")]
)
def test_what_was_changed_after_the_content_review_can_never_be_served(
    session: Session, principals: SimpleNamespace, draft: Draft, approve: Review, column: str, value: str
) -> None:
    resource = draft("一")
    resources.submit_resource(session, resource, now=clock.now())
    approve(resource, ReviewStep.CONTENT)
    session.execute(update(Resource).where(Resource.id == resource.id).values({column: value}))
    session.refresh(resource)
    with pytest.raises(Conflict, match="改动"):
        approve(resource, ReviewStep.SECRECY)
    assert resource.state is ResourceState.SECRECY_REVIEW
    assert found(session, principals.lin, "一") == found(session, principals.lin, "偷换") == []


def test_a_tag_put_on_after_the_content_review_is_a_change_too(session: Session, draft: Draft, approve: Review) -> None:
    resource = draft("一")
    resources.submit_resource(session, resource, now=clock.now())
    approve(resource, ReviewStep.CONTENT)
    session.add(ResourceTag(resource_id=resource.id, tag="新"))
    session.flush()
    with pytest.raises(Conflict, match="改动"):
        approve(resource, ReviewStep.SECRECY)


def test_there_is_one_next_version_at_a_time_and_it_can_be_given_up(
    session: Session, principals: SimpleNamespace, publish: Publish, next_of: Any
) -> None:
    resource = publish("一", tags=("甲",))
    draft = next_of(resource)
    with pytest.raises(Conflict, match="已经有一个新版本"):
        services.begin_version(session, resource, by=principals.ed, now=clock.now())
    services.discard_version(session, draft, by=principals.ed, now=clock.now())
    session.flush()
    assert versions.find_next(session, resource.id) is None
    assert next_of(resource).version == 2
    with pytest.raises(Conflict):
        services.discard_version(session, resource, by=principals.ed, now=clock.now())


def test_a_next_version_says_what_is_new_and_shuts_nobody_out_of_a_course(
    session: Session, publish: Publish, next_of: Any
) -> None:
    resource = publish("一")
    desk.course(session, resource)
    north = session.scalars(select(Unit.id).where(Unit.name == "北区分局")).one()
    draft = next_of(resource, change_note="", audience_unit_id=north)
    with pytest.raises(Invalid, match="改了什么"):
        resources.submit_resource(session, draft, now=clock.now())
    resources.edit_resource(session, draft, facts_of(session, draft, change_note="改"), file=None)
    with pytest.raises(Invalid, match="耕地保护一讲"):
        resources.submit_resource(session, draft, now=clock.now())


def test_a_version_approved_after_the_resource_was_withdrawn_brings_it_back(
    session: Session, principals: SimpleNamespace, publish: Publish, next_of: Any, approve: Review
) -> None:
    resource = publish("一")
    draft = next_of(resource, body_html="<p>改正了</p>")
    resources.withdraw_resource(session, resource, by=principals.hua, reason="有误", now=clock.now())
    resources.submit_resource(session, draft, now=clock.now())
    approve(draft)
    session.refresh(resource)
    assert (resource.state, resource.withdrawn_reason, resource.withdrawn_at) == (ResourceState.PUBLISHED, "", None)


def test_favourites_and_notes_stay_with_the_resource(
    session: Session, principals: SimpleNamespace, publish: Publish, next_of: Any, approve: Review
) -> None:
    resource = publish("一")
    lin = principals.lin
    shelf.keep_favourite(session, resource, person_id=lin.id, now=clock.now())
    shelf.add_note(session, resource, "记一笔", Spot(), person_id=lin.id, count=0, now=clock.now())
    draft = next_of(resource, body_html="<p>二</p>")
    resources.submit_resource(session, draft, now=clock.now())
    approve(draft)
    assert own.is_favourite(session, resource.id, lin.id)
    assert [note.text for note in own.list_notes(session, resource.id, lin.id)] == ["记一笔"]
    assert session.scalars(select(ResourceFavourite.resource_id)).all() == [resource.id]
    assert session.scalars(select(ResourceNote.resource_id)).all() == [resource.id]


def replaced_film(session: Session, cast: Any, seconds: int) -> tuple[Resource, Any]:
    """A film of 60 s in a course, seen whole by lin and 30 s by bo, then replaced by one of so many seconds."""
    film = desk.resource(session, seconds=60, published_at=desk.AT, version=1)
    of = desk.course(session, film)
    (lesson,) = desk.lessons(session, of)
    desk.Device(session, lesson, cast.lin).play(60)
    desk.Device(session, lesson, cast.bo, seconds=100).play(30)
    draft = services.begin_version(session, film, by=SimpleNamespace(id=film.created_by_id), now=desk.at(500))  # type: ignore[arg-type]
    draft.duration_millis, draft.change_note = seconds * 1000, "重新剪过"
    draft.state = ResourceState.SECRECY_REVIEW
    session.flush()
    services.take_place(session, draft, by=SimpleNamespace(id=film.created_by_id), now=desk.at(600))  # type: ignore[arg-type]
    session.commit()
    return film, lesson


@pytest.mark.parametrize(
    "seconds, lins, bos, is_bo_finished", [(90, 60, 30, False), (40, 40, 30, False), (33, 33, 30, True)]
)
def test_finished_stays_finished_and_coverage_is_kept_up_to_the_new_length(
    session: Session, cast: Any, make_session: MakeSession, seconds: int, lins: int, bos: int, is_bo_finished: bool
) -> None:
    _, lesson = replaced_film(session, cast, seconds)
    finished_at = desk.progress(session, lesson, cast.lin).finished_at
    assert finished_at is not None
    session.commit()
    assert run_due(make_session, {services.RECOUNT: recounts.run_recount}, {}) == 1
    session.expire_all()
    assert session.scalars(select(Task.state)).all() == ["done"]
    lin, bo = desk.progress(session, lesson, cast.lin), desk.progress(session, lesson, cast.bo)
    assert (lin.finished_at, lin.spans) == (finished_at, [[0, lins * 1000]])
    assert (bo.finished_at is not None, bo.spans) == (is_bo_finished, [[0, bos * 1000]])
    assert progress.verify(session).problems == []


def test_a_version_of_the_same_length_needs_no_recount(session: Session, cast: Any) -> None:
    replaced_film(session, cast, 60)
    assert session.scalars(select(Task.kind)).all() == []


def test_a_recount_done_twice_gives_the_same(session: Session, cast: Any, make_session: MakeSession) -> None:
    _, lesson = replaced_film(session, cast, 40)
    for _ in range(2):
        with unit_of_work(make_session) as other:
            recounts.recount_for_version(other, lesson.id, cast.bo.id, now=desk.at(700))
    session.expire_all()
    assert desk.progress(session, lesson, cast.bo).spans == [[0, 30_000]]


def test_a_withdrawn_resource_that_is_revised_keeps_what_it_showed(
    session: Session, principals: SimpleNamespace, publish: Publish
) -> None:
    resource = publish("一", body="<p>旧</p>")
    resources.withdraw_resource(session, resource, by=principals.hua, reason="有误", now=clock.now())
    resources.revise_resource(session, resource, now=clock.now())
    resources.edit_resource(session, resource, facts_of(session, resource, body_html="<p>新</p>"), file=None)
    publish(resource)
    lines = versions.list_versions(session, resource)
    assert [line.version for line in lines] == [2, 1]
    assert session.get_one(Resource, lines[1].id).body_html == "<p>旧</p>"


def test_the_reviewer_sees_what_is_new_against_the_published_version(
    session: Session, publish: Publish, next_of: Any
) -> None:
    resource = publish("一", body="<p>甲</p><p>乙</p>")
    assert changes.against_published(session, resource) is None
    found = changes.against_published(session, next_of(resource, title="二", body_html="<p>甲</p><p>丙</p>"))
    assert found is not None
    assert [(c.name, c.before, c.after) for c in found.facts] == [("标题", "一", "二")]
    assert [(c.name, c.lines) for c in found.texts] == [("正文", (("out", "乙"), ("in", "丙")))]


def test_a_remark_at_a_place_has_to_be_settled_before_the_author_hands_in_again(
    session: Session, principals: SimpleNamespace, draft: Draft
) -> None:
    resource = draft("一")
    resources.submit_resource(session, resource, now=clock.now())
    late = comments.comment(session, resource, "电话过期", Spot(page=3), by=principals.ada, now=clock.now())
    comments.comment(session, resource, "标题太长", Spot(page=1), by=principals.ada, now=clock.now())
    resources.review_resource(
        session, resource, ReviewStep.CONTENT, Verdict.RETURNED, reviewer=principals.ada, version=1,
        reason="见逐处意见", now=clock.now(),
    )  # fmt: skip
    assert [c.text for c in reviews.list_comments(session, resource.id)] == ["标题太长", "电话过期"]
    with pytest.raises(Conflict, match="2 条审核意见"):
        resources.submit_resource(session, resource, now=clock.now())
    for comment in session.scalars(select(ResourceComment)).all():
        comments.resolve_comment(session, comment, by=principals.ed, now=clock.now())
    with pytest.raises(Conflict, match="已经处理"):
        comments.resolve_comment(session, late, by=principals.ed, now=clock.now())
    resources.submit_resource(session, resource, now=clock.now())
    assert resource.version == 2
    logged = session.scalars(select(AuditRecord.action)).all()
    assert [a for a in logged if "comment" in a] == ["resource.comment"] * 2 + ["resource.comment_resolved"] * 2
