"""GIFT, Aiken, Moodle XML and QTI as other programs write them, and packages that mean harm."""

import stat
import zipfile
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms.quizzes.importing.files import read_file, read_pasted
from lms.quizzes.importing.prose import html_text
from lms.untrusted import archive, markup


def facts(data, form="auto"):
    """[(kind, stem, options, key)…] and [(row, message)…]."""
    reading = read_file(data.encode() if isinstance(data, str) else data, form)
    shown = [question.as_json() for question in reading.questions]
    return [(q["kind"], q["stem"], q["options"], q["key"]) for q in shown], reading.errors


def one(data, form="auto"):
    questions, errors = facts(data, form)
    assert errors == []
    assert len(questions) == 1
    return questions[0]


def told(data, form="auto"):
    """The one problem of something that gives no question."""
    questions, errors = facts(data, form)
    assert questions == []
    assert len(errors) == 1
    assert errors[0].text
    return errors[0].message


# --- GIFT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("::名::哪项是耕地？{=水田 ~林地 ~草地}", ("single", "哪项是耕地？", ["水田", "林地", "草地"], ["A"])),
        ("哪些？{~%50%甲 ~%50%乙 ~%-100%丙}", ("multiple", "哪些？", ["甲", "乙", "丙"], ["A", "B"])),
        ("土地可以买卖。{FALSE}", ("boolean", "土地可以买卖。", ["正确", "错误"], False)),
        ("土地归国家所有。{T#对}", ("boolean", "土地归国家所有。", ["正确", "错误"], True)),
        ("土地归{=国家 =全民}所有。", ("blank", "土地归____所有。", [], [["国家", "全民"]])),
        ("几亩？{#15:0.5}", ("numeric", "几亩？", [], [["15"]])),
        ("几亩？{#14.5..15.5}", ("numeric", "几亩？", [], [["15"]])),
        ("几亩？{#=15:0.5 =15.0:0.5#好}", ("numeric", "几亩？", [], [["15", "15"]])),
        ("连线{=甲 -> 一 =乙 -> 二 = -> 三}", ("matching", "连线", ["一", "二", "三"], ["A", "B"])),
        ("论耕地保护。{####红线。}", ("short", "论耕地保护。", [], [["红线。"]])),
        (r"\{x\}\: 1\=1 \~ \#{=a\~b ~c\=d}", ("single", "{x}: 1=1 ~ #", ["a~b", "c=d"], ["A"])),
        ("[html]<p>面积</p><p>m<sup>2</sup></p>{=甲 ~乙}", ("single", "面积\nm²", ["甲", "乙"], ["A"])),
        ("几行\n题干\n{\n=甲\n\n~乙\n}", ("single", "几行\n题干", ["甲", "乙"], ["A"])),
    ],
)
def test_gift_is_read(text, expected):
    assert one(f"{text}\n", "gift") == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("没有对的{~甲 ~乙}", "没有标出正确答案"),
        ("只是说明", "说明文字"),
        ("没有关上{=甲 ~乙", "没有成对"),
        ("两组{=甲}和{=乙}", "只能有一组"),
        ("排序{>3 甲\n乙\n丙}", "排序题"),
        ("不是数{#很多}", "数值写成"),
        ("半个匹配{=甲 -> 一 =乙}", "= 左 -> 右"),
        ("裸的{甲 ~乙}", "以 = 或 ~ 开头"),
        ("没有标准{}", "评分要点或参考答案"),
    ],
)
def test_what_is_wrong_in_gift_is_told_and_the_next_question_is_read(text, said):
    assert said in told(text, "gift")
    questions, errors = facts(f"{text}\n\n::好::对的。{{T}}\n", "gift")
    assert [kind for kind, *_ in questions] == ["boolean"]
    assert len(errors) == 1


def test_gift_weights_feedback_and_categories_are_kept_or_told():
    reading = read_file(
        "$CATEGORY: $course$/顶/耕地保护\n\n哪项？{=甲#说甲 ~%50%乙 ~丙####总的说明}\n".encode(), "gift"
    )
    question = reading.questions[0]
    assert (question.line, question.explanation) == ("耕地保护", "总的说明\n甲：说甲")
    assert [(e.text, e.message) for e in reading.errors] == [("乙", "部分得分的选项没有保留，按错误选项读入")]


