"""Captions come as SRT or VTT in whatever encoding, are told their faults by line, are changed as a whole, and are reviewed like all that is shown."""

import io
import re
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from lms.courses import caption_rules as rules
from lms.courses.caption_rules import Cue
from lms.courses.models import Resource
from lms.courses.review_rules import Line, ResourceKind, ResourceState
from lms.courses.services.captions import save_captions
from lms.errors import Conflict
from lms.media.models import MediaFile
from lms.media.rules import MediaKind, MediaState
from tests.support.web import Web

SRT = "1\r\n00:00:01,000 --> 00:00:02,500\r\n耕地保护\r\n\r\n2\r\n00:00:02,500 --> 00:00:04,000\r\n占补平衡\r\n"
VTT = "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n耕地保护\n\n00:00:02.500 --> 00:00:04.000\n占补平衡\n"


@pytest.fixture
def draft(session: Session, cast: SimpleNamespace, principals: SimpleNamespace) -> Resource:
    file = MediaFile(
        key="files/2026-11/" + "a" * 32 + ".mp4",
        original_name="a.mp4",
        mime="video/mp4",
        size_bytes=1,
        sha256="0" * 64,
        kind=MediaKind.VIDEO,
        state=MediaState.READY,
        play_key="files/2026-11/" + "a" * 32 + "-1/play.mp4",
        duration_millis=10_000,
        owner_id=cast.ed.id,
        created_at=cast.ed.created_at,
    )
    session.add(file)
    session.flush()
    made = Resource(
        kind=ResourceKind.VIDEO,
        title="耕地",
        line=next(iter(Line)),
        owner_unit_id=principals.ed.unit_id,
        media_id=file.id,
        created_by_id=cast.ed.id,
        created_at=cast.ed.created_at,
    )
    session.add(made)
    session.commit()
    return made


@pytest.mark.parametrize(
    "raw",
    [
        SRT.encode(),
        SRT.encode("gb18030"),
        SRT.encode("utf-8-sig"),
        SRT.encode("utf-16"),
        SRT.replace("\r\n", "\r").encode(),
        VTT.encode(),
        VTT.replace("WEBVTT", "WEBVTT - 讲座\nKind: captions\n\nNOTE 谁写的 --> 不是字幕\n\nSTYLE\n::cue { color: red }", 1).encode(),
    ],
    ids=["srt", "gb18030", "mark", "utf-16", "old-mac", "vtt", "vtt-with-notes"],
)  # fmt: skip
def test_a_caption_file_is_read_in_whatever_form_programs_save_it(raw: bytes) -> None:
    found = rules.read(rules.text_of(raw))
    assert found.problems == []
    assert rules.vtt_of(found.cues) == VTT


@pytest.mark.parametrize(
    "text, told",
    [
        ("1\n00:00:05,000 --> 00:00:06,000\na\n\n2\n00:00:01,000 --> 00:00:02,000\nb\n", ["第 6 行：顺序不对"]),
        ("00:01.000 --> 00:03.000\na\n\n00:02.000 --> 00:04.000\nb\n", ["第 4 行：与上一条重叠"]),
        ("00:05.000 --> 00:03.000\na\n", ["第 1 行：结束时间须晚于"]),
        ("WEBVTT\n\n00:61 -> 1\n\n十秒 --> 十二秒\na\n", ["第 5 行：时间看不懂"]),
        ("just words", ["没有字幕"]),
        ("", ["没有字幕"]),
        ("00:99:00:01.000 --> 00:99:00:02.000\na\n", ["第 1 行：时间看不懂"]),
    ],
)
def test_what_is_wrong_is_told_by_line(text: str, told: list[str]) -> None:
    problems = list(map(str, rules.read(text).problems))
    assert len(problems) == len(told)
    assert all(expected in problem for expected, problem in zip(told, problems, strict=True))


CUES = st.lists(
    st.tuples(st.integers(1, 5000), st.integers(0, 5000), st.text("耕地 <&>ab", min_size=1).filter(str.strip)),
    max_size=30,
)


@given(CUES)
def test_what_is_written_is_read_again_word_for_word(parts: list[tuple[int, int, str]]) -> None:
    at, made = 0, []
    for length, pause, words in parts:
        made.append(Cue(at + pause, at + pause + length, " ".join(words.split())))
        at += pause + length
    found = rules.read(rules.vtt_of(made))
    assert found.cues == made
    assert found.problems == ([] if made else found.problems)


