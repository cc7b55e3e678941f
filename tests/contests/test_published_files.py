"""What is handed out of a published ranking: the workbook and the PDF say what the page says, to the digit."""

import io
import shutil
import subprocess
from html.parser import HTMLParser

import pypdfium2 as pdfium
import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import update

from lms.people.models import Person
from lms.web.filters import score
from tests.contests.test_team_awards import TeamsPublished


@pytest.fixture
def published(running, keys, cast, make_session):
    made = TeamsPublished(running, keys, cast, make_session)
    made.revise("lin", 99)
    made.running.session.execute(update(Person).where(Person.id == cast.bo.id).values(is_unlisted=True))
    made.publish()
    return made


class Cells(HTMLParser):
    """Texts of the cells and list lines of a page."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.open = [], False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag in ("tr", "li"):
            self.rows.append("")

    def handle_data(self, data):
        if self.rows:
            self.rows[-1] += "".join(data.split())


def files_of(web, published, name="mei"):
    at = f"/contests/rounds/{published.running.round.id}/published"
    who = web.as_(name)
    book = CalamineWorkbook.from_filelike(io.BytesIO(who.get(f"{at}.xlsx").data))
    with pdfium.PdfDocument(who.get(f"{at}.pdf").data) as paper:
        text = "".join(page.get_textpage().get_text_range() for page in paper)
    return Cells(who.get(at).text).rows, book, "".join(text.split())


def rows_of(book, sheet):
    return book.get_sheet_by_name(sheet).to_python()[1:]


def test_workbook_and_paper_have_honours_and_teams_with_the_figures_of_the_page(published, web, cast):
    page, book, paper = files_of(web, published)
    assert book.sheet_names == ["个人榜", "单位榜", "表彰", "团队榜", "团队表彰", "说明"]
    lin = [1, cast.lin.name, "北区分局", 99, "业务标兵"]
    assert [row[:2] + row[3:] for row in rows_of(book, "表彰")] == [lin[:2] + lin[3:]]
    assert [(row[0], row[1], row[3]) for row in rows_of(book, "团队榜")] == [(1, "北区一队", 189), (2, "南区队", 130)]
    ((_, name, unit, points, title, players),) = rows_of(book, "团队表彰")
    assert (name, points, title, players) == ("北区一队", 189, "优胜队", f"{cast.lin.name}、不公开")
    for sheet in ("个人榜", "团队榜"):
        for place, name, unit, points, used, *_ in rows_of(book, sheet):
            line = f"{place:g}{name}{unit}{score(round(points * 1000))}{used}"
            assert line in paper, line
            figures = (str(name), score(round(points * 1000)), used)
            assert any(all(one in row for one in figures) for row in page), figures
    assert any(f"第1名{cast.lin.name}" in row for row in page)
    assert any("北区一队" in row and f"{cast.lin.name}、不公开" in row for row in page)
    assert f"{cast.lin.name}、不公开" in paper
    assert cast.bo.name not in paper
    assert cast.bo.name not in str([rows_of(book, sheet) for sheet in book.sheet_names])


def test_the_complete_workbook_names_who_played(published, web, cast):
    answer = web.as_("hua").post(f"/office/contests/rounds/{published.running.round.id}/complete", {}, 200)
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.data))
    assert rows_of(book, "团队表彰")[0][5] == f"{cast.lin.name}、{cast.bo.name}"


def test_a_version_is_always_the_same_file_and_an_old_one_stays(published, web, cast):
    at = f"/contests/rounds/{published.running.round.id}/published.pdf"
    lin = web.as_("lin")
    first = lin.get(at).data
    published.revise("lin", 0)
    published.correct()
    assert lin.get(f"{at}?version=1").data == first
    assert lin.get(at).data != first
    lin.get(f"{at}?version=7", 404)


def test_libre_office_opens_every_sheet_with_the_same_figures(published, web, tmp_path):
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("LibreOffice is not here")
    body = web.as_("mei").get(f"/contests/rounds/{published.running.round.id}/published.xlsx").data
    (tmp_path / "list.xlsx").write_bytes(body)
    command = [
        soffice, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "fods", "--outdir",
        str(tmp_path), str(tmp_path / "list.xlsx"),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    text = (tmp_path / "list.fods").read_text()
    for sheet in ("个人榜", "表彰", "团队榜", "团队表彰", "说明"):
        assert f'table:name="{sheet}"' in text
    assert text.count('office:value="189"') == 2
    assert 'office:value="130"' in text
