"""What a person finds: published, for the person's unit, by two characters, by sound, by the text of a page."""

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.courses.queries import library as queries
from lms.courses.queries.library import Wanted
from lms.courses.review_rules import Line, ResourceKind
from lms.courses.services import resources as services
from lms.courses.services.search import sounds_of
from lms.people.models import Unit
from tests.courses.conftest import Draft, Publish
from tests.media import files


def titles(session: Session, person: Any, text: str = "", **given: Any) -> list[str]:
    return [r.title for r in queries.find_resources(session, person, Wanted(text, **given)).rows]


@pytest.mark.parametrize(
    "text", ["占补", "耕地", "解读", "读", "平衡 新规", "易德", "yide", "yd", "ＧＩＳ", "gis", "新规解读"]
)
def test_a_published_resource_is_found_by_part_of_its_title_and_by_its_lecturer_also_by_sound(
    session: Session, principals: SimpleNamespace, publish: Publish, text: str
) -> None:
    publish("耕地占补平衡GIS新规解读")
    assert titles(session, principals.lin, text) == ["耕地占补平衡GIS新规解读"]


def test_what_the_words_do_not_say_is_not_found(
    session: Session, principals: SimpleNamespace, publish: Publish
) -> None:
    publish("耕地占补平衡新规解读")
    for text in ("补占", "登记", "耕地 登记", "%", "_", "'", '"', "*", "NEAR(", "，"):
        assert titles(session, principals.lin, text) == []


def test_all_readings_of_a_surname_are_found() -> None:
    assert {"shanming", "sm", "danming", "dm"} <= set(sounds_of("单明").split())


def test_the_page_of_a_document_is_found_and_named(
    session: Session, principals: SimpleNamespace, publish_file: Publish
) -> None:
    slides = files.deck(("概述", "一"), ("要点", "永久基本农田一经划定不得擅自占用"))
    resource = publish_file("a.pptx", slides, "业务培训", ResourceKind.DOCUMENT)
    assert titles(session, principals.lin, "农田") == ["业务培训"]
    hit = queries.hits_of(session, Wanted("农田"), [resource.id])[resource.id]
    assert (hit.where, "农田" in hit.excerpt) == ("第 2 页", True)


def test_a_hit_in_the_title_comes_first_and_needs_no_excerpt(
    session: Session, principals: SimpleNamespace, publish: Publish
) -> None:
    first = publish("不动产登记")
    publish("别的", body="<p>讲到不动产登记</p>")
    publish("再别的", summary="不动产")
    assert titles(session, principals.lin, "不动产")[0] == "不动产登记"
    hits = queries.hits_of(session, Wanted("不动产"), [first.id, first.id + 1, first.id + 2])
    assert {subject: hit.where for subject, hit in hits.items()} == {first.id + 1: "正文", first.id + 2: "简介"}


def test_drafts_and_withdrawn_resources_are_in_no_list_and_no_search(
    session: Session, principals: SimpleNamespace, draft: Draft, publish: Publish
) -> None:
    draft("草稿测绘")
    gone = publish("撤下测绘")
    publish("公开测绘")
    services.withdraw_resource(session, gone, by=principals.hua, reason="旧", now=clock.now())
    assert titles(session, principals.lin) == titles(session, principals.lin, "测绘") == ["公开测绘"]


def test_a_resource_for_one_unit_is_found_there_and_nowhere_else(
    session: Session, principals: SimpleNamespace, publish: Publish
) -> None:
    north = session.scalars(select(Unit).where(Unit.name == "北区分局")).one()
    publish("北区内部讲义", audience=north.id)
    assert titles(session, principals.lin, "内部") == titles(session, principals.lin) == ["北区内部讲义"]
    assert titles(session, principals.dana, "内部") == titles(session, principals.dana) == []


def test_a_resource_for_the_whole_bureau_is_found_in_every_unit_below(
    session: Session, principals: SimpleNamespace, publish: Publish
) -> None:
    root = session.scalars(select(Unit).where(Unit.parent_id.is_(None))).one()
    publish("全局讲义", audience=root.id)
    assert titles(session, principals.dana) == ["全局讲义"]


def test_line_and_kind_narrow_the_list(session: Session, principals: SimpleNamespace, publish: Publish) -> None:
    publish("一", line=Line.LAND)
    publish("二", line=Line.SURVEY)
    assert titles(session, principals.lin, line=Line.SURVEY) == ["二"]
    assert titles(session, principals.lin, kind=ResourceKind.ARTICLE) == ["二", "一"]
    assert titles(session, principals.lin, kind=ResourceKind.VIDEO) == []
