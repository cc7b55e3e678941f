"""Office documents have pages where LibreOffice is, and can be downloaded and searched where it is not."""

import io
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import docx
import pytest
from flask import Flask
from PIL import Image
from sqlalchemy.orm import Session

from lms import clock
from lms.media import office, queries, services
from lms.media.models import MediaFile
from lms.media.rules import MediaState
from lms.storage.local import LocalStorage
from tests.media import files
from tests.media.conftest import Upload, set_setting

RunTasks = Callable[[], int]


def old_form(content: bytes, suffix: str, to: str, folder: Path) -> bytes:
    """The document as an old program would have saved it."""
    (folder / f"new.{suffix}").write_bytes(content)
    profile = f"-env:UserInstallation=file://{folder}/profile"
    command = ["soffice", "--headless", profile, "--convert-to", to, "--outdir", str(folder), f"{folder}/new.{suffix}"]
    subprocess.run(command, check=True, timeout=120, capture_output=True)
    return (folder / f"new.{to}").read_bytes()


def test_slides_become_pages_in_two_sizes_with_their_own_text_and_notes(
    session: Session,
    cast: SimpleNamespace,
    upload: Upload,
    run_tasks: RunTasks,
    storage: LocalStorage,
    libre_office: str,
) -> None:
    media = upload("a.pptx", files.deck(("占补平衡", "数量不减"), ("质量不降", "先补后占")), cast.ed)
    run_tasks()
    assert (media.state, media.failure, media.page_count, media.shortcoming) == (MediaState.READY, "", 2, "")
    pages = queries.list_pages(session, media.id)
    assert [page.text for page in pages] == ["占补平衡\n数量不减", "质量不降\n先补后占"]
    for page in pages:
        with Image.open(io.BytesIO(b"".join(storage.read(page.key or "")))) as large:
            assert large.width == 1240
        with Image.open(io.BytesIO(b"".join(storage.read(page.small_key or "")))) as small:
            assert small.width == 320
    assert b"".join(storage.read(media.pdf_key or "")).startswith(b"%PDF")
    assert media.poster_key is not None


@pytest.mark.slow
@pytest.mark.parametrize("suffix, to, kept_as", [("docx", "doc", "doc"), ("docx", "doc", "wps"), ("pptx", "ppt", "ppt"), ("pptx", "ppt", "dps"), ("docx", "odt", "odt"), ("pptx", "odp", "odp")])  # fmt: skip
def test_old_and_other_forms_become_pages_too(
    session: Session,
    cast: SimpleNamespace,
    upload: Upload,
    run_tasks: RunTasks,
    libre_office: str,
    tmp_path: Path,
    suffix: str,
    to: str,
    kept_as: str,
) -> None:
    new = files.document("不动产登记", "首次登记") if suffix == "docx" else files.deck(("不动产登记", "首次登记"))
    media = upload(f"老文件.{kept_as}", old_form(new, suffix, to, tmp_path), cast.ed)
    run_tasks()
    assert (media.state, media.failure, media.page_count) == (MediaState.READY, "", 1)
    assert "首次登记" in queries.list_pages(session, media.id)[0].text


@pytest.mark.usefixtures("without_libre_office")
def test_without_libre_office_the_text_is_searchable_the_page_says_what_is_missing_and_the_original_stays(
    session: Session, cast: SimpleNamespace, upload: Upload, run_tasks: RunTasks, storage: LocalStorage
) -> None:
    given = files.deck(("占补平衡", "数量不减"))
    media = upload("a.pptx", given, cast.ed)
    run_tasks()
    assert (media.state, media.shortcoming, media.pdf_key) == (MediaState.READY, office.MISSING, None)
    assert [(page.text, page.key) for page in queries.list_pages(session, media.id)] == [("占补平衡\n数量不减", None)]
    assert b"".join(storage.read(media.key)) == given


def test_once_libre_office_is_there_the_file_can_be_worked_on_again(
    app: Flask,
    cast: SimpleNamespace,
    session: Session,
    upload: Upload,
    run_tasks: RunTasks,
    libre_office: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_setting(app, monkeypatch, office_command="no-such-office")
    media = upload("a.pptx", files.deck(("占补平衡", "数量不减")), cast.ed)
    run_tasks()
    set_setting(app, monkeypatch, office_command=libre_office)
    services.retry(session, media, now=clock.now())
    run_tasks()
    assert (media.state, media.shortcoming, media.page_count) == (MediaState.READY, "", 1)
    assert queries.list_pages(session, media.id)[0].key is not None


def rich_document() -> bytes:
    made = docx.Document()
    made.add_heading("不动产登记", level=1)
    words = made.add_paragraph("首次登记")
    words.add_run("须实地查看").bold = True
    made.add_paragraph("第一项", style="List Bullet")
    made.add_table(1, 2).rows[0].cells[1].text = "面积"
    made.add_paragraph("<script>alert(1)</script>")
    made.add_picture(io.BytesIO(files.picture()))
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


@pytest.mark.usefixtures("without_libre_office")
def test_a_word_document_becomes_a_clean_article(cast: SimpleNamespace, upload: Upload, run_tasks: RunTasks) -> None:
    media = upload("a.docx", rich_document(), cast.ed)
    run_tasks()
    article = media.article_html
    assert "<h1>不动产登记</h1>" in article
    assert "<strong>须实地查看</strong>" in article
    assert "<li>第一项</li>" in article
    assert "<td><p>面积</p></td>" in article
    assert "&lt;script&gt;" in article
    assert not any(word in article for word in ("<script", "<img", "style=", "data:"))


@pytest.mark.parametrize(
    "script, advice",
    [
        ("sleep 60", "没有完成"),
        ("kill -SEGV $$", "转成 PDF 时出错"),
        ("exit 0", "转成 PDF 时出错"),
        ("exec python3 -c 'x = bytearray(64 * 2**30)'", "转成 PDF 时出错"),
    ],
    ids=["hangs", "crashes", "makes-nothing", "eats-memory"],
)
def test_a_converter_that_goes_wrong_is_ended_named_and_can_be_tried_again(
    app: Flask,
    session: Session,
    cast: SimpleNamespace,
    upload: Upload,
    run_tasks: RunTasks,
    storage: LocalStorage,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    script: str,
    advice: str,
) -> None:
    broken = tmp_path / "soffice"
    broken.write_text(f"#!/bin/bash\n{script}\n")
    broken.chmod(0o755)
    set_setting(app, monkeypatch, office_command=str(broken))
    monkeypatch.setattr(office, "SECONDS", 3)
    media = _uploaded(upload, cast)
    run_tasks()
    assert media.state is MediaState.FAILED
    assert advice in media.failure
    assert storage.size(media.key) == media.size_bytes
    set_setting(app, monkeypatch, office_command="")
    services.retry(session, media, now=clock.now())
    run_tasks()
    assert media.state is MediaState.READY


def _uploaded(upload: Upload, cast: SimpleNamespace) -> MediaFile:
    return upload("a.docx", files.document("t", "x"), cast.ed)


def test_nothing_of_the_conversion_is_left_behind(
    cast: SimpleNamespace,
    upload: Upload,
    run_tasks: RunTasks,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    libre_office: str,
) -> None:
    kept = tmp_path / "temporary"
    kept.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(kept))
    media = _uploaded(upload, cast)
    run_tasks()
    assert media.state is MediaState.READY
    assert list(kept.iterdir()) == []
