"""Upload, two reviews, publication, search: the journey as the pages lead it; and what nobody else gets."""

import io
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.courses.models import Resource
from lms.courses.review_rules import ResourceKind, ResourceState
from lms.people.models import Unit
from lms.storage.local import LocalStorage
from tests.courses.conftest import Draft, Publish
from tests.media import files
from tests.support.web import Web

RunTasks = Callable[[], int]


def given(**more: object) -> dict[str, object]:
    return {"title": "耕地占补平衡新规解读", "line": "farmland", "lecturer_name": "易德", "audience": "0", **more}


def upload(browser: Web, kind: str, name: str, content: bytes, status: int = 303, **more: object) -> str:
    data = given(file=(io.BytesIO(content), name), **more)
    answer = browser.post(f"/studio/new/{kind}", data, status, content_type="multipart/form-data")
    return answer.headers.get("Location", "") or answer.get_data(as_text=True)


def number(address: str) -> int:
    return int(address.rstrip("/").rpartition("/")[2])


def test_ed_uploads_ada_and_rui_review_and_lin_finds_it_by_two_characters(
    web: Web, session: Session, storage: LocalStorage, run_tasks: RunTasks
) -> None:
    ed, ada, rui, lin = web.as_("ed"), web.as_("ada"), web.as_("rui"), web.as_("lin")
    film = upload(ed, "video", "讲座.mp4", files.video())
    slides = upload(
        ed, "document", "讲义.pptx", files.deck(("要点", "先补后占")), title="占补平衡讲义", may_download="y"
    )
    assert "正在检查" in ed.get(film).get_data(as_text=True)
    assert "处理好" in ed.post(f"{film}/submission", status=409).get_data(as_text=True)
    run_tasks()
    for address in (film, slides):
        id_ = number(address)
        assert "可以提交审核" in ed.get(f"{address}/file-state").get_data(as_text=True)
        ed.post(f"{address}/submission")
        rui.get(f"/office/reviews/secrecy/{id_}", 403)
        assert f"/office/reviews/content/{id_}" in ada.get("/office/reviews/content").get_data(as_text=True)
        ada.post(f"/office/reviews/content/{id_}", {"version": "1", "verdict": "approved"})
        lin.get(f"/library/{id_}", 404)
        page = rui.post(f"/office/reviews/secrecy/{id_}", {"version": "1", "verdict": "approved"}, 422)
        assert "不含涉密内容" in page.get_data(as_text=True)
        rui.post(f"/office/reviews/secrecy/{id_}", {"version": "1", "verdict": "approved", "is_unclassified": "y"})
    found = lin.get("/library/?q=占补").get_data(as_text=True)
    assert "耕地占补平衡新规解读" in found
    assert "占补平衡讲义" in found
    assert "第 1 页" in lin.get("/library/?q=后占").get_data(as_text=True)
    assert "下载原文件" not in lin.get(f"/library/{number(film)}").get_data(as_text=True)
    assert "下载原文件" in lin.get(f"/library/{number(slides)}").get_data(as_text=True)
    lin.post(f"/library/{number(film)}/download", status=403)
    played = lin.follow(lin.get(f"/library/{number(film)}/play", 302))
    assert (played.mimetype, played.data[4:8]) == ("video/mp4", b"ftyp")
    assert lin.follow(lin.post(f"/library/{number(slides)}/download")).data[:2] == b"PK"


def test_a_returned_resource_shows_its_author_the_reason_and_can_be_sent_again(
    web: Web, session: Session, draft: Draft
) -> None:
    resource = draft("一份讲义")
    ed, ada = web.as_("ed"), web.as_("ada")
    ed.post(f"/studio/{resource.id}/submission")
    page = ada.post(f"/office/reviews/content/{resource.id}", {"version": "1", "verdict": "returned"}, 422)
    assert "请写明退回原因" in page.get_data(as_text=True)
    ada.post(f"/office/reviews/content/{resource.id}", {"version": "1", "verdict": "returned", "reason": "数据过时"})
    assert "数据过时" in ed.get(f"/studio/{resource.id}").get_data(as_text=True)
    ed.get(f"/studio/{resource.id}/edit")
    ed.post(f"/studio/{resource.id}", given(title="改好的讲义", body="新的正文", reading_minutes="15"))
    ed.post(f"/studio/{resource.id}/submission")
    session.refresh(resource)
    assert (resource.title, resource.version, resource.state) == ("改好的讲义", 2, ResourceState.CONTENT_REVIEW)
    assert (resource.body_html, resource.required_reading_seconds) == ("<p>新的正文</p>", 900)


