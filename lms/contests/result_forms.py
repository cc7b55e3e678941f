"""Forms of what a round's result is shown as and leads to."""

from lms.web import Form
from lms.web.fields import DateTimeLocalField, Optional


class FreezeForm(Form):
    """A Shanghai wall clock."""

    freezes_at = DateTimeLocalField(
        "封榜时间", [Optional()], format="%Y-%m-%dT%H:%M", description="例如结束前一小时；不填就不封榜"
    )
