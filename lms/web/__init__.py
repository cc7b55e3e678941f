"""The HTTP kit. Knows no domain: the request's edge, answers, forms, filters, errors, headers, assets, the component gallery."""

from lms.db.request import session
from lms.web.forms import Form
from lms.web.logs import counted
from lms.web.openapi import described
from lms.web.requests import (
    attachment,
    body_up_to,
    html_page,
    json_body,
    json_of,
    json_reply,
    json_text,
    large_body,
    now,
    page,
    see_other,
    wants_json,
    where_from,
)
from lms.web.tables import Page, page_number, page_of, paged

__all__ = [
    "Form",
    "Page",
    "attachment",
    "body_up_to",
    "counted",
    "described",
    "html_page",
    "json_body",
    "json_of",
    "json_reply",
    "json_text",
    "large_body",
    "now",
    "page",
    "page_number",
    "page_of",
    "paged",
    "see_other",
    "session",
    "wants_json",
    "where_from",
]