@pytest.mark.parametrize(
    "kind, name, content, advice",
    [
        ("video", "a.mp4", b"", "0 字节"),
        ("video", "a.mp4", b"MZ" * 100, "改了扩展名"),
        ("video", "a.pdf", files.pdf("x"), "改选资源类型"),
        ("document", "a.exe", b"MZ", "不能上传"),
    ],
)
def test_a_bad_file_gets_a_sentence_and_what_was_typed_stays(
    web: Web, storage: LocalStorage, kind: str, name: str, content: bytes, advice: str
) -> None:
    page = upload(web.as_("ed"), kind, name, content, 422, summary="写了很久的简介")
    assert advice in page
    assert "写了很久的简介" in page


def test_an_upload_without_a_file_or_with_wrong_captions_is_told_so(web: Web, storage: LocalStorage) -> None:
    ed = web.as_("ed")
    page = ed.post("/studio/new/video", given(), 422, content_type="multipart/form-data").get_data(as_text=True)
    assert "请选择要上传的文件" in page
    captions = (io.BytesIO("1\n00:01 -> 00:02\n字".encode()), "a.srt")
    page = upload(ed, "video", "a.mp4", files.video(), 422, captions=captions)
    assert "没有字幕" in page


def test_a_failed_file_says_why_and_offers_to_try_again(web: Web, storage: LocalStorage, run_tasks: RunTasks) -> None:
    ed = web.as_("ed")
    address = upload(ed, "video", "a.mp4", files.video()[:3000])
    run_tasks()
    page = ed.get(address).get_data(as_text=True)
    assert "没有传完整" in page
    assert "重新处理" in page
    ed.post(f"{address}/processing")
    ed.post(f"{address}/processing", status=409)


def test_every_kind_has_its_form_and_articles_and_links_need_no_file(web: Web) -> None:
    ed = web.as_("ed")
    for kind in ResourceKind:
        ed.get(f"/studio/new/{kind}")
    article = ed.post("/studio/new/article", given(body="# 标题\n\n正文 <b>粗</b>")).headers["Location"]
    link = ed.post("/studio/new/link", given(url="https://example.gov.cn/a")).headers["Location"]
    assert "&lt;b&gt;" in ed.get(article).get_data(as_text=True)
    assert "https://example.gov.cn/a" in ed.get(link).get_data(as_text=True)
    page = ed.post("/studio/new/link", given(url="ftp://x"), 422).get_data(as_text=True)
    assert "https://" in page


def test_a_draft_is_nobody_elses_business_but_its_author_sees_it(
    web: Web, session: Session, storage: LocalStorage, run_tasks: RunTasks
) -> None:
    ed = web.as_("ed")
    address = upload(ed, "document", "a.pdf", files.pdf("x"))
    run_tasks()
    id_ = number(address)
    pages = [f"/library/{id_}/pages/1", f"/library/{id_}/pages/1/small", f"/library/{id_}/poster"]
    for url in pages:
        ed.get(url, 302)
    ed.post(f"/library/{id_}/download")
    for name in ("lin", "dana", "gao", "ada", "hua", "rui"):
        other = web.as_(name)
        for url in [*pages, f"/library/{id_}"]:
            other.get(url, 404)
        other.post(f"/library/{id_}/download", status=404)
        if name in ("gao", "ada", "hua"):
            for url in (f"/studio/{id_}", f"/studio/{id_}/edit", f"/studio/{id_}/file-state"):
                other.get(url, 404)
            other.post(f"/studio/{id_}/submission", status=404)


def test_dana_meets_nothing_that_is_for_north_only_though_lin_does(
    web: Web, session: Session, publish_file: Publish
) -> None:
    north = session.scalars(select(Unit).where(Unit.name == "北区分局")).one()
    resource = publish_file("a.pdf", files.pdf("northern secret"), "北区讲义", ResourceKind.DOCUMENT, audience=north.id)
    lin, dana = web.as_("lin"), web.as_("dana")
    pages = [f"/library/{resource.id}", f"/library/{resource.id}/pages/1", f"/library/{resource.id}/poster"]
    for url in ("/library/", "/library/?q=讲义", "/library/?q=northern"):
        assert "北区讲义" in lin.get(url).get_data(as_text=True)
        assert "北区讲义" not in dana.get(url).get_data(as_text=True)
    for url in pages:
        assert lin.client.get(url).status_code in (200, 302)
        dana.get(url, 404)
    link = lin.get(f"/library/{resource.id}/pages/1", 302).headers["Location"]
    lin.get(link)
    dana.get(link, 404)


