"""Films and documents made from the lecture scripts are real files that players and readers understand."""

import io
from itertools import pairwise
from pathlib import Path

import av
import docx
import pptx
import pypdfium2
import pytest
from PIL import Image

from lms.demo import documents, lecture_media
from lms.demo.fonts import SERIF, font
from lms.demo.scripts import Lecture, list_lectures
from lms.demo.slides import PAPER, stills

SHORT_SECONDS = 8


@pytest.fixture(scope="module")
def lecture() -> Lecture:
    return list_lectures()[0]


@pytest.fixture(scope="module")
def film(lecture: Lecture, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    lecture_media.make_film(lecture.shortened(2, SHORT_SECONDS // 2), path)
    return path


def test_a_film_is_h264_and_aac_as_long_as_its_script(film: Path) -> None:
    with av.open(str(film)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
        assert video.codec_context.pix_fmt == "yuv420p"
        assert abs((container.duration or 0) / av.time_base - SHORT_SECONDS) < 0.3


def test_a_film_can_be_sought_every_two_seconds_and_begins_with_its_index(film: Path) -> None:
    with av.open(str(film)) as container:
        keys = [float(p.pts * p.time_base) for p in container.demux(video=0) if p.is_keyframe and p.pts is not None]
    assert keys == pytest.approx([0, 2, 4, 6], abs=0.01)
    head = film.read_bytes()
    assert head.index(b"moov") < head.index(b"mdat")


def test_a_film_is_heard_at_each_slide(lecture: Lecture) -> None:
    sound = lecture_media.soundtrack(lecture.shortened(2, 4))
    samples = memoryview(sound[44:]).cast("h")
    second = lecture_media.SAMPLES_PER_SECOND
    assert len(samples) == 8 * second
    loud = [max(samples[n * second : (n + 1) * second]) > 100 for n in range(8)]
    assert loud == [True, True, False, False, True, True, False, False]


def test_stills_fill_the_lecture_exactly_and_show_its_text(lecture: Lecture) -> None:
    made = list(stills(lecture))
    assert sum(still.seconds for still in made) == pytest.approx(lecture.seconds)
    assert all(still.seconds > 0 for still in made)
    paper = Image.new("RGB", (1, 1), PAPER).getpixel((0, 0))
    assert all(still.picture.getpixel((5, 5)) == paper for still in made)
    assert len({still.picture.tobytes() for still in made}) == len(made)


def test_the_font_that_comes_with_the_requirements_draws_every_character_of_every_script() -> None:
    missing = font(SERIF, 20).getmask("\U000e0fff")
    text = "".join(s.title + s.narration + "".join(s.lines) for one in list_lectures() for s in one.slides)
    assert [c for c in sorted(set(text)) if bytes(font(SERIF, 20).getmask(c)) == bytes(missing)] == []


def test_captions_follow_the_narration_without_gaps(lecture: Lecture) -> None:
    cues = list(lecture_media.cues(lecture))
    assert cues[0][0] == 0
    assert cues[-1][1] == pytest.approx(lecture.seconds)
    assert all(before[1] == pytest.approx(after[0]) for before, after in pairwise(cues))
    assert "".join(text for *_, text in cues) == "".join(slide.narration for slide in lecture.slides)
    assert lecture_media.captions(lecture).startswith("WEBVTT\n\n00:00:00.000 --> ")


@pytest.mark.parametrize("lecture", list_lectures(), ids=lambda one: one.code)
def test_captions_of_every_lecture_hold_its_whole_narration(lecture: Lecture) -> None:
    cues = list(lecture_media.cues(lecture))
    assert "".join(text for *_, text in cues) == "".join(slide.narration for slide in lecture.slides)
    assert max(len(text) for *_, text in cues) <= 40


def test_documents_hold_the_lecture_as_text(lecture: Lecture) -> None:
    deck = pptx.Presentation(io.BytesIO(documents.make_pptx(lecture)))
    assert [slide.shapes.title.text for slide in deck.slides] == [lecture.title, *(s.title for s in lecture.slides)]
    assert deck.slides[1].notes_slide.notes_text_frame.text == lecture.slides[0].narration
    text = "\n".join(p.text for p in docx.Document(io.BytesIO(documents.make_docx(lecture))).paragraphs)
    assert all(slide.narration in text for slide in lecture.slides)
    with pypdfium2.PdfDocument(documents.make_pdf(lecture)) as pdf:
        words = "".join(page.get_textpage().get_text_range() for page in pdf).replace("\r\n", "")
    assert all(slide.title in words and slide.lines[0] in words for slide in lecture.slides)
    assert lecture.slides[-1].title in documents.make_article(lecture)


@pytest.mark.parametrize("lecture", list_lectures(), ids=lambda one: one.code)
def test_the_poster_of_a_film_is_its_title_card(lecture: Lecture) -> None:
    assert next(stills(lecture)).seconds > lecture.seconds / 10
