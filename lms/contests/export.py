"""A published ranking as a workbook."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from lms import clock
from lms.leaderboard.models import PublishedRanking
from lms.web.spreadsheets import Book

PEOPLE = (("名次", 8), ("姓名", 14), ("单位", 28), ("得分", 10), ("用时", 10), ("交卷时间", 18))
UNITS = (("名次", 8), ("单位", 28), ("分组", 10), ("得分", 10))


def workbook(snapshot: Mapping[str, Any], facts: Sequence[tuple[str, str]]) -> bytes:
    """Three sheets: people, units (when units compete) and what the list is: rule, day of the roster, digest, signature."""
    book = Book()
    _fill(book, "个人榜", PEOPLE, [_person(row) for row in snapshot["people"]])
    if snapshot["units"]:
        _fill(book, "单位榜", UNITS, [_unit(row) for row in snapshot["units"]])
    about = [*facts, *(("规则", sentence) for sentence in snapshot["rule"])]
    _fill(book, "说明", (("项目", 14), ("内容", 90)), about)
    return book.finished()


def _person(row: Mapping[str, Any]) -> tuple[object, ...]:
    at = clock.local(datetime.fromisoformat(row["submitted_at"]))
    minutes, seconds = divmod(row["seconds"], 60)
    used = f"{minutes}:{seconds:02d}"
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
