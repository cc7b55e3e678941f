"""What a question must look like to be kept and graded."""

from collections.abc import Sequence
from dataclasses import dataclass

from lms.quizzes.grade_rules import margin, number_of, texts_of
from lms.quizzes.rules import KIND_LABELS, Key, Kind, Marking, gaps, letter, plain


@dataclass(frozen=True)
class Fault:
    """Why a question cannot be kept; `field` is the name of the form field and column it concerns."""

    field: str
    message: str


MAX_OPTIONS = 10
MAX_STEM, MAX_OPTION, MAX_BLANK, MAX_MATERIAL, MAX_UNIT = 4000, 1000, 200, 8000, 20


def faults(
    kind: Kind,
    stem: str,
    options: Sequence[str],
    key: Key,
    *,
    prompts: Sequence[str] = (),
    marking: Marking = Marking(),
    material: str = "",
) -> list[Fault]:
    """Everything that is wrong with a question, in the order of its fields. Empty: it can be kept and graded."""
    found = []
    if not stem.strip():
        found.append(Fault("stem", "写上题干"))
    if len(stem) > MAX_STEM:
        found.append(Fault("stem", f"题干最多 {MAX_STEM} 个字，现在有 {len(stem)} 个"))
    if len(material) > MAX_MATERIAL:
        found.append(Fault("material", f"材料最多 {MAX_MATERIAL} 个字，现在有 {len(material)} 个"))
    if kind is Kind.BLANK:
        return found + _blank_faults(stem, key)
    if kind is Kind.NUMERIC:
        return found + _number_faults(key, marking)
    if kind is Kind.SHORT:
        return found + _short_faults(key, marking)
    found += _list_faults(options)
    if kind is Kind.MATCHING:
        return found + _matching_faults(prompts, options, key)
    if kind is Kind.ORDERING:
        return found + _ordering_faults(options, key)
    return found + _choice_faults(kind, options, key)


def _list_faults(options: Sequence[str]) -> list[Fault]:
    found = []
    if not 2 <= len(options) <= MAX_OPTIONS:
        found.append(Fault("options", f"要有 2 到 {MAX_OPTIONS} 个选项，现在有 {len(options)} 个"))
    if any(not option.strip() for option in options):
        found.append(Fault("options", "有选项是空的"))
    if any(len(option) > MAX_OPTION for option in options):
        found.append(Fault("options", f"每个选项最多 {MAX_OPTION} 个字"))
    if len({plain(option) for option in options}) < len(options):
        found.append(Fault("options", "有两个选项相同"))
    return found


def _choice_faults(kind: Kind, options: Sequence[str], key: Key) -> list[Fault]:
    found = []
    numbers = [number for number in key if isinstance(number, int)]
    if not numbers or len(numbers) != len(key):
        found.append(Fault("key", "写上答案"))
    elif len(set(numbers)) < len(numbers):
        found.append(Fault("key", "答案里有重复的字母"))
    elif not all(0 <= number < len(options) for number in numbers):
        beyond = "".join(letter(number) for number in numbers if not 0 <= number < len(options))
        found.append(Fault("key", f"答案 {beyond} 没有对应的选项"))
    elif kind is not Kind.MULTIPLE and len(numbers) > 1:
        found.append(Fault("key", f"{KIND_LABELS[kind]}只能有一个答案，现在有 {len(numbers)} 个"))
    return found


def _blank_faults(stem: str, key: Key) -> list[Fault]:
    blanks = texts_of(key)
    if not blanks or len(blanks) != len(key) or not all(any(plain(text) for text in texts) for texts in blanks):
        return [Fault("key", "每个空都要有答案")]
    if any(len(text) > MAX_BLANK for texts in blanks for text in texts):
        return [Fault("key", f"每个空的答案最多 {MAX_BLANK} 个字")]
    if gaps(stem) not in (0, len(blanks)):
        return [Fault("key", f"题干有 {gaps(stem)} 个空，答案有 {len(blanks)} 个，用“；”隔开各空")]
    return []


def _number_faults(key: Key, marking: Marking) -> list[Fault]:
    values = [number_of(text, marking.unit) for texts in texts_of(key) for text in texts]
    if len(key) != 1 or not values or None in values:
        return [Fault("key", "数值题的答案写一个数，例如 12.5")]
    if any(margin(marking.tolerance, value) is None for value in values if value is not None):
        return [Fault("tolerance", "允许误差写不小于 0 的数，或百分比，例如 0.1 或 5%")]
    if len(marking.unit.strip()) > MAX_UNIT:
        return [Fault("unit", f"单位最多 {MAX_UNIT} 个字")]
    return []


def _short_faults(key: Key, marking: Marking) -> list[Fault]:
    if not marking.rubric.strip() and not any(text.strip() for texts in texts_of(key) for text in texts):
        return [Fault("rubric", "写上评分要点或参考答案，评卷人照它给分")]
    return []


def _matching_faults(prompts: Sequence[str], options: Sequence[str], key: Key) -> list[Fault]:
    numbers = [number for number in key if isinstance(number, int)]
    if not 2 <= len(prompts) <= MAX_OPTIONS:
        return [Fault("prompts", f"匹配题左边要有 2 到 {MAX_OPTIONS} 项，现在有 {len(prompts)} 项")]
    if any(not prompt.strip() for prompt in prompts) or len({plain(each) for each in prompts}) < len(prompts):
        return [Fault("prompts", "匹配题左边有空的或相同的项")]
    if len(numbers) != len(key) or len(numbers) != len(prompts):
        return [Fault("key", f"左边有 {len(prompts)} 项，答案要有 {len(prompts)} 个")]
    if not all(0 <= number < len(options) for number in numbers):
        return [Fault("key", "答案指向了不存在的选项")]
    return []


def _ordering_faults(options: Sequence[str], key: Key) -> list[Fault]:
    if sorted(number for number in key if isinstance(number, int)) != list(range(len(options))):
        return [Fault("key", "排序题的答案要把每一项都写一次")]
    return []
