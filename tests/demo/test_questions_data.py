"""The demonstration question bank and lecture scripts are well formed, each clause cited from a named source."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).resolve().parents[2] / "lms" / "demo" / "data"
BANK: dict[str, Any] = json.loads((DATA / "questions.json").read_text(encoding="utf-8"))
QUESTIONS: list[dict[str, Any]] = BANK["questions"]
SOURCES: list[dict[str, str]] = BANK["sources"]
LECTURES: list[dict[str, Any]] = json.loads((DATA / "lectures.json").read_text(encoding="utf-8"))

PREFIXES = {
    "land": "TD",
    "planning": "GH",
    "registration": "DJ",
    "mineral": "KC",
    "survey": "CH",
    "farmland": "GD",
    "ecology": "ST",
    "enforcement": "ZF",
}
KINDS = {"single", "multiple", "boolean", "blank"}
FIELDS = {"code", "line", "kind", "difficulty", "stem", "options", "key", "explanation", "basis"}
LECTURE_FIELDS = {"code", "title", "line", "lecturer", "unit", "summary", "slides", "law", "question_codes"}
ARTICLE = re.compile(r"第[零一二三四五六七八九十百]+条")
GAP = "____"

each_question = pytest.mark.parametrize("question", QUESTIONS, ids=[question["code"] for question in QUESTIONS])


def of_kind(kind: str) -> list[dict[str, Any]]:
    return [question for question in QUESTIONS if question["kind"] == kind]


@each_question
def test_a_question_has_its_fields_and_a_code_of_its_line(question: dict[str, Any]) -> None:
    assert set(question) == FIELDS
    assert question["kind"] in KINDS
    assert question["difficulty"] in {1, 2, 3}
    assert re.fullmatch(PREFIXES[question["line"]] + r"-\d{3}", question["code"])
    assert question["stem"].strip() == question["stem"] != ""
    assert question["explanation"]


@each_question
def test_a_key_fits_the_kind_of_its_question(question: dict[str, Any]) -> None:
    kind, options, key = question["kind"], question["options"], question["key"]
    if kind == "boolean":
        assert options == []
        assert isinstance(key, bool)
    elif kind == "blank":
        assert options == []
        assert len(key) == question["stem"].count(GAP) > 0
        assert all(variants and all(variants) and len(set(variants)) == len(variants) for variants in key)
    else:
        assert len(options) == 4
        assert len(set(options)) == 4
        assert all(options)
        assert key == sorted(set(key))
        assert all(0 <= index < 4 for index in key)
        assert len(key) == 1 if kind == "single" else 2 <= len(key) <= 4


@each_question
def test_a_question_quotes_the_article_it_rests_on(question: dict[str, Any]) -> None:
    basis = question["basis"]
    assert set(basis) == {"law", "version", "article", "quote"}
    assert ARTICLE.fullmatch(basis["article"])
    assert 8 <= len(basis["quote"]) <= 170
    assert (basis["law"], basis["version"]) in {(source["law"], source["version"]) for source in SOURCES}


@pytest.mark.parametrize("question", of_kind("blank"), ids=[question["code"] for question in of_kind("blank")])
def test_only_a_blank_question_has_gaps_and_its_stem_never_gives_the_answer_away(question: dict[str, Any]) -> None:
    for variants in question["key"]:
        assert not any(len(variant) > 1 and variant in question["stem"] for variant in variants)


def test_no_gap_is_left_in_the_other_kinds() -> None:
    assert not [question["code"] for question in QUESTIONS if question["kind"] != "blank" and GAP in question["stem"]]


@pytest.mark.parametrize("field", ["code", "stem"])
def test_codes_and_stems_are_unique(field: str) -> None:
    assert [value for value, times in Counter(question[field] for question in QUESTIONS).items() if times > 1] == []


def test_every_source_says_where_it_was_read_and_is_used() -> None:
    assert all(set(source) == {"law", "version", "read_in"} and all(source.values()) for source in SOURCES)
    names = [source["law"] for source in SOURCES]
    assert len(set(names)) == len(names)
    assert {question["basis"]["law"] for question in QUESTIONS} == set(names)


def test_key_letters_are_balanced() -> None:
    singles = Counter(question["key"][0] for question in of_kind("single"))
    assert set(singles) == {0, 1, 2, 3}
    assert max(singles.values()) - min(singles.values()) <= 2
    truths = Counter(question["key"] for question in of_kind("boolean"))
    assert abs(truths[True] - truths[False]) <= 4


def test_every_line_has_all_kinds() -> None:
    for line in PREFIXES:
        assert {question["kind"] for question in QUESTIONS if question["line"] == line} == KINDS, line


@pytest.mark.parametrize("lecture", LECTURES, ids=[lecture["code"] for lecture in LECTURES])
def test_a_lecture_fits_in_one_to_three_minutes_of_readable_slides(lecture: dict[str, Any]) -> None:
    assert set(lecture) == LECTURE_FIELDS
    assert all(lecture.values())
    assert 60 <= sum(slide["seconds"] for slide in lecture["slides"]) <= 180
    for slide in lecture["slides"]:
        assert set(slide) == {"title", "lines", "narration", "seconds"}
        assert 3 <= len(slide["lines"]) <= 5
        assert all(0 < len(line) <= 20 for line in slide["lines"])
        assert 10 <= slide["seconds"] <= 25
        assert len(slide["narration"]) <= 5 * slide["seconds"], "a caption is read at five characters a second"


@pytest.mark.parametrize("lecture", LECTURES, ids=[lecture["code"] for lecture in LECTURES])
def test_a_lecture_is_asked_about_by_five_questions_on_its_line_and_its_laws(lecture: dict[str, Any]) -> None:
    by_code = {question["code"]: question for question in QUESTIONS}
    asked = [by_code[code] for code in lecture["question_codes"]]
    assert len({question["code"] for question in asked}) == 5
    assert {question["line"] for question in asked} == {lecture["line"]}
    assert {question["basis"]["law"] for question in asked} <= set(re.findall(r"《([^》]+)》", lecture["law"]))


def test_every_line_has_three_lectures_with_titles_of_their_own() -> None:
    assert Counter(lecture["line"] for lecture in LECTURES) == dict.fromkeys(PREFIXES, 3)
    assert len({lecture["title"] for lecture in LECTURES}) == len({lecture["code"] for lecture in LECTURES}) == 24


SAMPLE: dict[str, Any] = json.loads((DATA / "sample.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("question", SAMPLE["questions"], ids=[each["stem"][:12] for each in SAMPLE["questions"]])
def test_a_question_of_the_sample_rests_on_clauses_that_the_bank_quotes(question: dict[str, Any]) -> None:
    known = {
        (each["basis"]["law"], each["basis"]["version"], each["basis"]["article"], each["basis"]["quote"])
        for each in QUESTIONS
    }
    basis = question["basis"]
    cited = zip(basis["article"].split("、"), basis["quote"].split("\n"), strict=True)
    assert all((basis["law"], basis["version"], article, quote) in known for article, quote in cited)
    assert question["explanation"]
