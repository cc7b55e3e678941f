"""Searches with marks: what they leave out, in which order they give, how far they count."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lms.db import search
from lms.db.bigrams import phrases
from lms.db.search import HITS_MOST, Entry, Piece, SearchSubject, SearchText, Sought, made, mark
from lms.db.search_hits import list_hits


def put(session: Session, *subjects: tuple[str, str, str], first: int = 1) -> None:
    """(title, text, audience) of each, the last the newest."""
    entries = {
        number: made("t", [Piece("title", title), Piece("text", text)], [mark("a", audience)])
        for number, (title, text, audience) in enumerate(subjects, first)
    }
    search.put_new(session, "t", entries)


def found(session: Session, query: str, *marks: list[str], offset: int = 0, limit: int = 50, **more: bool) -> list[int]:
    return search.find(session, Sought("t", phrases(query), marks), offset=offset, limit=limit, **more).ids


def test_titles_come_first_and_within_each_the_newest(session: Session) -> None:
    put(session, ("耕地", "", "0"), ("登记", "讲耕地", "0"), ("耕地二", "", "0"), ("测绘", "也讲耕地", "0"))
    assert found(session, "耕地") == [3, 1, 4, 2]
    assert found(session, "耕地", titles_first=False) == [4, 3, 2, 1]
    assert [found(session, "耕地", offset=n, limit=2) for n in range(5)] == [[3, 1], [1, 4], [4, 2], [2], []]


def test_words_may_stand_in_different_pieces_of_a_subject(session: Session) -> None:
    put(session, ("耕地", "占补", "0"), ("耕地", "登记", "0"))
    assert found(session, "耕地 占补") == [1]
    assert found(session, "地占") == []


def test_a_mark_of_each_group_is_needed(session: Session) -> None:
    put(session, ("耕地", "", "0"), ("耕地", "", "7"), ("耕地", "", "8"))
    here = [mark("a", 0), mark("a", 7)]
    assert found(session, "耕地", here) == [2, 1]
    assert found(session, "耕地", here, [mark("l", "land")]) == []
    search.remark(session, "t", 1, [mark("a", 0), mark("l", "land")])
    assert found(session, "耕地", here, [mark("l", "land")]) == [1]
    assert found(session, "耕地", [mark("a", "生态")]) == []


def test_a_subject_put_again_is_the_newest(session: Session) -> None:
    put(session, ("耕地", "", "0"), ("耕地", "", "0"))
    search.put(session, "t", 1, made("t", [Piece("title", "耕地")]))
    assert found(session, "耕地") == [1, 2]
    search.remove(session, "t", 1)
    assert found(session, "耕地") == [2]
    assert session.scalars(select(SearchText.subject_id)).all() == [2]


def test_counting_stops_at_the_bound_and_everything_up_to_it_can_be_reached(session: Session) -> None:
    put(session, *[("耕地", "", "0")] * (HITS_MOST + 5))
    page = search.find(session, Sought("t", phrases("耕地")), offset=HITS_MOST - 10, limit=24)
    assert (page.total, page.is_more) == (HITS_MOST, True)
    assert page.ids == list(range(15, 5, -1))
    assert search.find(session, Sought("t", phrases("登记")), offset=0, limit=24) == search.Found([], 0)


def test_another_kind_is_not_met(session: Session) -> None:
    search.put(session, "u", 1, made("u", [Piece("title", "耕地")]))
    assert found(session, "耕地") == []


def test_hits_name_the_earliest_place_and_how_many_more(session: Session) -> None:
    pieces = [Piece("title", "讲义"), *(Piece("page", f"{'耕地' if n > 1 else ''}第{n}", n) for n in (1, 2, 3))]
    search.put(session, "t", 1, made("t", [*pieces, Piece("text", "ＧＩＳ 耕地")]))
    places = ("title", "page", "text")
    hit = list_hits(session, "t", "耕地", phrases("耕地"), [1], places)[1]
    assert (hit.place, hit.number, hit.count) == ("page", 2, 2)
    wide = list_hits(session, "t", "gis", phrases("gis"), [1], places)[1]
    assert wide.place == "text"


def test_what_is_not_indexed_is_only_shown_as_a_place(session: Session) -> None:
    pieces = [Piece("said", "永久基本农田"), Piece("cue", "永久基本", 0, is_indexed=False)]
    search.put(session, "t", 1, made("t", [*pieces, Piece("cue", "红线", 5, is_indexed=False)]))
    assert (found(session, "基本农田"), found(session, "红线")) == ([1], [])


WORD = st.text(alphabet="耕地占补", min_size=1, max_size=6)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(WORD, WORD, st.sampled_from("078")), max_size=12), WORD, st.integers(1, 4))
def test_pages_together_are_every_true_hit_in_order(
    session: Session, subjects: list[tuple[str, str, str]], query: str, size: int
) -> None:
    for model in (SearchSubject, SearchText):
        session.execute(delete(model))
    put(session, *subjects)
    here = [mark("a", 0), mark("a", 7)]
    mine = [(n, title, text) for n, (title, text, audience) in enumerate(subjects, 1) if audience != "8"]
    titles = [n for n, title, _ in reversed(mine) if query in title]
    expected = titles + [n for n, title, text in reversed(mine) if query in text and query not in title]
    pages = [found(session, query, here, offset=offset, limit=size) for offset in range(0, len(expected) + size, size)]
    assert [n for page in pages for n in page] == expected


def test_an_entry_knows_its_marks_and_its_title() -> None:
    entry = made("t", [Piece("title", "地"), Piece("text", "")], [mark("y", 2026)])
    assert entry == Entry("x05730", "fkt fy2026", ({"place": "title", "number": 0, "text": "地", "grams": "x05730"},))
