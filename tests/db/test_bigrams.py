"""Every substring is found: bigrams against brute force, in the database itself."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from lms.db import search
from lms.db.bigrams import excerpt, folded, phrases, tokens
from lms.db.search import Piece, SearchSubject, SearchText, Sought, made, remove, subjects

CJK = st.text(alphabet="耕地占补平衡不动产𠮷", min_size=1, max_size=12)
WORDS = st.sampled_from(["gis", "2026", "bim", "耕地", "占补平衡", "，", " ", "、", "CAD", "ＡＩ", "é"])
TEXTS = st.lists(CJK | WORDS, max_size=6).map("".join)


def put(session: Session, kind: str, subject_id: int, pieces: list[Piece]) -> None:
    search.put(session, kind, subject_id, made(kind, pieces))


def found(session: Session, query: str) -> set[int]:
    """Subjects that hold every phrase of the query, as the library asks."""
    asked = phrases(query)
    return set(session.scalars(subjects(session, Sought("t", asked)))) if asked else set()


def test_pairs_and_the_last_character_are_the_tokens() -> None:
    assert tokens("耕地保护") == ["x0801505730", "x0573004fdd", "x04fdd062a4", "x062a4"]
    assert tokens("GIS平台") == ["wgis", *tokens("平台")]
    assert tokens("ＧＩＳ") == ["wgis"]
    assert tokens("，。 !") == []


def test_a_two_character_search_finds_and_one_character_finds_what_begins_with_it(session: Session) -> None:
    put(session, "t", 1, [Piece("title", "耕地占补平衡新规解读")])
    put(session, "t", 2, [Piece("title", "不动产登记")])
    session.flush()
    assert found(session, "占补") == {1}
    assert found(session, "读") == {1}
    assert found(session, "登") == {2}
    assert found(session, "补占") == set()
    assert found(session, "耕地 解读") == {1}
    assert found(session, "耕地 登记") == set()
    assert found(session, "，") == set()


def test_a_subject_taken_out_is_not_found_and_one_put_again_is_found_by_its_new_text_only(session: Session) -> None:
    put(session, "t", 1, [Piece("title", "旧的名称"), Piece("page", "第一页", number=1)])
    session.flush()
    put(session, "t", 1, [Piece("title", "新的名称")])
    session.flush()
    assert (found(session, "旧的"), found(session, "第一"), found(session, "新的")) == (set(), set(), {1})
    remove(session, "t", 1)
    assert found(session, "新的") == set()


def test_what_is_only_heard_is_found_and_not_shown(session: Session) -> None:
    put(session, "t", 1, [Piece("lecturer", "周建国", also="zhou jian guo zjg")])
    session.flush()
    assert found(session, "zjg") == found(session, "周建") == {1}
    assert session.scalars(select(SearchText.text)).all() == ["周建国"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TEXTS, min_size=1, max_size=5), st.data())
def test_every_true_substring_is_found_and_nothing_else(
    session: Session, texts: list[str], data: st.DataObject
) -> None:
    """Substrings of CJK are found exactly as brute force finds them; Latin words are taken whole."""
    session.execute(delete(SearchText))
    session.execute(delete(SearchSubject))
    for number, text in enumerate(texts, 1):
        put(session, "t", number, [Piece("title", text)])
    session.flush()
    source = folded(data.draw(st.sampled_from(texts)))
    runs = re.findall(r"[^\W_0-9a-z]+", source)
    if not runs:
        return
    run = data.draw(st.sampled_from(runs))
    start = data.draw(st.integers(0, len(run) - 1))
    query = run[start : start + data.draw(st.integers(1, len(run) - start))]
    assert found(session, query) == {number for number, text in enumerate(texts, 1) if query in folded(text)}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=50))
def test_no_query_breaks_the_search(session: Session, query: str) -> None:
    found(session, query)


@given(TEXTS)
def test_a_text_is_found_by_itself(text: str) -> None:
    all_tokens = tokens(text.replace(" ", ""))
    assert all(set(phrase.tokens[:-1]) <= set(all_tokens) for phrase in phrases(text.replace(" ", "")))


@pytest.mark.parametrize(
    "text, query, expected",
    [
        ("短文", "文", "短文"),
        ("甲" * 100 + "耕地红线" + "乙" * 100, "红线", f"…{'甲' * 22}耕地红线{'乙' * 46}…"),
        ("一\n二  三", "无", "一 二 三"),
    ],
)
def test_an_excerpt_shows_where(text: str, query: str, expected: str) -> None:
    assert excerpt(text, query) == expected


def test_every_piece_is_indexed_once(session: Session) -> None:
    put(session, "t", 1, [Piece("page", "一页", number=n) for n in range(1, 4)])
    session.flush()
    assert session.scalar(select(func.count()).select_from(SearchText)) == 3
