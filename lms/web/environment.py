"""Jinja as our pages use it."""

from typing import Any

import flask.templating
from jinja2 import Template
from jinja2.environment import TemplateModule
from jinja2.runtime import Context


class _Template(Template):
    """Its macros are made once. Jinja looks at each import whether the importing template was given globals of its own, which no
    template here ever is; that was a twentieth of a page."""

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        return super()._get_default_module()


class Environment(flask.templating.Environment):
    template_class: Any = _Template
