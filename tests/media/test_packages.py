"""Packages: what is unpacked and found, what is refused by its name, and who is served their files."""

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.media import services as media_services
from lms.media.errors import BadFile, BadMedia, LinkOver
from lms.media.models import MediaFile
from lms.media.orphans import list_orphans
from lms.media.packages import access, services
from lms.media.packages.manifest import Standard, contents_of, folded
from lms.media.packages.models import Package, PackageFile, PackageVisit
from lms.media.packages.unpacking import MOST_PATH, opened, safe_path
from lms.media.rules import MediaKind, MediaState
from lms.people.models import SignIn
from lms.storage.local import LocalStorage
from lms.tasks import services as tasks
from tests.media import package_files as files
from tests.media.conftest import Upload

RunTasks = Callable[[], int]


@pytest.fixture
def made(cast: SimpleNamespace, upload: Upload, run_tasks: RunTasks, session: Session) -> Callable[[bytes], MediaFile]:
    """The uploaded package after its task ran."""

    def make(content: bytes) -> MediaFile:
        media = upload("课件.zip", content, cast.ed)
        run_tasks()
        session.refresh(media)
        return media

    return make


def test_a_scorm_1_2_package_is_unpacked_with_its_title_start_and_mastery(
    made: Callable[[bytes], MediaFile], session: Session, storage: LocalStorage
) -> None:
    media = made(files.scorm12())
    assert (media.kind, media.state, media.failure) == (MediaKind.PACKAGE, MediaState.READY, "")
    package = session.get_one(Package, media.id)
    assert (package.standard, package.title, package.file_count) == (Standard.SCORM12, "耕地保护课件", 2)
    (item,) = package.items
    assert (item["path"], item["is_sco"], item["mastery_millis"]) == ("sco.html", True, 60_000)
    row = session.scalars(select(PackageFile).where(PackageFile.path == "sco.html")).one()
    assert b"".join(storage.read(row.key)).decode() == files.SCO12
    assert (row.mime, row.size_bytes) == ("text/html", len(files.SCO12.encode()))
    assert "第一节" in media.text


def test_a_scorm_2004_package_has_its_items_parameters_and_passing_score(
    made: Callable[[bytes], MediaFile], session: Session
) -> None:
    package = session.get_one(Package, made(files.scorm2004()).id)
    assert package.standard is Standard.SCORM2004
    assert [(i["path"], i["query"], i["mastery_millis"]) for i in package.items] == [
        ("a/sco.html", "?step=1", 600),
        ("b/sco.html", "?step=2", 600),
    ]
    assert not package.wants_sequencing


def test_examining_a_package_again_replaces_its_index(
    made: Callable[[bytes], MediaFile], session: Session, run_tasks: RunTasks
) -> None:
    media = made(files.scorm12())
    before = session.get_one(Package, media.id).prefix
    tasks.enqueue(
        session, "media.process", {"media_id": media.id}, owner_id=media.owner_id, title="再来", now=clock.now()
    )
    run_tasks()
    session.expire_all()
    after = session.get_one(Package, media.id)
    assert after.prefix != before
    keys = session.scalars(select(PackageFile.key).where(PackageFile.media_id == media.id)).all()
    assert len(keys) == 2
    assert all(key.startswith(f"{after.prefix}/") for key in keys)
    assert list_orphans(session, [*keys, f"{before}/00001.html"]) == [f"{before}/00001.html"]


def test_plain_pages_are_a_package_without_a_score(made: Callable[[bytes], MediaFile], session: Session) -> None:
    package = session.get_one(Package, made(files.html()).id)
    assert (package.standard, [i["is_sco"] for i in package.items]) == (Standard.HTML, [False])


def test_a_folder_around_everything_is_taken_off(made: Callable[[bytes], MediaFile], session: Session) -> None:
    content = files.zipped({"课件/imsmanifest.xml": files.manifest12(), "课件/sco.html": "x", "__MACOSX/课件/._a": "x"})
    package = session.get_one(Package, made(content).id)
    assert package.items[0]["path"] == "sco.html"
    assert package.file_count == 2


