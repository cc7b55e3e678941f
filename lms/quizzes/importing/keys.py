"""What kind a question as found is, and its key: where the writer did not say, what is there decides."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from lms.quizzes.grade_rules import number_of
from lms.quizzes.importing.normal import blanks, is_case, letters, order_of, shadow, truth
from lms.quizzes.importing.raw import Raw, Unreadable
from lms.quizzes.rules import GAP, TRUTH_OPTIONS, Key, Kind, gaps, plain


@dataclass
class Answered:
    """A question with its kind and key."""

    kind: Kind
    stem: str
    options: list[str]
    key: Key
    prompts: list[str] = field(default_factory=list)
    unit: str = ""
    tolerance: str = ""


def answered(raw: Raw, declared: Kind | None, stem: str, options: list[str], key_text: str) -> Answered:
    """Raises Unreadable with what to write instead."""
    if declared is Kind.MATCHING:
        return _matching(raw, stem, options, key_text)
    if declared is Kind.SHORT or (not options and declared is None and is_case(raw.kind) and _is_prose(key_text, stem)):
        return Answered(Kind.SHORT, stem, [], [[key_text.strip()]] if key_text.strip() else [])
    if not key_text.strip():
        raise Unreadable(raw.problem("key", stem, "没有找到答案"))
    if declared is Kind.NUMERIC and not options:
        return _numeric(raw, stem, key_text)
    if declared is Kind.ORDERING:
        return _ordering(raw, stem, options, key_text)
    return _chosen(raw, declared, stem, options, key_text)


def are_truths(options: Sequence[str]) -> bool:
    return len(options) == 2 and {truth(option) for option in options} == {True, False}


def _is_prose(key_text: str, stem: str) -> bool:
    return truth(key_text) is None and not GAP.search(stem)


# --- choice, true or false, blanks


def _chosen(raw: Raw, declared: Kind | None, stem: str, options: list[str], key_text: str) -> Answered:
    if declared is Kind.BLANK or (declared is None and not options and truth(key_text) is None and GAP.search(stem)):
        return Answered(Kind.BLANK, stem, [], blanks(key_text, gaps(stem)))
    if declared is Kind.NUMERIC:
        declared = None  # 计算题 with options is a choice
    if declared is None and not options and truth(key_text) is None:
        message = (
            "没有找到选项，答案也不是“正确”或“错误”；选项每个一行，写成 A. B. C.；要写字作答的题标明填空题或简答题"
        )
        raise Unreadable(raw.problem("options", stem, message))
    if declared is Kind.BOOLEAN or (declared is None and (are_truths(options) or not options)):
        return Answered(Kind.BOOLEAN, stem, list(TRUTH_OPTIONS), [0 if _truth_key(raw, options, key_text) else 1])
    if not options:
        raise Unreadable(raw.problem("options", stem, "没有找到选项；选项每个一行，写成 A. B. C."))
    numbers = letters(key_text)
    if numbers is None:
        numbers = [n for n, option in enumerate(options) if plain(option) == plain(key_text)]
    if not numbers and (by_number := order_of(key_text)) and set(by_number) <= set(range(len(options))):
        numbers = by_number
    if not numbers:
        raise Unreadable(raw.problem("key", key_text, f"看不懂答案“{key_text.strip()[:40]}”，写成 A 或 AB"))
    kind = declared or (Kind.SINGLE if len(numbers) == 1 else Kind.MULTIPLE)
    if kind is Kind.MULTIPLE and len(numbers) == 1 and "不定项" not in raw.kind + raw.stem:
        raise Unreadable(raw.problem("key", key_text, "多选题至少有两个答案；只有一个时题型写单选题或不定项选择题"))
    return Answered(kind, stem, options, sorted(numbers))


def _truth_key(raw: Raw, options: Sequence[str], key_text: str) -> bool:
    said = truth(key_text)
    numbers = letters(key_text)
    if said is None and numbers and len(numbers) == 1:
        if not options:  # The usual answer sheet: A is right, B is wrong.
            said = {0: True, 1: False}.get(numbers[0])
        elif numbers[0] < len(options):
            said = truth(options[numbers[0]])
    if said is None:
        raise Unreadable(raw.problem("key", key_text, f"判断题的答案写“正确”或“错误”，现在是“{key_text.strip()[:40]}”"))
    return said


# --- numbers

_NUMBER = re.compile(r"^[约≈=]?\s*([+-]?\d[\d,]*(?:\.\d+)?(?:E[+-]?\d+)?)\s*(%|[^\d\s±+(,;/|]{0,12})\s*$")
_TOLERANCE = re.compile(r"\s*[(（]?\s*(?:±|\+/?-|允许误差|误差)\s*[:：]?\s*±?([\d.]+\s*[%％]?)([^\d]{0,12})$")


def _numeric(raw: Raw, stem: str, key_text: str) -> Answered:
    """`12.5`, `12.5亩`, `12.5±0.1`, `12.5/12.50`; a worked solution instead of a number is a short answer."""
    text, tolerance, units = " ".join(key_text.split()).rstrip("。"), "", set[str]()
    if found := _TOLERANCE.search(text):
        text, tolerance = text[: found.start()], found[1].replace("％", "%").replace(" ", "")
        units.add(found[2].strip(" )）"))
    values = []
    for part in re.split(r"\s*(?:[/／|｜]|或)\s*", text):
        found = _NUMBER.match(shadow(part).replace("−", "-"))
        if not found or number_of(found[1]) is None:
            if "计算" in raw.kind + raw.stem or not raw.kind:
                return Answered(Kind.SHORT, stem, [], [[key_text.strip()]])
            message = f"数值题的答案写一个数，例如 12.5 或 12.5±0.1，现在是“{key_text.strip()[:40]}”"
            raise Unreadable(raw.problem("key", key_text, message))
        values.append(found[1])
        units.add(part[found.start(2) : found.end(2)].strip())
    units.discard("")
    unit = raw.unit.strip() or (units.pop() if len(units) == 1 else "")
    return Answered(Kind.NUMERIC, stem, [], [values], unit=unit, tolerance=tolerance)


# --- ordering and matching

_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩"
_ITEM_MARK = re.compile(
    rf"(?:[(（]\s?(\d{{1,2}})\s?[)）]|([{_CIRCLED}])|(?:^|(?<=\s))(\d{{1,2}})\s?[.．、)）](?!\d))\s*", re.M
)


def numbered_items(text: str) -> tuple[str, list[str]]:
    """(what stands before, items) of `…①甲②乙③丙` or lines numbered from 1; no items when they do not count from 1."""
    marks: list[re.Match[str]] = []
    for found in _ITEM_MARK.finditer(text):
        number = _CIRCLED.index(found[2]) + 1 if found[2] else int(found[1] or found[3])
        if number == len(marks) + 1:
            marks.append(found)
    if len(marks) < 2:
        return text, []
    ends = [found.start() for found in marks[1:]] + [len(text)]
    items = [text[found.end() : end].strip(" \n\t　;；") for found, end in zip(marks, ends, strict=True)]
    return text[: marks[0].start()].rstrip(), items


def _ordering(raw: Raw, stem: str, options: list[str], key_text: str) -> Answered:
    if not options:
        stem, options = numbered_items(stem)
    numbers = order_of(key_text)
    if not options or numbers is None:
        message = "排序题把要排的每一项写成选项 A. B. C.，答案写正确的顺序，例如 CABD"
        raise Unreadable(raw.problem("key" if options else "options", key_text if options else stem, message))
    return Answered(Kind.ORDERING, stem, options, numbers)


_PAIR = re.compile(r"\s*(?:[-—–=]+[>→]|[→⇒↔]|<->|——+|--+|[＝=:：]|\t+)\s*")


def _matching(raw: Raw, stem: str, options: list[str], key_text: str) -> Answered:
    prompts = [line for line in raw.prompts.splitlines() if line.strip()]
    if len(prompts) == 1:
        prompts = [part for part in re.split(r"[;；|｜]", prompts[0]) if part.strip()]
    if not prompts and options:
        stem, prompts = numbered_items(stem)
    if prompts and options:
        prompts = [_bare(each, n) for n, each in enumerate(prompts)]
        return Answered(Kind.MATCHING, stem, options, _matching_key(raw, prompts, options, key_text), prompts)
    left, pairs = _pairs(stem) if not key_text.strip() else (stem, _pairs(key_text)[1])
    if len(pairs) < 2:
        message = "匹配题左边写成 (1) (2)，右边写成 A. B.，答案写 1-B；2-A；或者每行写一对，如“甲→乙”"
        raise Unreadable(raw.problem("key", key_text or stem, message))
    rights = list(dict.fromkeys(right for _, right in pairs))
    key = [rights.index(right) for _, right in pairs]
    return Answered(Kind.MATCHING, left, rights, key, [prompt for prompt, _ in pairs])


def _bare(prompt: str, number: int) -> str:
    mark = rf"^\s*(?:[(（]?{number + 1}[)）.．、]|{_CIRCLED[number] if number < 10 else '①'})\s*"
    return re.sub(mark, "", prompt).strip()


def _pairs(text: str) -> tuple[str, list[tuple[str, str]]]:
    """(the lines before, pairs) of lines or `；` parts such as `甲→乙`."""
    parts = [part for part in re.split(r"[\n;；]", text[:20_000]) if part.strip()]
    divided = [_PAIR.split(re.sub(r" {2,}", " ", part).strip(" 。.")) for part in parts]
    first = next(
        (n for n in range(len(parts)) if all(len(each) == 2 and all(each) for each in divided[n:])), len(parts)
    )
    pairs = [(_bare(left, n), right.strip()) for n, (left, right) in enumerate(divided[first:])]
    return "\n".join(parts[:first]), pairs


def _matching_key(raw: Raw, prompts: Sequence[str], options: Sequence[str], key_text: str) -> list[int]:
    """`BCA`, `1-B；2-C；3-A`, `①B ②C`, or the texts themselves as pairs. Raises Unreadable."""
    half = shadow("".join(str(_CIRCLED.index(each) + 1) if each in _CIRCLED else each for each in key_text))
    said = {
        int(a): ord(b) - 65
        for a, b in re.findall(r"(?<!\d)(\d{1,2})\s*[)）]?\s*[-—–=>→:.、]*\s*([A-J])(?![A-Z])", half)
    }
    if not said:
        said = {int(b): ord(a) - 65 for a, b in re.findall(r"(?<![A-Z])([A-J])\s*[-—–=>→:]+\s*(\d{1,2})(?!\d)", half)}
    if set(said) == set(range(1, len(prompts) + 1)):
        return [said[n] for n in range(1, len(prompts) + 1)]
    if not said and (numbers := letters(key_text)) is not None:
        return numbers
    by_text = {plain(left): plain(right) for left, right in _pairs(key_text)[1]}
    rights = [plain(option) for option in options]
    if all(by_text.get(plain(prompt)) in rights for prompt in prompts):
        return [rights.index(by_text[plain(prompt)]) for prompt in prompts]
    message = f"匹配题左边有 {len(prompts)} 项，答案写成 1-B；2-A；…，每项一个"
    raise Unreadable(raw.problem("key", key_text or raw.stem, message))
