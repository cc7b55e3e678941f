"""A small SCORM 1.2 package: three questions that keep place and points in the site's run-time."""

import io
import zipfile
from pathlib import Path

from lms.demo.scripts import Lecture

FOLDER = Path(__file__).parent / "data" / "package"


def make_package(lecture: Lecture) -> bytes:
    """The ZIP as an authoring tool would export it; the same for every lecture."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(FOLDER.iterdir()):
            archive.write(file, file.name)
    return made.getvalue()
