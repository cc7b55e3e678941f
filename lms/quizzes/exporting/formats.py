"""The formats questions go out in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lms.quizzes.exporting.aiken import to_aiken
from lms.quizzes.exporting.gift import to_gift
from lms.quizzes.exporting.moodle import to_moodle
from lms.quizzes.exporting.qti import V30, to_qti
from lms.quizzes.exporting.results import Exported
from lms.quizzes.exporting.workbook import to_xlsx
from lms.quizzes.importing.normal import Draft
from lms.web.spreadsheets import XLSX


@dataclass(frozen=True)
class Format:
    label: str
    extension: str
    mimetype: str
    write: Callable[[Sequence[Draft]], Exported]


FORMATS = {
    "xlsx": Format("Excel（可再导入，一项不少）", "xlsx", XLSX, to_xlsx),
    "moodlexml": Format("Moodle XML", "xml", "application/xml", to_moodle),
    "gift": Format("GIFT", "gift.txt", "text/plain; charset=utf-8", to_gift),
    "aiken": Format("Aiken", "aiken.txt", "text/plain; charset=utf-8", to_aiken),
    "qti": Format("QTI 2.1 试题包", "zip", "application/zip", to_qti),
    "qti3": Format("QTI 3.0 试题包", "zip", "application/zip", lambda drafts: to_qti(drafts, V30)),
}