def test_chinese_names_are_found_whatever_encoding_the_tool_wrote_and_whatever_capitals_the_page_uses(
    made: Callable[[bytes], MediaFile], session: Session
) -> None:
    content = files.named("图片/封面.PNG".encode("gb18030"), b"png", beside={"index.html": "x"})
    media = made(content)
    assert media.state is MediaState.READY
    stored = session.scalars(select(PackageFile.path).order_by(PackageFile.path)).all()
    assert stored == ["index.html", "图片/封面.png"]
    assert folded("图片/封面.png") in stored


NEST = {"a/imsmanifest.xml": "x", "b/imsmanifest.xml": "x", "note.txt": "x"}
OUTSIDE = files.manifest12((("i", "外", "https://example.org/sco.html"),))
DTD = '<?xml version="1.0"?><!DOCTYPE m [<!ENTITY a SYSTEM "file:///etc/passwd">]><manifest>&a;</manifest>'
QTI = (
    "<manifest><organizations><organization/></organizations><resources>"
    '<resource identifier="a" type="imsqti_item_xmlv2p1"/></resources></manifest>'
)
CARTRIDGE = "<manifest><metadata><schema>IMS Common Cartridge</schema></metadata></manifest>"

ZOO: dict[str, tuple[bytes, str]] = {
    "aicc": (files.aicc(), "AICC"),
    "xapi": (files.zipped({"tincan.xml": "<tincan/>", "index.html": "x"}), "xAPI"),
    "cmi5": (files.zipped({"cmi5.xml": "<courseStructure/>", "index.html": "x"}), "cmi5"),
    "flash without a page": (files.zipped({"film.swf": "FWS"}), "Flash"),
    "flash started by the manifest": (
        files.zipped({"imsmanifest.xml": files.manifest12((("i", "片", "film.swf"),)), "film.swf": "FWS"}),
        "Flash",
    ),
    "a page that only embeds flash": (
        files.zipped({"index.html": '<embed src="film.swf">', "film.swf": "FWS"}),
        "Flash",
    ),
    "no package at all": (files.zipped({"a.pdf": "%PDF", "b.mp4": "x"}), "不是课件包"),
    "two packages in one": (files.zipped(NEST), "2 个课件包"),
    "start file missing": (files.zipped({"imsmanifest.xml": files.manifest12()}), "不在包里"),
    "content elsewhere": (files.zipped({"imsmanifest.xml": OUTSIDE}), "在别的网站上"),
    "start leads outside": (
        files.zipped({"imsmanifest.xml": files.manifest12((("i", "外", "../sco.html"),)), "sco.html": "x"}),
        "不在包里",
    ),
    "dtd": (files.zipped({"imsmanifest.xml": DTD, "sco.html": "x"}), "DTD"),
    "manifest is no xml": (files.zipped({"imsmanifest.xml": "<manifest", "sco.html": "x"}), "读不了"),
    "manifest of something else": (files.zipped({"imsmanifest.xml": "<html/>", "sco.html": "x"}), "不是课件目录"),
    "no organization": (files.zipped({"imsmanifest.xml": "<manifest/>", "sco.html": "x"}), "没有目录"),
    "no items": (files.zipped({"imsmanifest.xml": files.manifest12(()), "sco.html": "x"}), "目录是空的"),
    "questions": (files.zipped({"imsmanifest.xml": QTI}), "导入试题"),
    "common cartridge": (files.zipped({"imsmanifest.xml": CARTRIDGE}), "Common Cartridge"),
    "cut off": (files.scorm12()[:-200], "已损坏"),
    "less in its table than in it": (files.lying(10), "已损坏"),
    "overlapping parts": (files.overlapping(), "重叠"),
    "a link": (files.linked(), "链接"),
    "two names that are one": (files.zipped({"index.html": "x", "A.js": "1", "a.js": "2"}), "大小写不分"),
    "bzip2": (files.zipped({"index.html": "x"}, method=zipfile.ZIP_BZIP2), "压缩方法"),
    "dot dot": (files.zipped({"index.html": "x", "../evil.html": "x"}), "不合规范"),
    "dot dot behind a backslash": (files.named(rb"a\..\..\evil.html", beside={"index.html": "x"}), "不合规范"),
    "absolute": (files.named(b"/etc/cron.d/x", beside={"index.html": "x"}), "不合规范"),
    "a drive": (files.named(b"C:/x.html", beside={"index.html": "x"}), "不合规范"),
    "a null in a name": (files.named(b"index.html\0.jpg"), "不合规范"),
    "only folders": (files.zipped({"a/": "", "b/": ""}), "是空的"),
}