def test_a_withdrawn_resource_is_gone_with_its_links_at_once(web: Web, session: Session, publish_file: Publish) -> None:
    resource = publish_file("a.pdf", files.pdf("x"), "旧讲义", ResourceKind.DOCUMENT)
    lin, hua = web.as_("lin"), web.as_("hua")
    links = [lin.get(f"/library/{resource.id}/{what}", 302).headers["Location"] for what in ("pages/1", "poster")]
    for link in links:
        lin.get(link)
    hua.get(f"/office/reviews/published/{resource.id}")
    hua.post(f"/office/reviews/published/{resource.id}/withdrawal", {"reason": ""}, 422)
    hua.post(f"/office/reviews/published/{resource.id}/withdrawal", {"reason": "政策已更新"})
    for url in [*links, f"/library/{resource.id}/pages/1"]:
        lin.get(url, 404)
    assert "政策已更新" in lin.get(f"/library/{resource.id}", 410).get_data(as_text=True)
    assert "旧讲义" not in lin.get("/library/?q=讲义").get_data(as_text=True)
    assert "政策已更新" in web.as_("ed").get(f"/studio/{resource.id}").get_data(as_text=True)


def test_no_page_shows_where_a_file_is_stored(
    web: Web, session: Session, publish_file: Publish, storage: LocalStorage
) -> None:
    resource = publish_file("a.pdf", files.pdf("x"), "讲义", ResourceKind.DOCUMENT)
    keys = {path.name for path in storage.root.rglob("*") if path.is_file() and len(path.stem) == 32}
    assert keys
    for url in ("/library/", f"/library/{resource.id}"):
        page = web.as_("lin").get(url).get_data(as_text=True)
        assert str(storage.root) not in page
        assert not any(key in page or key.partition(".")[0] in page for key in keys)


def test_the_library_narrows_by_line_and_kind_and_says_what_to_do_when_nothing_is_found(
    web: Web, publish: Publish
) -> None:
    publish("耕地讲义")
    lin = web.as_("lin")
    assert "耕地讲义" in lin.get("/library/?line=farmland&kind=article").get_data(as_text=True)
    assert "还没有内容" in lin.get("/library/?line=survey").get_data(as_text=True)
    assert "没有找到" in lin.get("/library/?q=飞机").get_data(as_text=True)
    lin.get("/library/?kind=nonsense", 422)
    lin.get("/library/?q=" + "长" * 61, 422)


def test_an_empty_library_says_what_will_appear(web: Web) -> None:
    assert "讲堂还没有内容" in web.as_("dana").get("/library/").get_data(as_text=True)


def test_the_library_asks_the_same_few_questions_however_much_it_holds(
    web: Web, publish: Publish, count_queries: Callable[[Callable[[], object]], int]
) -> None:
    publish("一")
    lin = web.as_("lin")
    lin.get("/library/")
    few = count_queries(lambda: lin.client.get("/library/?q=讲义"))
    for n in range(12):
        publish(f"讲义 {n}", body="<p>讲义</p>")
    many = count_queries(lambda: lin.client.get("/library/?q=讲义"))
    assert many <= few + 3


def test_a_reviewer_of_one_step_sees_what_waits_and_not_what_is_done(web: Web, draft: Draft) -> None:
    resource = draft("待审讲义")
    web.as_("ed").post(f"/studio/{resource.id}/submission")
    ada, rui = web.as_("ada"), web.as_("rui")
    ada.get(f"/office/reviews/content/{resource.id}")
    assert "待审讲义" not in rui.get("/office/reviews/secrecy").get_data(as_text=True)
    ada.post(f"/office/reviews/content/{resource.id}", {"version": "1", "verdict": "approved"})
    assert "待审讲义" in rui.get("/office/reviews/secrecy").get_data(as_text=True)
    assert "《待审讲义》待保密审核" in ada.get("/office/reviews/content").get_data(as_text=True)
    assert "待审讲义" not in ada.get("/office/reviews/content").get_data(as_text=True)
    ada.post(f"/office/reviews/content/{resource.id}", {"version": "1", "verdict": "approved"}, 403)


def test_a_repeated_upload_is_stored_once(web: Web, session: Session) -> None:
    ed = web.as_("ed")
    body = given(body="正文", operation_id="same-id-twice")
    first, second = ed.post("/studio/new/article", body), ed.post("/studio/new/article", body)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(session.scalars(select(Resource)).all()) == 1


def test_ed_is_offered_only_everybody_and_the_own_unit(web: Web, session: Session, cast: SimpleNamespace) -> None:
    south = session.scalars(select(Unit).where(Unit.name == "南区分局")).one()
    ed = web.as_("ed")
    page = ed.get("/studio/new/article").get_data(as_text=True)
    assert "仅本单位：北区分局" in page
    assert "南区分局" not in page
    ed.post("/studio/new/article", given(body="x", audience=str(south.id)), 422)
