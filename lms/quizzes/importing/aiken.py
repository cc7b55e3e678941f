"""Aiken: a stem, lines `A. …` or `A) …`, and `ANSWER: A`."""

import re

from lms.quizzes.importing.assembling import Raw, read_into
from lms.quizzes.importing.normal import Problem, Reading

_OPTION = re.compile(r"^([A-Z])[.)、]\s*(.*)$")
_ANSWER = re.compile(r"^ANSWER\s*[:：]\s*(.*)$", re.IGNORECASE)
_NUMBER = re.compile(r"^\d{1,4}[.、)]\s+")


def is_aiken(text: str) -> bool:
    """Whether lines `ANSWER:` end groups of lettered options, with nothing our own text reader would need to know."""
    return bool(re.search(r"^ANSWER\s*:\s*[A-Z]\s*$", text, re.MULTILINE)) and "答案" not in text and "解析" not in text


def read_aiken(text: str) -> Reading:
    """Rows are line numbers."""
    reading = Reading()
    raw: Raw | None = None
    for row, line in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        line = line.strip()
        if not line:
            continue
        if found := _ANSWER.match(line):
            if raw is None:
                reading.errors.append(Problem(row, "答案", line[:200], "ANSWER 前面没有题目"))
                continue
            raw.key = found[1]
            raw.places["key"] = (row, "答案")
            read_into(reading, raw)
            raw = None
        elif raw is None:
            raw = Raw(row, stem=_NUMBER.sub("", line))
        elif (option := _OPTION.match(line)) and option[1] == chr(ord("A") + len(raw.options)):
            raw.places.setdefault("options", (row, "选项"))
            raw.options.append(option[2].strip())
        elif raw.options:
            message = "选项写成“A. 内容”，字母要连续；一道题以“ANSWER: A”结束"
            reading.errors.append(Problem(row, "选项", line[:200], message))
            raw = Raw(row, stem=line) if not option else None
        else:
            raw.stem += f"\n{line}"
    if raw is not None:
        reading.errors.append(raw.problem("key", raw.stem, "这道题没有“ANSWER: A”这样的一行"))
    return reading