def test_several_right_options_of_a_gift_choice_are_all_accepted():
    reading = read_file("哪项？{=甲 =乙 ~丙}\n".encode(), "gift")
    assert (reading.questions[0].key, reading.questions[0].marking) == ([0], {"also": [[1]]})


# --- Aiken

AIKEN = "Which one?\nA) one\nB. two\nANSWER: B\n\nAnother\non two lines\nA. x\nB. y\nC. z\nANSWER: C\n"


def test_aiken_is_read():
    questions, errors = facts(AIKEN)
    assert errors == []
    assert questions == [
        ("single", "Which one?", ["one", "two"], ["B"]),
        ("single", "Another\non two lines", ["x", "y", "z"], ["C"]),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("甲？\nA. 一\nB. 二\n", "没有“ANSWER: A”"),
        ("ANSWER: A\n", "前面没有题目"),
        ("甲？\nA. 一\nB. 二\nANSWER: C\n", "没有对应的选项"),
    ],
)
def test_what_is_wrong_in_aiken_is_told(text, said):
    assert said in told(text, "aiken")


# --- Moodle XML


def quiz(kind, inside, text="<p>哪项是<b>耕地</b>？</p>"):
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><quiz><question type="{kind}"><name><text>名</text></name>'
        f'<questiontext format="html"><text><![CDATA[{text}]]></text></questiontext>{inside}</question></quiz>'
    )


def answer(fraction, text, more=""):
    return f'<answer fraction="{fraction}" format="html"><text><![CDATA[<p>{text}</p>]]></text>{more}</answer>'


STEM = "哪项是耕地？"
TWO = answer(100, "水田") + answer(0, "林地")


@pytest.mark.parametrize(
    ("kind", "inside", "expected"),
    [
        ("multichoice", f"<single>true</single>{TWO}", ("single", STEM, ["水田", "林地"], ["A"])),
        ("multichoice", f"<single>false</single>{answer(50, '甲')}{answer(50, '乙')}{answer(-100, '丙')}", ("multiple", STEM, ["甲", "乙", "丙"], ["A", "B"])),
        ("truefalse", answer(0, "true") + answer(100, "false"), ("boolean", STEM, ["正确", "错误"], False)),
        ("shortanswer", answer(100, "甲") + answer(100, "乙"), ("blank", STEM, [], [["甲", "乙"]])),
        ("numerical", '<answer fraction="100"><text>12.50</text><tolerance>0.1</tolerance></answer>', ("numeric", STEM, [], [["12.5"]])),
        ("matching", "".join(f"<subquestion><text>{a}</text><answer><text>{b}</text></answer></subquestion>" for a, b in [("甲", "一"), ("乙", "二"), ("", "三")]), ("matching", STEM, ["一", "二", "三"], ["A", "B"])),
        ("ordering", answer(1, "先") + answer(2, "中") + answer(3, "后"), ("ordering", STEM, ["先", "中", "后"], ["A", "B", "C"])),
        ("essay", '<graderinfo format="html"><text>每点2分</text></graderinfo>', ("short", STEM, [], [])),
        ("cloze", "", ("blank", "土地归____和____所有", [], [["国家", "全民"], ["集体"]])),
    ],
)  # fmt: skip
def test_moodle_xml_is_read(kind, inside, expected):
    text = (
        "<p>土地归{1:SHORTANSWER:=国家~=全民~%0%私人#不对}和{1:SA:=集体}所有</p>"
        if kind == "cloze"
        else "<p>哪项是<b>耕地</b>？</p>"
    )
    assert one(quiz(kind, inside, text)) == expected


@pytest.mark.parametrize(
    "kind",
    ["description", "calculated", "calculatedmulti", "ddwtos", "gapselect", "ddmarker", "random", "somethingnew"],
)
def test_types_without_a_place_in_the_bank_are_named(kind):
    assert "没有对应的题型，没有读入" in told(quiz(kind, TWO))


