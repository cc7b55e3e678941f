"""How a paper and its questions did, for those who keep the paper."""

from dataclasses import dataclass

from flask import Blueprint, Response, request, url_for

from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.quizzes import access, key_queries, statistics_queries, statistics_rules
from lms.quizzes.rules import KIND_LABELS, Kind, PaperKind, letter
from lms.quizzes.statistics_queries import WHICH_LABELS, Which
from lms.quizzes.statistics_rules import Asked, Item
from lms.web import now, page, session

bp = Blueprint("quizzes_statistics", __name__, url_prefix="/office/papers", template_folder="templates")


@dataclass(frozen=True)
class Line:
    """A question with its figures, as the page shows it. `number` is its place in the list."""

    number: int
    stem: str
    kind: Kind
    item: Item
    advice: str


@bp.get("/<int:paper_id>/statistics")
@requires(Permission.PAPER_MANAGE)
def statistics(paper_id: int) -> Response:
    paper = access.paper_to_manage(session(), me(), paper_id)
    which = _which_asked()
    sheets = statistics_queries.list_sheets(session(), paper.id, which)
    is_fixed = paper.kind is PaperKind.FIXED
    asked = _asked(sheets)
    kinds_asked = {version: each for version, (_, each) in asked.items()}
    most = max((sum(mark.most for mark in sheet.marks) for sheet in sheets), default=0)
    return page(
        "quizzes/statistics.html",
        paper=paper,
        figures=statistics_rules.whole(sheets, is_fixed=is_fixed),
        verdict=statistics_rules.verdict,
        bands=statistics_rules.histogram(sheets, most),
        most=most,
        lines=_lines(statistics_rules.items(sheets, kinds_asked, is_fixed=is_fixed), asked),
        chips=[(label, url_for(".statistics", paper_id=paper.id, which=each), each is which) for each, label in WHICH_LABELS.items()],
        ended=statistics_queries.count_ended(session(), paper.id),
        limit=statistics_queries.MOST_ATTEMPTS,
        now=now(),
        kinds=KIND_LABELS,
        letter=letter,
        active="papers",
    )  # fmt: skip


def _which_asked() -> Which:
    asked = request.args.get("which", "")
    return Which(asked) if asked in set(Which) else Which.FIRST


def _asked(sheets: list[statistics_rules.Sheet]) -> dict[int, tuple[str, Asked]]:
    versions = {mark.question for sheet in sheets for mark in sheet.marks}
    return key_queries.find_asked(session(), sorted(versions))


def _lines(items: list[Item], asked: dict[int, tuple[str, Asked]]) -> list[Line]:
    """Weak questions first: those with an advice, then the rest, each in the order of the paper."""
    lines = [
        Line(n, asked[item.question][0], asked[item.question][1].kind, item, statistics_rules.advice(item))
        for n, item in enumerate(items, 1)
    ]
    return sorted(lines, key=lambda line: (not line.advice, line.number))
