"""What a personal access token opens: pure."""

import re
from enum import StrEnum

PREFIX = "jt_"
DAYS_MOST = 365
TOKENS_MOST = 10  # live ones of one person
PER_MINUTE = 60

_LOOKS_RIGHT = re.compile(r"Bearer (jt_[A-Za-z0-9_-]{43})")


class TokenScope(StrEnum):
    RESULTS = "results:read"
    QUESTIONS = "questions:read"
    BOARDS = "boards:read"


SCOPE_LABELS = {
    TokenScope.RESULTS: "我的答题成绩",
    TokenScope.QUESTIONS: "我管理的题库（含答案）",
    TokenScope.BOARDS: "我能看到的榜",
}


def token_in(header: str) -> str | None:
    """The token of an Authorization header, or None when it holds none of ours."""
    found = _LOOKS_RIGHT.fullmatch(header.strip())
    return found[1] if found else None
