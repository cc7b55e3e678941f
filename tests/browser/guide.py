"""The pictures of the operator's guide and of the help pages: what each shows, and where it is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
HELP, GUIDE = Path("lms/static/images/help"), Path("docs/pictures")
SIZES = {"phone": (390, 780), "pc": (1200, 760)}
KILOBYTES = 60


@dataclass(frozen=True)
class Picture:
    """A page of the small demonstration as `who` sees it: where they begin, and the links they follow from there. The name begins
    with the view."""

    folder: Path
    name: str
    who: str
    start: str
    steps: Sequence[str] = ()

    @property
    def view(self) -> str:
        return self.name.partition("-")[0]

    @property
    def path(self) -> Path:
        return ROOT / self.folder / f"{self.name}.webp"


PAGES = (
    Picture(HELP, "phone-course", "lin", "/library/?kind=course", (".item-link",)),
    Picture(HELP, "phone-hours", "lin", "/hours"),
    Picture(HELP, "pc-studio", "ed", "/studio"),
    Picture(HELP, "pc-gathering", "chen", "/gatherings/desk"),
    Picture(HELP, "pc-questions", "hua", "/office/questions"),
    Picture(HELP, "pc-content-review", "ada", "/office/reviews/content", ("table a",)),
    Picture(HELP, "pc-contest", "hua", "/office/contests", ("table a:has-text('业务大比拼')",)),
    Picture(HELP, "pc-committee", "wen", "/branches/desk"),
    Picture(HELP, "pc-accounts", "sun", "/office/accounts"),
    Picture(HELP, "pc-grants", "qin", "/office/grants"),
    Picture(HELP, "pc-audit", "shi", "/office/audit"),
    Picture(GUIDE, "pc-tasks", "sun", "/office/tasks"),
    Picture(GUIDE, "pc-channels", "sun", "/office/channels"),
    Picture(
        GUIDE, "pc-invigilation", "hua", "/office/contests", ("table a:has-text('业务大比拼')", "a:has-text('监考')")
    ),
)
EXAM = Picture(HELP, "phone-exam", "bo", "/contests")
NOT_SAVED = Picture(GUIDE, "phone-not-saved", "bo", "/contests")
ACTIVATION = Picture(GUIDE, "phone-activation", "", "/activation?code=")
READ_ONLY = Picture(GUIDE, "phone-read-only", "lin", "/")
ALL = (*PAGES, EXAM, NOT_SAVED, ACTIVATION, READ_ONLY)