def test_a_cloze_with_choices_is_named():
    assert "完形填空" in told(quiz("cloze", "", "<p>归{1:MULTICHOICE:=国家~私人}所有</p>"))


def test_pictures_are_named_as_lost_and_the_question_is_kept():
    reading = read_file(
        quiz("multichoice", TWO, '<p>看图<img src="@@PLUGINFILE@@/a.png" alt="宗地图"/>回答</p>').encode()
    )
    assert reading.questions[0].stem == "看图［图片：宗地图］回答"
    assert "图片 宗地图没有读入" in reading.errors[0].message


def test_categories_tags_and_feedback_are_kept():
    data = quiz(
        "multichoice",
        f"<generalfeedback format='html'><text>&lt;p&gt;因为&lt;/p&gt;</text></generalfeedback><tags><tag><text>难度：难</text></tag></tags>{TWO}",
    )
    data = data.replace(
        "<quiz>", '<quiz><question type="category"><category><text>$course$/top/耕地保护</text></category></question>'
    )
    question = read_file(data.encode()).questions[0]
    assert (question.line, question.explanation, question.difficulty) == ("耕地保护", "因为", 3)


def test_moodle_xml_in_gb18030_is_read():
    data = quiz("truefalse", answer(100, "true") + answer(0, "false")).replace("UTF-8", "GB2312").encode("gb18030")
    assert one(data)[1] == STEM


# --- QTI

ITEM21 = (
    '<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="i1" title="名" adaptive="false" timeDependent="false">'
    "{declaration}<itemBody>{body}</itemBody>{rest}</assessmentItem>"
)


def item(body, values=("A",), cardinality="single", base="identifier", rest="", declaration=None):
    given = "".join(f"<value>{value}</value>" for value in values)
    declared = f'<responseDeclaration identifier="R" cardinality="{cardinality}" baseType="{base}"><correctResponse>{given}</correctResponse></responseDeclaration>'
    return ITEM21.format(declaration=declared if declaration is None else declaration, body=body, rest=rest)


def choices(name, *texts):
    return "".join(f'<{name} identifier="{chr(65 + n)}" matchMax="1">{text}</{name}>' for n, text in enumerate(texts))


CHOICE = f'<choiceInteraction responseIdentifier="R" maxChoices="1"><prompt>哪项是耕地？</prompt>{choices("simpleChoice", "水田", "林地")}</choiceInteraction>'
MATCH = (
    '<p>连线</p><matchInteraction responseIdentifier="R" maxAssociations="2">'
    '<simpleMatchSet><simpleAssociableChoice identifier="L1" matchMax="1">甲</simpleAssociableChoice><simpleAssociableChoice identifier="L2" matchMax="1">乙</simpleAssociableChoice></simpleMatchSet>'
    '<simpleMatchSet><simpleAssociableChoice identifier="R1" matchMax="1">一</simpleAssociableChoice><simpleAssociableChoice identifier="R2" matchMax="1">二</simpleAssociableChoice></simpleMatchSet></matchInteraction>'
)
CASES = [
    (item(CHOICE), ("single", "哪项是耕地？", ["水田", "林地"], ["A"])),
    (item(CHOICE, ("A", "B"), "multiple"), ("multiple", "哪项是耕地？", ["水田", "林地"], ["A", "B"])),
    (item(f'<p>排列</p><orderInteraction responseIdentifier="R">{choices("simpleChoice", "后", "先")}</orderInteraction>', ("B", "A"), "ordered"), ("ordering", "排列", ["后", "先"], ["B", "A"])),
    (item(MATCH, ("L1 R2", "R1 L2"), "multiple", "directedPair"), ("matching", "连线", ["一", "二"], ["B", "A"])),
    (item(f'<p>连线</p><associateInteraction responseIdentifier="R">{choices("simpleAssociableChoice", "甲", "乙", "一", "二")}</associateInteraction>', ("A D", "B C"), "multiple", "pair"), ("matching", "连线", ["一", "二"], ["B", "A"])),
    (item('<p>土地归<textEntryInteraction responseIdentifier="R"/>所有</p>', ("国家",), base="string"), ("blank", "土地归____所有", [], [["国家"]])),
    (item('<p>几亩？</p><textEntryInteraction responseIdentifier="R"/>', ("15",), base="float"), ("numeric", "几亩？", [], [["15"]])),
    (item('<p>简述。</p><extendedTextInteraction responseIdentifier="R"/>', ("要点",), base="string"), ("short", "简述。", [], [["要点"]])),
    (item(CHOICE.replace("水田", "对").replace("林地", "错"), ("B",)), ("boolean", "哪项是耕地？", ["正确", "错误"], False)),
]  # fmt: skip


