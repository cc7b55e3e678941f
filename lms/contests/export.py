"""A published ranking as a workbook and as a PDF: the figures of the page."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from lms import clock
from lms.leaderboard.models import PublishedRanking
from lms.printing.typeset import pdf
from lms.web.filters import score
from lms.web.spreadsheets import Book

PEOPLE = (("名次", 8), ("姓名", 14), ("单位", 28), ("得分", 10), ("用时", 10), ("交卷时间", 18))
UNITS = (("名次", 8), ("单位", 28), ("分组", 10), ("得分", 10))
HONOURS = (("名次", 8), ("姓名", 14), ("单位", 28), ("得分", 10), ("称号", 16))
TEAMS = (("名次", 8), ("队", 20), ("单位", 28), ("得分", 10), ("用时", 10))
TEAM_HONOURS = (("名次", 8), ("队", 20), ("单位", 28), ("得分", 10), ("称号", 16), ("上场队员", 40))


def workbook(snapshot: Mapping[str, Any], facts: Sequence[tuple[str, str]]) -> bytes:
    """Sheets: people, units (when units compete), the honoured, teams and honoured teams (where there are any), and what the list is:
    rule, day of the roster, digest, signature."""
    book = Book()
    _fill(book, "个人榜", PEOPLE, [_person(row) for row in snapshot["people"]])
    if snapshot["units"]:
        _fill(book, "单位榜", UNITS, [_unit(row) for row in snapshot["units"]])
    for name, columns, rows in _further(snapshot):
        _fill(book, name, columns, rows)
    about = [*facts, *(("规则", sentence) for sentence in snapshot["rule"])]
    _fill(book, "说明", (("项目", 14), ("内容", 90)), about)
    return book.finished()


def _further(snapshot: Mapping[str, Any]) -> list[tuple[str, Sequence[tuple[str, int]], list[tuple[object, ...]]]]:
    """The honoured and the teams, as far as the version has them."""
    found: list[tuple[str, Sequence[tuple[str, int]], list[tuple[object, ...]]]] = []
    if snapshot.get("honours"):
        found.append(
            ("表彰", HONOURS, [(*_person(row)[:4], snapshot["award"]["title"]) for row in snapshot["honours"]])
        )
    if snapshot.get("teams"):
        found.append(("团队榜", TEAMS, [_team(row) for row in snapshot["teams"]]))
    if snapshot.get("team_honours"):
        title = snapshot["award"]["team_title"]
        found.append(
            ("团队表彰", TEAM_HONOURS, [(*_team(row)[:4], title, players(row)) for row in snapshot["team_honours"]])
        )
    return found


def _team(row: Mapping[str, Any]) -> tuple[object, ...]:
    return row["place"], row["name"], row["unit"], row["score_millis"] / 1000, _used(row["seconds"])


def players(row: Mapping[str, Any]) -> str:
    """Who played for an honoured team, as the public part names them or as the complete one does."""
    return "、".join(one if isinstance(one, str) else one["name"] for one in row["players"])


def _used(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02d}"


def _person(row: Mapping[str, Any]) -> tuple[object, ...]:
    at = clock.local(datetime.fromisoformat(row["submitted_at"]))
    used = _used(row["seconds"])
    return row["place"], row["name"], row["unit"], row["score_millis"] / 1000, used, f"{at:%Y-%m-%d %H:%M}"


def _unit(row: Mapping[str, Any]) -> tuple[object, ...]:
    return row["place"], row["name"], row["band"], row["score_millis"] / 1000


def _fill(book: Book, name: str, columns: Sequence[tuple[str, int]], rows: Sequence[Sequence[Any]]) -> None:
    page, head = book.sheet(name), book.style(bold=True, bottom=1)
    for index, (title, width) in enumerate(columns):
        page.set_column(index, index, width)
        book.write(page, 0, index, title, head)
    for number, row in enumerate(rows, start=1):
        for index, value in enumerate(row):
            book.write(page, number, index, value)
    page.freeze_panes(1, 0)


def facts(ranking: PublishedRanking, snapshot: dict[str, Any], part: str) -> list[tuple[str, str]]:
    """What the list is, for its last sheet. `part` is public or complete."""
    digest, signature = getattr(ranking, f"{part}_digest"), getattr(ranking, f"{part}_signature")
    return [
        ("名称", snapshot["board"]),
        ("版本", f"第 {ranking.version} 版"),
        ("公布时间", f"{clock.local(ranking.published_at):%Y-%m-%d %H:%M}"),
        ("名册截止日", snapshot["cut_off_on"]),
        ("上榜人数", f"{snapshot['total']} 人"),
        ("更正原因", ranking.reason or "无"),
        ("校验码 SHA-256", digest),
        (f"签名 Ed25519（{ranking.key_name}）", signature),
    ]


# --- on paper ------------------------------------------------------------------------------------------------------


def paper(snapshot: Mapping[str, Any], facts: Sequence[tuple[str, str]], *, at: datetime) -> bytes:
    """The list as a PDF in the look of the house; `at` is when it was published, so that a version is always the same file."""
    award = snapshot.get("award", {})
    return pdf(
        "contests/ranking",
        {
            "title": f"{snapshot['board']} 公布榜",
            "facts": [list(pair) for pair in facts],
            "rule": list(snapshot["rule"]),
            "honour": award.get("title", ""),
            "honours": [_on_paper(row) for row in snapshot.get("honours", ())],
            "team_honour": award.get("team_title", ""),
            "team_honours": [[*_on_paper(row), players(row)] for row in snapshot.get("team_honours", ())],
            "people": [[*_on_paper(row), _used(row["seconds"])] for row in snapshot["people"]],
            "teams": [[*_on_paper(row), _used(row["seconds"])] for row in snapshot.get("teams", ())],
            "units": [
                [str(row["place"]), row["name"], row["band"], score(row["score_millis"])] for row in snapshot["units"]
            ],
        },
        at=at,
    )


def _on_paper(row: Mapping[str, Any]) -> list[str]:
    return [str(row["place"]), row["name"], row["unit"], score(row["score_millis"])]
