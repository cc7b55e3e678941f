"""The ways through the library: filters that work together, series, speakers, tags, favourites, notes; and nothing of what is not for one."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.courses.models import Resource, ResourceComment, ResourceNote, Series, Speaker
from lms.courses.queries import library, shelf
from lms.courses.queries.library import Wanted
from lms.courses.review_rules import ResourceKind, ResourceState
from lms.courses.services import resources
from lms.courses.services import shelf as services
from lms.courses.services.shelf import Catalogue, SeriesFacts
from lms.people.models import Unit
from tests.courses import desk
from tests.courses.conftest import Draft, Publish
from tests.media import files
from tests.support.web import Web

CAPTIONS = "WEBVTT\n\n00:01.000 --> 00:04.000\n先讲永久基本\n\n03:05.000 --> 03:09.000\n农田一经划定不得占用\n"


def text_of(browser: Web, url: str, status: int = 200) -> str:
    return browser.get(url, status).get_data(as_text=True)


@pytest.fixture
def series(session: Session, principals: SimpleNamespace) -> Series:
    root = session.scalars(select(Unit.id).where(Unit.parent_id.is_(None))).one()
    facts = SeriesFacts("业务大讲堂", "每月一讲", 1)
    return services.add_series(session, facts, owner_unit_id=root, by=principals.hua, now=clock.now())


@pytest.fixture
def north(session: Session) -> int:
    return session.scalars(select(Unit.id).where(Unit.name == "北区分局")).one()


def titles(session: Session, person: object, **wanted: object) -> list[str]:
    return [r.title for r in library.find_resources(session, person, Wanted(**wanted)).rows]  # type: ignore[arg-type]


def test_filters_work_together_with_and_without_words(
    session: Session, principals: SimpleNamespace, publish: Publish, series: Series
) -> None:
    publish("耕地一", series=series.id, year=2025, tags=("占补",))
    publish("耕地二", series=series.id, year=2026)
    publish("耕地三", year=2026, tags=("占补",), lecturer="外请专家")
    speaker = session.scalars(select(Speaker.id).where(Speaker.name == "外请专家")).one()
    for text in ("", "耕地"):
        lin = principals.lin
        assert titles(session, lin, text=text, series_id=series.id, year=2026) == ["耕地二"]
        assert titles(session, lin, text=text, tag="占补") == ["耕地三", "耕地一"]
        assert titles(session, lin, text=text, tag="占补", speaker_id=speaker) == ["耕地三"]
        assert titles(session, lin, text=text, tag="占补", year=2024) == []


def test_titles_are_sorted_by_pinyin_and_otherwise_the_newest_is_first(
    session: Session, principals: SimpleNamespace, publish: Publish
) -> None:
    for title in ("征地要点", "耕地要点", "测绘要点"):
        publish(title)
    for text in ("", "要点"):
        assert titles(session, principals.lin, text=text, sort=library.Sort.TITLE) == [
            "测绘要点",
            "耕地要点",
            "征地要点",
        ]
        assert titles(session, principals.lin, text=text, sort=library.Sort.NEWEST)[0] == "测绘要点"


def test_the_page_keeps_every_filter_in_its_links(web: Web, publish: Publish, series: Series) -> None:
    publish("耕地一", series=series.id, year=2025, tags=("占补",))
    page = text_of(web.as_("lin"), f"/library/?q=耕地&line=farmland&series={series.id}&year=2025&tag=占补&sort=title")
    assert "耕地一" in page
    assert f"line=land&amp;series={series.id}&amp;year=2025" in page
    assert "标签：占补" in page
    assert text_of(web.as_("lin"), "/library/?series=999", 422)


@pytest.mark.parametrize(
    "query", ["series=x", "year=-1", "sort=minutes", "speaker=abc", "tag=%27", "page=99", "q=%27&page=7"]
)
def test_odd_filters_break_nothing(web: Web, publish: Publish, query: str) -> None:
    publish("耕地一")
    assert web.as_("lin").client.get(f"/library/?{query}").status_code in (200, 422)


def test_what_is_for_another_unit_shows_nowhere(
    web: Web, session: Session, principals: SimpleNamespace, publish: Publish, series: Series, north: int
) -> None:
    hidden = publish("北区内部讲义", audience=north, series=series.id, year=2020, tags=("暗号",), lecturer="北区专家")
    shown = publish("公开讲义", lecturer="易德")
    speaker = session.scalars(select(Speaker.id).where(Speaker.name == "北区专家")).one()
    lin, dana = web.as_("lin"), web.as_("dana")
    words = ("北区内部", "业务大讲堂", "暗号", "北区专家", "2020 年")
    pages = (
        "/library/",
        "/library/?q=讲义",
        "/library/series",
        "/library/speakers",
        "/library/tags",
        f"/library/{shown.id}",
    )
    for url in pages:
        said = text_of(dana, url)
        assert not [word for word in words if word in said.replace("业务大讲堂、青年党校等", "")], url
    for url in (f"/library/{hidden.id}", f"/library/series/{series.id}", f"/library/speakers/{speaker}"):
        dana.get(url, 404)
        assert "北区内部讲义" in text_of(lin, url)
    assert "暗号" in text_of(lin, "/library/tags")
    assert [each.resource.id for each in shelf.list_related(session, principals.lin, shown, [])] == [hidden.id]
    assert shelf.list_related(session, principals.dana, shown, []) == []
    dana.post(f"/library/{hidden.id}/favourite", status=404)
    dana.post(f"/library/{hidden.id}/notes", {"text": "x"}, 404)


def test_a_speaker_is_the_person_or_the_name_from_outside_and_shows_the_years(
    web: Web, session: Session, cast: SimpleNamespace, publish: Publish
) -> None:
    publish("一", year=2024)
    publish("二", year=2026)
    publish("三", by="hua", lecturer="易德")
    mine, other = session.scalars(select(Speaker).where(Speaker.name == "易德").order_by(Speaker.id)).all()
    assert (mine.person_id, other.person_id) == (cast.ed.id, None)
    page = text_of(web.as_("lin"), f"/library/speakers/{mine.id}")
    assert page.index("2026 年") < page.index("2024 年")
    assert "三" not in page.split("<main")[1].split("</main")[0].replace("三会一课", "")


def test_related_things_say_why(
    session: Session, principals: SimpleNamespace, publish: Publish, series: Series
) -> None:
    here = publish("这一份", series=series.id, tags=("占补",), lecturer="甲")
    publish("同条线", lecturer="乙")
    publish("同标签", tags=("占补", "别的"), lecturer="丙")
    publish("同讲师", lecturer="甲")
    publish("同系列", series=series.id, lecturer="丁")
    found = shelf.list_related(session, principals.lin, here, ["占补"])
    assert [(each.resource.title, each.why) for each in found] == [
        ("同系列", "同一系列：业务大讲堂"),
        ("同讲师", "同一讲师：甲"),
        ("同标签", "同样的标签：占补"),
        ("同条线", "同一条线"),
    ]


def test_a_word_said_leads_to_its_second_and_one_on_a_slide_to_its_page(
    web: Web, session: Session, publish: Publish, publish_file: Publish
) -> None:
    film = publish("讲座", captions=CAPTIONS)
    slides = publish_file("a.pptx", files.deck(("一", "概述"), ("二", "增减挂钩")), "课件", ResourceKind.DOCUMENT)
    lin = web.as_("lin")
    assert f"/library/{film.id}#t=185" in text_of(lin, "/library/?q=划定")
    assert f'/library/{film.id}#t=1"' in text_of(lin, "/library/?q=基本农田"), "a word that two lines share"
    assert f"/library/{slides.id}#page-2" in text_of(lin, "/library/?q=挂钩")


def test_favourites_are_only_mine(web: Web, session: Session, publish: Publish) -> None:
    resource = publish("占补讲义")
    lin, bo = web.as_("lin"), web.as_("bo")
    for _ in range(2):
        lin.post(f"/library/{resource.id}/favourite")
    assert "占补讲义" in text_of(lin, "/library/mine")
    assert "占补讲义" not in text_of(bo, "/library/mine")
    assert "取消收藏" in text_of(lin, f"/library/{resource.id}")
    bo.post(f"/library/{resource.id}/favourite/removal")
    assert "占补讲义" in text_of(lin, "/library/mine")
    lin.post(f"/library/{resource.id}/favourite/removal", {"from": "mine"})
    assert "占补讲义" not in text_of(lin, "/library/mine")


def test_a_favourite_that_was_withdrawn_says_why(
    web: Web, session: Session, principals: SimpleNamespace, publish: Publish
) -> None:
    resource = publish("占补讲义")
    lin = web.as_("lin")
    lin.post(f"/library/{resource.id}/favourite")
    resources.withdraw_resource(session, resource, by=principals.hua, reason="政策已更新", now=clock.now())
    assert "政策已更新" in text_of(lin, "/library/mine")
    lin.post(f"/library/{resource.id}/favourite/removal", {"from": "mine"})
    assert "政策已更新" not in text_of(lin, "/library/mine")


def test_notes_are_only_mine_and_lead_back_to_their_place(
    web: Web, session: Session, cast: SimpleNamespace, publish: Publish
) -> None:
    film = desk.resource(session, seconds=600)
    (lesson,) = desk.lessons(session, desk.course(session, film))
    lin, bo = web.as_("lin"), web.as_("bo")
    assert "请写成" in lin.post(f"/library/{film.id}/notes", {"place": "三分", "text": "x"}, 422).get_data(as_text=True)
    lin.post(f"/library/{film.id}/notes", {"place": "3:05", "text": ""}, 422)
    back = lin.post(f"/library/{film.id}/notes", {"place": "3:05", "text": "这里重要", "lesson": str(lesson.id)})
    assert back.headers["Location"] == f"/courses/lessons/{lesson.id}#notes"
    back = lin.post(f"/library/{film.id}/notes", {"place": "", "text": "整份都好", "lesson": "999"})
    assert back.headers["Location"] == f"/library/{film.id}#notes"
    for url in (f"/library/{film.id}", f"/courses/lessons/{lesson.id}", "/library/notes"):
        said = text_of(lin, url)
        assert "这里重要" in said
        assert f"/library/{film.id}#t=185" in said
        assert "这里重要" not in text_of(bo, url)
    note = session.scalars(select(ResourceNote).order_by(ResourceNote.id)).first()
    assert note is not None
    bo.post(f"/library/notes/{note.id}/removal", status=404)
    lin.post(f"/library/notes/{note.id}/removal")
    assert "这里重要" not in text_of(lin, "/library/notes")


def test_a_note_stays_mine_when_its_resource_is_gone_and_names_it_no_more(
    web: Web, session: Session, principals: SimpleNamespace, publish: Publish
) -> None:
    resource = publish("占补讲义")
    lin = web.as_("lin")
    lin.post(f"/library/{resource.id}/notes", {"text": "我的想法"})
    resources.withdraw_resource(session, resource, by=principals.hua, reason="旧", now=clock.now())
    said = text_of(lin, "/library/notes")
    assert "我的想法" in said
    assert "占补讲义" not in said


def test_a_citation_leads_to_the_article_where_the_library_holds_it_for_the_person(
    web: Web, session: Session, publish: Publish, north: int
) -> None:
    law = publish(
        "中华人民共和国土地管理法（节选）", body="<p>第四十三条 略</p><p>第四十四条 建设占用土地……</p>", audience=north
    )
    citing = publish("讲义", body="<p>见《土地管理法》第四十四条、《土地管理法》第九十九条、《测绘法》第一条</p>")
    said = text_of(web.as_("lin"), f"/library/{citing.id}")
    assert said.count(f'href="/library/{law.id}#article-44"') == 2
    assert "第九十九条</a>" not in said
    assert "测绘法》第一条</a>" not in said
    assert 'id="article-44"' in text_of(web.as_("lin"), f"/library/{law.id}")
    assert "#article-44" not in text_of(web.as_("dana"), f"/library/{citing.id}")


def test_a_withdrawn_resource_says_why_in_its_audience_also_in_courses_and_while_it_is_revised(
    web: Web, session: Session, principals: SimpleNamespace, publish: Publish, north: int
) -> None:
    resource = publish("北区讲义", audience=north)
    of = desk.course(session, resource, audience_unit_id=north)
    (lesson,) = desk.lessons(session, of)
    resources.withdraw_resource(session, resource, by=principals.hua, reason="第三页数据有误", now=clock.now())
    lin, dana = web.as_("lin"), web.as_("dana")
    for _ in range(2):
        for url in (f"/library/{resource.id}", f"/courses/lessons/{lesson.id}"):
            assert "第三页数据有误" in text_of(lin, url, 410)
            dana.get(url, 404)
        assert "第三页数据有误" in text_of(lin, f"/courses/{of.id}")
        if resource.state is ResourceState.WITHDRAWN:
            resources.revise_resource(session, resource, now=clock.now())
            resource.title = "还没审过的标题"
    assert "还没审过" not in text_of(lin, f"/library/{resource.id}", 410)
    assert "北区讲义" not in text_of(lin, "/library/?q=讲义")


def test_the_office_keeps_series_and_sets_where_a_resource_stands(
    web: Web, session: Session, principals: SimpleNamespace, publish: Publish, series: Series
) -> None:
    resource = publish("占补讲义")
    hua, lin = web.as_("hua"), web.as_("lin")
    root = str(series.owner_unit_id)
    hua.post("/office/series/", {"name": "业务大讲堂", "owner": root}, 422)
    hua.post("/office/series/", {"name": "青年党校", "owner": root, "position": "2"})
    made = session.scalars(select(Series).where(Series.name == "青年党校")).one()
    hua.get(f"/office/series/{made.id}")
    hua.post(f"/office/series/{made.id}", {"name": "青年党校", "owner": root, "is_closed": "y", "summary": "青年干部"})
    assert "已停办" in text_of(hua, "/office/series/")
    place = f"/office/reviews/published/{resource.id}"
    hua.post(f"{place}/catalogue", {"series": str(made.id), "year": "2023", "tags": "占补 " * 3 + "甲 乙"})
    assert "青年干部" in text_of(lin, f"/library/series/{made.id}")
    assert "占补讲义" in text_of(lin, f"/library/?q=占补&series={made.id}&year=2023&tag=甲")
    assert "最多 8 个" in hua.post(f"{place}/catalogue", {"tags": "一 二 三 四 五 六 七 八 九"}, 422).get_data(
        as_text=True
    )


def test_a_closed_series_is_offered_to_nobody_anew(
    session: Session, principals: SimpleNamespace, series: Series
) -> None:
    path = principals.ed.unit_path
    assert shelf.list_series_to_choose(session, path) == [(series.id, "业务大讲堂")]
    facts = SeriesFacts("业务大讲堂", "", 1, is_closed=True)
    services.edit_series(session, series, facts, owner_unit_id=series.owner_unit_id, by=principals.hua, now=clock.now())
    session.flush()
    assert shelf.list_series_to_choose(session, path) == []


def test_lists_take_the_same_number_of_statements_however_long_they_are(
    web: Web, session: Session, principals: SimpleNamespace, publish: Publish, count_queries: Callable[..., int]
) -> None:
    lin = web.as_("lin")
    urls = (
        "/library/",
        "/library/?q=讲义",
        "/library/series",
        "/library/speakers",
        "/library/tags",
        "/library/mine",
        "/library/notes",
    )
    counted: list[list[int]] = []
    for n in range(3):
        resource = publish(f"讲义{n}", tags=("甲", f"乙{n}"), lecturer=f"讲师{n}", captions=CAPTIONS)
        lin.post(f"/library/{resource.id}/favourite")
        lin.post(f"/library/{resource.id}/notes", {"text": "记"})
        if n:
            counted.append([count_queries(lambda url=url: lin.get(url)) for url in urls])
    assert counted[0] == counted[1]


def test_the_author_prepares_a_version_and_settles_remarks_on_the_pages(
    web: Web, session: Session, publish: Publish
) -> None:
    resource = publish("占补讲义", body="<p>旧话</p>")
    ed, ada, rui, lin = (web.as_(name) for name in ("ed", "ada", "rui", "lin"))
    assert "准备新版本" in text_of(ed, f"/studio/{resource.id}")
    edit = ed.post(f"/studio/{resource.id}/version").headers["Location"]
    draft = int(edit.split("/")[2])
    given = {
        "title": "占补讲义",
        "line": "farmland",
        "audience": "0",
        "body": "新话",
        "change_note": "改了说法",
        "tags": "占补",
    }
    ed.get(edit)
    ed.post(f"/studio/{draft}", given)
    ed.post(f"/studio/{draft}/submission")
    review = f"/office/reviews/content/{draft}"
    page = text_of(ada, review)
    assert "和已发布的版本相比" in page
    assert "<del>旧话</del>" in page
    ada.post(f"{review}/comments", {"text": ""}, 422)
    ada.post(f"{review}/comments", {"text": "请写明文号"})
    assert "请写明文号" in text_of(ada, review)
    ada.post(review, {"version": "2", "verdict": "returned", "reason": "见意见"})
    returned = text_of(ed, f"/studio/{draft}")
    assert "请写明文号" in returned
    assert "还有 1 条审核意见待处理，暂时不能提交" in returned
    assert "/submission" not in returned
    ed.post(f"/studio/{draft}/submission", status=409)
    comment = session.scalars(select(ResourceComment.id)).one()
    lin.post(f"/studio/{draft}/comments/{comment}/resolution", status=403)
    web.as_("gao").post(f"/studio/{draft}/comments/{comment}/resolution", status=404)
    ed.post(f"/studio/{draft}/comments/{comment}/resolution")
    settled = text_of(ed, f"/studio/{draft}")
    assert "/submission" in settled
    assert "暂时不能提交" not in settled
    ed.post(f"/studio/{draft}/submission")
    lin.get(f"/library/{draft}", 404)
    assert "旧话" in text_of(lin, f"/library/{resource.id}")
    ada.post(review, {"version": "3", "verdict": "approved"})
    rui.post(f"/office/reviews/secrecy/{draft}", {"version": "3", "verdict": "approved", "is_unclassified": "y"})
    said = text_of(lin, f"/library/{resource.id}")
    assert "新话" in said
    assert "改了说法" in said
    assert "只供查阅" in text_of(ed, f"/studio/{draft}")
    lin.get(f"/library/{draft}", 404)


def test_a_version_given_up_leaves_the_published_one(web: Web, session: Session, publish: Publish) -> None:
    resource = publish("占补讲义")
    ed = web.as_("ed")
    draft = int(ed.post(f"/studio/{resource.id}/version").headers["Location"].split("/")[2])
    ed.post(f"/studio/{resource.id}/version", status=409)
    assert ed.post(f"/studio/{draft}/discarding").headers["Location"] == f"/studio/{resource.id}"
    ed.get(f"/studio/{draft}", 404)
    assert session.scalars(select(Resource.id)).all() == [resource.id]


def test_what_was_begun_is_offered_on_the_first_page_only_while_it_is_open(
    web: Web, session: Session, cast: SimpleNamespace, principals: SimpleNamespace
) -> None:
    film = desk.resource(session, seconds=600)
    (lesson,) = desk.lessons(session, desk.course(session, film))
    desk.Device(session, lesson, cast.lin).play(30)
    session.commit()
    lin = web.as_("lin")
    assert f"/courses/lessons/{lesson.id}" in text_of(lin, "/library/")
    assert f"/courses/lessons/{lesson.id}" not in text_of(lin, "/library/?q=耕地")
    assert f"/courses/lessons/{lesson.id}" not in text_of(web.as_("bo"), "/library/")
    film.state = ResourceState.WITHDRAWN
    assert f"/courses/lessons/{lesson.id}" not in text_of(lin, "/library/")


def test_the_catalogue_of_a_resource_never_leads_into_a_strange_search(
    session: Session, principals: SimpleNamespace, draft: Draft, publish: Publish
) -> None:
    """A draft is found by nothing, whatever its catalogue says."""
    resource = draft("草稿讲义")
    services.catalogue(session, resource, Catalogue(None, 2026, ("甲",)), by=principals.hua, now=clock.now())
    assert titles(session, principals.lin, text="讲义") == titles(session, principals.lin, tag="甲") == []