@pytest.mark.parametrize("name", ZOO)
def test_what_is_no_package_we_can_show_is_refused_by_its_name(
    made: Callable[[bytes], MediaFile], session: Session, name: str
) -> None:
    content, words = ZOO[name]
    media = made(content)
    assert media.state is MediaState.FAILED
    assert words in media.failure
    assert session.scalars(select(PackageFile)).all() == []


def test_a_locked_archive_is_refused(made: Callable[[bytes], MediaFile]) -> None:
    content = bytearray(files.html())
    for sign, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(sign)
        while at >= 0:
            content[at + offset] |= 1
            at = content.find(sign, at + 4)
    assert "密码" in made(bytes(content)).failure


def test_bytes_are_counted_while_they_are_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    path.write_bytes(files.zipped({"index.html": "x", "zeros.bin": b"\0" * 3_000_000}))
    assert path.stat().st_size < 10_000
    with opened(path, most_bytes=1_000_000) as archive:
        source = archive.stream("zeros.bin")
        with pytest.raises(BadMedia, match="超过"):
            while source.read(65_536):
                pass


def test_a_table_that_claims_four_gigabytes_is_not_believed(
    made: Callable[[bytes], MediaFile], session: Session
) -> None:
    made(files.lying())
    assert session.scalars(select(PackageFile.size_bytes)).one() == 1000


def test_too_many_files_are_refused_before_their_table_is_read(tmp_path: Path) -> None:
    path = tmp_path / "many.zip"
    path.write_bytes(files.zipped({f"{n}.txt": "" for n in range(60)}))
    with pytest.raises(BadMedia, match="太多"), opened(path, most_files=50):
        pass


def test_a_zip_chosen_for_a_video_is_told_where_packages_go(
    session: Session, storage: LocalStorage, cast: SimpleNamespace
) -> None:
    with pytest.raises(BadFile, match="互动课件"):
        media_services.receive(
            session, io.BytesIO(files.html()), name="a.zip", owner_id=cast.ed.id, storage=storage, now=clock.now(),
            kinds=frozenset({MediaKind.VIDEO}),
        )  # fmt: skip


@given(st.text(max_size=30))
def test_whatever_a_part_is_called_its_path_stays_inside(name: str) -> None:
    part = zipfile.ZipInfo("x")
    part.orig_filename, part.flag_bits = name, 0x800
    try:
        path = safe_path(part)
    except BadMedia:
        return
    pieces = path.rstrip("/").split("/")
    assert not path.startswith("/") or path == "/"
    assert not {"..", "."} & set(pieces)
    assert len(path) <= MOST_PATH + 100
    assert "\\" not in path


@given(st.binary(max_size=400))
def test_any_bytes_as_a_manifest_are_read_or_refused(data: bytes) -> None:
    with pytest.raises(BadMedia):
        contents_of({"imsmanifest.xml", "sco.html"}, data)