def third(text):
    """The same item with the names of QTI 3.0."""
    pairs = {
        "assessmentItem": "qti-assessment-item", "responseDeclaration": "qti-response-declaration", "correctResponse": "qti-correct-response",
        "itemBody": "qti-item-body", "choiceInteraction": "qti-choice-interaction", "orderInteraction": "qti-order-interaction",
        "matchInteraction": "qti-match-interaction", "associateInteraction": "qti-associate-interaction", "textEntryInteraction": "qti-text-entry-interaction",
        "extendedTextInteraction": "qti-extended-text-interaction", "simpleChoice": "qti-simple-choice", "simpleMatchSet": "qti-simple-match-set",
        "simpleAssociableChoice": "qti-simple-associable-choice", "responseIdentifier": "response-identifier", "baseType": "base-type",
        "maxChoices": "max-choices", "matchMax": "match-max", "<prompt>": "<qti-prompt>", "</prompt>": "</qti-prompt>", "<value>": "<qti-value>",
        "</value>": "</qti-value>", "timeDependent": "time-dependent", "maxAssociations": "max-associations", "imsqti_v2p1": "imsqtiasi_v3p0",
    }  # fmt: skip
    for old, new in pairs.items():
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize(("data", "expected"), CASES)
def test_qti_items_are_read_in_both_versions(data, expected):
    assert one(data) == expected
    assert one(third(data)) == expected


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (item('<hotspotInteraction responseIdentifier="R"/>'), "热点题"),
        (item("<p>看</p><inlineChoiceInteraction responseIdentifier='R'/>"), "下拉填空题"),
        (item("<p>只有文字</p>"), "说明文字"),
        (item(CHOICE + CHOICE), "几处作答"),
        (item(CHOICE, ("Z",)), "没有对应的选项"),
        (item(CHOICE, declaration=""), "答案声明"),
        (item(CHOICE, ()), "写上答案"),
        ("<questestinterop><item/></questestinterop>", "QTI 1.2"),
    ],
)
def test_what_qti_has_and_the_bank_has_not_is_named(data, said):
    assert said in told(data)


def packed(*parts, compression=zipfile.ZIP_DEFLATED):
    out = BytesIO()
    with zipfile.ZipFile(out, "w", compression) as package:
        for name, content in parts:
            package.writestr(name, content)
    return out.getvalue()


def manifest(*names):
    inside = "".join(
        f'<resource identifier="r{n}" type="imsqti_item_xmlv2p1" href="{name}"><file href="{name}"/></resource>'
        for n, name in enumerate(names)
    )
    return f'<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" identifier="m"><resources>{inside}</resources></manifest>'


def test_a_content_package_is_read_in_the_order_of_its_manifest():
    second = item(CHOICE.replace("水田", "林场"))
    questions, errors = facts(
        packed(("b.xml", second), ("sub/a.xml", item(CHOICE)), ("imsmanifest.xml", manifest("sub/a.xml", "b.xml")))
    )
    assert errors == []
    assert [options[0] for _, _, options, _ in questions] == ["水田", "林场"]


def test_a_package_in_a_folder_and_one_without_manifest_are_read():
    assert len(facts(packed(("p/a.xml", item(CHOICE)), ("p/imsmanifest.xml", manifest("a.xml"))))[0]) == 1
    assert len(facts(packed(("a.xml", item(CHOICE))), "qti")[0]) == 1


def test_a_missing_part_a_broken_part_and_an_archive_inside_are_named_and_the_rest_is_read():
    inner = packed(("x.xml", item(CHOICE)))
    data = packed(
        ("a.xml", item(CHOICE)),
        ("c.xml", "<assessmentItem>"),
        ("more.zip", inner),
        ("imsmanifest.xml", manifest("a.xml", "b.xml", "c.xml")),
    )
    questions, errors = facts(data)
    assert len(questions) == 1
    assert [error.text for error in errors] == ["b.xml", "c.xml", "more.zip"]


