"""The base of every form. CSRF is the guard's business, so forms carry no token field of their own."""

from typing import Any, Self

from flask import request
from werkzeug.datastructures import CombinedMultiDict
from wtforms import Form as WtForm
from wtforms.i18n import DummyTranslations

from lms.errors import Invalid

MESSAGES = {
    "This field is required.": "请填写这一项。",
    "Not a valid integer value.": "请填写整数。",
    "Not a valid choice.": "请从列表中选择。",
    "Not a valid choice": "请从列表中选择。",
    "Not a valid date value.": "请填写日期，例如 2026-11-27。",
    "Not a valid datetime value.": "请填写时间，例如 2026-11-27 15:00。",
    "Not a valid decimal value.": "请填写数字。",
    "Invalid Choice: could not coerce.": "请从列表中选择。",
}


class ChineseMessages(DummyTranslations):  # type: ignore[misc]
    """WTForms' own messages in the words of our users."""

    def gettext(self, string: str) -> str:
        return MESSAGES.get(string, string)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return MESSAGES.get(singular, singular if n == 1 else plural)


class Form(WtForm):  # type: ignore[misc]
    """A form that validates what a person typed. It never touches the session."""

    class Meta:
        locales = ("zh",)

        def get_translations(self, form: Any) -> ChineseMessages:
            return ChineseMessages()

    @classmethod
    def posted(cls, **arguments: Any) -> Self:
        """The form as it was sent."""
        return cls(CombinedMultiDict([request.files, request.form]), **arguments)

    @classmethod
    def asked(cls, **arguments: Any) -> Self:
        """The form as the query string fills it (filters and searches)."""
        return cls(request.args, **arguments)

    @classmethod
    def shown(cls, subject: Any = None, **arguments: Any) -> Self:
        """The form as it stands on a fresh page, filled from the subject."""
        return cls(obj=subject, **arguments)

    def refuse(self, problem: Invalid) -> None:
        """Show a service's refusal at the field it speaks of."""
        field = self._fields.get(problem.field)
        if field is None:
            self.form_errors.append(problem.message)
        else:
            field.errors = [*field.errors, problem.message]
