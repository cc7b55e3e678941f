"""Prints: facts are shown as typed, letters are found, the same facts give the same bytes."""

import io
from datetime import UTC, datetime

import docx
import pypdfium2 as pdfium
import pytest
from PIL import Image

from lms.printing.codes import qr_svg
from lms.printing.typeset import framed, pdf, png
from lms.printing.word import Paper

AT = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)


def _one(**facts: object) -> dict[str, object]:
    page = {
        "name": "荣誉证书", "holder": "林晓", "title": "学习之星", "lines": ["一行说明。"], "issuer": "某市自然资源和规划局",
        "on": "2026年11月27日", "serial": "2026-R-000001", "code": "ABCDE-FGHJK", "qr": "qr.svg",
        "ended": "",
    }  # fmt: skip
    return {"pages": [page | facts]}


def _made(**facts: object) -> bytes:
    return pdf("certificates/certificate", _one(**facts), at=AT, pictures={"qr.svg": qr_svg("https://x")})


def text_of(content: bytes) -> str:
    with pdfium.PdfDocument(content) as opened:
        return "".join(page.get_textpage().get_text_bounded() for page in opened)


def test_a_print_shows_its_facts_and_only_as_text() -> None:
    text = text_of(_made(holder='#read("/etc/passwd")', lines=["*粗* $x$ <label> \\ #panic()"]))
    assert '#read("/etc/passwd")' in text
    assert "*粗* $x$ <label> \\ #panic()" in text


def test_rare_characters_of_names_are_set_with_some_font() -> None:
    plain, rare = _made(holder="吉"), _made(holder="𠮷")
    assert "𠮷" in text_of(rare)
    assert plain != rare


def test_the_same_facts_and_moment_give_the_same_bytes() -> None:
    assert _made() == _made()
    assert _made() != _made(holder="钱博")


def test_a_print_is_drawn_as_one_picture_a_page() -> None:
    pages = png("certificates/certificate", _one(), at=AT, pictures={"qr.svg": qr_svg("https://x")})
    assert [page[:4] for page in pages] == [b"\x89PNG"]


def test_a_print_that_does_not_exist_is_an_error_of_ours() -> None:
    with pytest.raises(FileNotFoundError):
        pdf("certificates/nothing", {}, at=AT)


def test_a_word_document_holds_what_was_written_in_order() -> None:
    paper = Paper("工作手册")
    paper.title("工作手册", under="2026 年")
    paper.heading("一、概况")
    paper.text("第一段\n\n第二段")
    paper.particulars([("地点", "三楼会议室")])
    paper.table(["姓名", "到会"], [["林晓", "到"], ["钱博", "请假"]])
    opened = docx.Document(io.BytesIO(paper.content()))
    words = [paragraph.text for paragraph in opened.paragraphs if paragraph.text]
    assert words == ["工作手册", "2026 年", "一、概况", "第一段", "第二段", "地点：三楼会议室"]
    assert [[cell.text for cell in row.cells] for row in opened.tables[0].rows] == [
        ["姓名", "到会"], ["林晓", "到"], ["钱博", "请假"],
    ]  # fmt: skip
    assert "PAGE" in opened.sections[0].footer._element.xml


def test_a_photograph_stands_in_a_print_as_it_is() -> None:
    kept = io.BytesIO()
    Image.effect_noise((120, 80), 60).convert("RGB").save(kept, "JPEG")
    made = pdf(
        "certificates/certificate", _one(), at=AT, pictures={"qr.svg": framed(kept.getvalue(), width=120, height=80)}
    )
    with pdfium.PdfDocument(made) as opened:
        pictures = [one for page in opened for one in page.get_objects() if one.type == pdfium.raw.FPDF_PAGEOBJ_IMAGE]
        assert [one.get_px_size() for one in pictures] == [(120, 80)]
    assert kept.getvalue()[-200:] in made
