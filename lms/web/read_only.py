"""Read-only mode (`LMS_READ_ONLY=on`): every page can be read, nothing is written, and whoever tries is told so.

For the minutes of a move or a backup, or for a database that is a standby itself. Signing in and out are writing too: who is signed in stays
so and reads on, who is not has to wait. Answers of an exam stay in the browser and are sent again by its page. No job or task runs.
"""

from flask import Flask, request

from lms.errors import Unavailable
from lms.web.dispatch import SAFE

AGAIN_AFTER_SECONDS = 120
SENTENCE = "网站正在维护，目前只能查看，不能登录、退出或保存。已填写的内容请先留在页面上，稍后再提交。"


class ReadOnly(Unavailable):
    """Nothing is written at the moment."""

    message = SENTENCE
    heading = "正在维护，只能查看"
    reason = "read_only"
    retry_after_seconds = AGAIN_AFTER_SECONDS


def register_read_only(app: Flask) -> None:
    """Before anything else: unsafe requests are refused without a look at who asks or at what was sent."""
    app.before_request(_refuse_to_write)


def _refuse_to_write() -> None:
    if request.method not in SAFE:
        raise ReadOnly()
