"""Fields with our cleaning: width, surrounding space and control characters are put right before validation."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    DecimalField,
    FileField,
    HiddenField,
    IntegerField,
    MultipleFileField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
)
from wtforms import StringField as WtStringField
from wtforms import TextAreaField as WtTextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def clean_line(text: str | None) -> str:
    """One line: control characters dropped, compatible forms unified, ends trimmed."""
    return " ".join(unicodedata.normalize("NFC", CONTROL.sub("", text or "")).split())


def clean_text(text: str | None) -> str:
    """Several lines: control characters dropped, line ends unified, ends trimmed."""
    return CONTROL.sub("", (text or "").replace("\r\n", "\n").replace("\r", "\n")).strip()


class StringField(WtStringField):  # type: ignore[misc]
    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = clean_line(valuelist[0]) if valuelist else ""


class TextAreaField(WtTextAreaField):  # type: ignore[misc]
    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = clean_text(valuelist[0]) if valuelist else ""


def choices(labels: Mapping[Any, str]) -> list[SelectChoice]:
    """Choices of a select or radio field from value → label, in that order."""
    return [SelectChoice(value, label) for value, label in labels.items()]


def required(message: str = "请填写这一项。") -> InputRequired:
    return InputRequired(message)


def at_most(characters: int) -> Length:
    return Length(max=characters, message=f"最多 {characters} 个字。")


def between(low: int, high: int) -> NumberRange:
    return NumberRange(low, high, message=f"请填写 {low} 到 {high} 之间的数。")


def quarters_only(_form: Any, field: Any) -> None:
    """Hours (学时) as decimals: 0.25, 0.5, 0.75, 1 …"""
    if field.data is not None and (field.data * 4) % 1:
        raise ValidationError("学时以 0.25 为单位，例如 0.5 或 1.25。")


__all__ = [
    "BooleanField",
    "DateField",
    "DateTimeLocalField",
    "DecimalField",
    "FileField",
    "HiddenField",
    "IntegerField",
    "MultipleFileField",
    "Optional",
    "PasswordField",
    "RadioField",
    "SelectField",
    "SelectMultipleField",
    "StringField",
    "TextAreaField",
    "ValidationError",
    "at_most",
    "between",
    "choices",
    "clean_line",
    "clean_text",
    "quarters_only",
    "required",
]