def test_a_package_that_demands_an_order_is_known_for_it() -> None:
    items = (("a", "一", "a.html"), ("b", "二", "b.html"))
    paths = {"a.html", "b.html"}
    rules = "<imsss:sequencing><imsss:controlMode choice='false' flow='true'/></imsss:sequencing>"
    assert contents_of(paths, files.manifest2004(items, rules=rules).encode()).wants_sequencing
    assert not contents_of(paths, files.manifest2004(items).encode()).wants_sequencing
    prerequisites = "<adlcp:prerequisites>a</adlcp:prerequisites>"
    assert contents_of(paths, files.manifest12(items, more=prerequisites).encode()).wants_sequencing


@pytest.mark.parametrize("edition", ["2004 3rd Edition", "2004 4th Edition", "CAM 1.3", ""])
def test_editions_are_told_apart(edition: str) -> None:
    manifest = files.manifest2004((("a", "一", "a.html"),), edition=edition)
    assert contents_of({"a.html"}, manifest.encode()).standard is Standard.SCORM2004


def test_a_manifest_in_gb2312_is_read() -> None:
    manifest = files.manifest12().replace("UTF-8", "GB2312").encode("gb18030")
    assert contents_of({"sco.html"}, manifest).title == "耕地保护课件"


# Visits


@pytest.fixture
def visit(made: Callable[[bytes], MediaFile], session: Session, web: object) -> Callable[[], tuple[str, PackageVisit]]:
    media = made(files.scorm12())

    def begin() -> tuple[str, PackageVisit]:
        web.as_("lin")  # type: ignore[attr-defined]
        sign_in = session.scalars(select(SignIn.id).order_by(SignIn.id.desc())).first()
        begun = services.begin_visit(session, media, sign_in_id=sign_in or 0, site="http://localhost", now=clock.now())
        session.commit()
        return begun.path.split("/")[2], session.get_one(PackageVisit, begun.visit_id)

    return begin


def test_a_token_lives_ten_minutes_from_its_last_extension_and_dies_for_good_after_twenty(
    visit: Callable[[], tuple[str, PackageVisit]], session: Session
) -> None:
    token, row = visit()
    at = row.extended_at
    by = {"sign_in_id": row.sign_in_id, "media_id": row.media_id}
    assert access.visit_of(session, token, now=at + timedelta(minutes=9, seconds=59)).id == row.id
    with pytest.raises(LinkOver):
        access.visit_of(session, token, now=at + timedelta(minutes=10))
    revived = at + timedelta(minutes=19)
    services.extend_visit(session, access.own_visit(session, row.id, now=revived, **by), now=revived)
    session.expire_all()
    assert access.visit_of(session, token, now=revived + timedelta(minutes=9)).id == row.id
    with pytest.raises(LinkOver):
        access.own_visit(session, row.id, now=revived + timedelta(minutes=20), **by)
    with pytest.raises(LinkOver):
        access.own_visit(session, row.id, now=revived, sign_in_id=row.sign_in_id + 1, media_id=row.media_id)


def test_a_token_dies_with_log_out_and_with_withdrawal(
    visit: Callable[[], tuple[str, PackageVisit]], session: Session
) -> None:
    token, row = visit()
    other, _ = visit()
    session.get_one(SignIn, row.sign_in_id).ended_at = clock.now()
    session.flush()
    with pytest.raises(LinkOver):
        access.visit_of(session, token, now=clock.now())
    assert access.visit_of(session, other, now=clock.now())
    media_services.end_links(session, row.media_id)
    with pytest.raises(LinkOver):
        access.visit_of(session, other, now=clock.now())


def test_visits_that_are_over_are_forgotten_after_a_day(
    visit: Callable[[], tuple[str, PackageVisit]], session: Session, make_session: Callable[[], Session]
) -> None:
    visit()
    services.forget_visits(make_session, clock.now() + timedelta(hours=23))
    assert session.scalars(select(PackageVisit.id)).all()
    services.forget_visits(make_session, clock.now() + timedelta(hours=25))
    session.expire_all()
    assert not session.scalars(select(PackageVisit.id)).all()