# --- files that mean harm (S08-S10, B17-B19)


@pytest.mark.parametrize(
    "name", ["../evil.xml", "/etc/evil.xml", "a/../../evil.xml", "..\\evil.xml", "C:\\evil.xml", "C:/evil.xml"]
)
def test_names_that_lead_outside_are_refused(name):
    """B17."""
    assert "指向包外" in facts(packed((name, item(CHOICE))), "qti")[1][0].message


def test_links_are_refused():
    info = zipfile.ZipInfo("a.xml")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert "是链接" in facts(packed((info, "/etc/passwd")), "qti")[1][0].message


def test_parts_that_lie_over_each_other_are_refused():
    """B19: one body, two entries of the table."""
    data = packed(("a.xml", item(CHOICE)), ("b.xml", item(CHOICE)), compression=zipfile.ZIP_STORED)
    at = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
    overlapped = data[: at + 42] + (0).to_bytes(4, "little") + data[at + 46 :]
    assert facts(overlapped, "qti")[0] == []
    assert "重叠" in facts(overlapped, "qti")[1][0].message


def test_two_parts_of_one_name_are_refused():
    with pytest.warns(UserWarning, match="Duplicate"):
        data = packed(("a.xml", item(CHOICE)), ("a.xml", item(CHOICE)))
    assert "两个" in facts(data, "qti")[1][0].message


def test_a_package_that_unpacks_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 1_000_000)
    assert "解压后超过" in facts(packed(("a.xml", b"<a>" + b" " * 1_000_001)), "qti")[1][0].message


@pytest.mark.parametrize(
    "data",
    [
        '<?xml version="1.0"?><!DOCTYPE quiz [<!ENTITY x SYSTEM "file:///etc/passwd">]><quiz>&x;</quiz>',
        '<?xml version="1.0"?><!DOCTYPE quiz [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><quiz>&b;</quiz>',
        '<!DOCTYPE quiz SYSTEM "http://example.org/x.dtd"><quiz/>',
        '<!DOCTYPE assessmentItem><assessmentItem/>',
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_definition_is_refused_in_every_xml(data, encoding):
    """B18, S09."""
    for form in ("moodlexml", "qti"):
        questions, errors = facts(data.encode(encoding), form)
        assert questions == []
        assert "DTD" in errors[0].message


def test_deep_and_endless_xml_is_refused():
    deep = "<quiz>" + "<a>" * (markup.MAX_DEPTH + 1)
    assert "嵌套太深" in facts(deep, "moodlexml")[1][0].message


def test_broken_xml_says_where():
    assert "XML 第 2 行有错误" in facts("<quiz>\n<question></quiz>", "moodlexml")[1][0].message


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read_by_every_reader_without_an_exception(text):
    for form in ("gift", "aiken", "moodlexml", "qti", "text", "xlsx"):
        read_file(text.encode("utf-8", "replace"), form)
    html_text(text)


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["{", "}", "=", "~", "#", "%50%", "->", "\n", "\n\n", "::", "甲", "\\", "T", "####", "$CATEGORY:", "//"]
        ),
        max_size=40,
    ).map("".join)
)
def test_any_muddle_of_gift_marks_is_read_or_told(text):
    read_file(text.encode() or b" ", "gift")


@pytest.mark.parametrize(
    ("text", "kind"),
    [("::a::对。{T}\n", "boolean"), (AIKEN, "single"), (quiz("truefalse", answer(100, "true") + answer(0, "false")), "boolean"), (item(CHOICE), "single"),
     ("题干;答案\n土地可以买卖。;错\n", "boolean"), ("\ufeff题干，答案\n土地可以买卖。，错\n".replace("，", ","), "boolean")],
)  # fmt: skip
def test_what_is_pasted_is_recognised_by_its_content(text, kind):
    reading = read_pasted(text)
    assert (reading.questions[0].kind, reading.errors) == (kind, [])