@given(st.lists(st.builds(Cue, st.integers(0, 9000), st.integers(0, 9000), st.just("a")), max_size=20))
def test_tidied_captions_have_neither_overlaps_nor_wrong_order(found: list[Cue]) -> None:
    tidy = rules.tidied(found)
    assert rules.read(rules.vtt_of(tidy)).problems == [] or not tidy
    assert {(c.from_millis, c.text) for c in tidy} <= {(c.from_millis, c.text) for c in found}


def _page(answer: object) -> str:
    return answer.get_data(as_text=True)  # type: ignore[attr-defined,no-any-return]


def _seen(page: str) -> str:
    found = re.search(r'name="seen"[^>]*value="(\w+)"', page) or re.search(r'value="(\w+)"[^>]*name="seen"', page)
    assert found is not None
    return found[1]


def test_the_editor_saves_a_file_or_the_text_and_tells_what_is_wrong(
    web: Web, session: Session, draft: Resource
) -> None:
    ed, address = web.as_("ed"), f"/studio/{draft.id}/captions"
    seen = _seen(_page(ed.get(address)))
    given = {"seen": seen, "captions": "", "file": (io.BytesIO(SRT.encode("gb18030")), "a.srt")}
    ed.post(address, given, 303, content_type="multipart/form-data")
    session.refresh(draft)
    assert draft.captions_vtt == VTT
    page = _page(ed.get(address))
    assert "00:00:02.500 --&gt; 00:00:04.000" in page
    wrong = VTT.replace("00:00:04.000", "00:00:01.000")
    page = _page(ed.post(address, {"seen": _seen(page), "captions": wrong}, 422))
    assert "第 6 行" in page
    assert "00:00:02.500 --&gt; 00:00:01.000" in page
    session.refresh(draft)
    assert draft.captions_vtt == VTT


def test_a_second_tab_does_not_overwrite_what_the_first_saved_and_loses_none_of_its_words(
    web: Web, session: Session, draft: Resource
) -> None:
    ed, address = web.as_("ed"), f"/studio/{draft.id}/captions"
    first = second = _seen(_page(ed.get(address)))
    ed.post(address, {"seen": first, "captions": VTT}, 303)
    mine = VTT.replace("占补平衡", "我的改动")
    page = _page(ed.post(address, {"seen": second, "captions": mine}, 409))
    assert "别的页面改过" in page
    assert "我的改动" in page
    session.refresh(draft)
    assert draft.captions_vtt == VTT


@pytest.mark.parametrize("state", [s for s in ResourceState if s not in (ResourceState.DRAFT, ResourceState.RETURNED)])
def test_captions_of_what_is_reviewed_or_published_stay_as_they_were_approved(
    web: Web, session: Session, draft: Resource, state: ResourceState
) -> None:
    ed, address = web.as_("ed"), f"/studio/{draft.id}/captions"
    seen = _seen(_page(ed.get(address)))
    draft.state, draft.captions_vtt = state, VTT
    session.commit()
    assert "保存字幕" not in _page(ed.get(address)).partition("<h1")[2].partition('data-module="captions"')[2]
    ed.post(address, {"seen": rules.mark_of(VTT), "captions": VTT.replace("占补", "改过")}, 409)
    session.refresh(draft)
    assert draft.captions_vtt == VTT
    with pytest.raises(Conflict):
        save_captions(session, draft, "", seen=seen)


def test_nobody_else_meets_the_editor_of_a_draft(web: Web, draft: Resource) -> None:
    for name in ("ada", "hua"):
        web.as_(name).get(f"/studio/{draft.id}/captions", 404)


def test_what_a_recogniser_heard_is_shown_to_nobody_until_its_lecturer_saves_it(
    web: Web, session: Session, draft: Resource
) -> None:
    file = session.get_one(MediaFile, draft.media_id)
    file.heard_vtt = "1\n00:00:01,000 --> 00:00:03,000\n听出来的\n\n2\n00:00:02,000 --> 00:00:05,000\n有重叠\n"
    session.commit()
    ed, address = web.as_("ed"), f"/studio/{draft.id}/captions"
    assert "听出来的" not in _page(ed.get(f"/studio/{draft.id}"))
    page = _page(ed.get(address))
    assert "2 条" in page
    assert "听出来的" not in page
    loaded = _page(ed.get(f"{address}?from=heard"))
    assert "听出来的" in loaded
    text = rules.vtt_of(rules.tidied(rules.read(file.heard_vtt).cues))
    ed.post(address, {"seen": _seen(loaded), "captions": text.replace("听出来的", "核对过的")}, 303)
    session.refresh(draft)
    assert [cue.text for cue in rules.cues(draft.captions_vtt)] == ["核对过的", "有重叠"]
