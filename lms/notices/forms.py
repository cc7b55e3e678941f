"""Forms of notices."""

from lms.web.fields import HiddenField, TextAreaField, at_most, required
from lms.web.forms import Form


class FeedbackForm(Form):
    text = TextAreaField("你的意见或建议", [required("请写下你的意见或建议。"), at_most(2000)])
    page = HiddenField()
