"""`/api/openapi.json`, written from the endpoints themselves: what is not declared there does not exist."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Description:
    summary: str
    body: type[BaseModel] | None
    reply: type[BaseModel]


def described(*, summary: str, reply: type[BaseModel], body: type[BaseModel] | None = None) -> Callable[[View], View]:
    """Declare an endpoint of the JSON interface with the models of its body and its reply."""

    def declare(view: View) -> View:
        view.description = Description(summary, body, reply)  # type: ignore[attr-defined]
        return view

    return declare


def openapi(app: Flask) -> dict[str, Any]:
    """The OpenAPI 3.1 document of every described endpoint."""
    paths: dict[str, Any] = {}
    models: list[type[BaseModel]] = []
    for rule in sorted(app.url_map.iter_rules(), key=lambda r: r.rule):
        description: Description | None = getattr(app.view_functions[rule.endpoint], "description", None)
        if description is None:
            continue
        models += [m for m in (description.body, description.reply) if m is not None]
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            operation = _operation(rule.endpoint, rule.rule, description)
            if scope := getattr(app.view_functions[rule.endpoint], "token_scope", None):
                operation["security"] = [{"cookie": []}, {"token": [str(scope)]}]
            paths.setdefault(path, {})[method.lower()] = operation
    _, schemas = models_json_schema([(m, "validation") for m in models], ref_template="#/components/schemas/{model}")
    return {
        "openapi": "3.1.0",
        "info": {"title": "讲台", "version": "1"},
        "paths": paths,
        "components": {
            "schemas": {**schemas.get("$defs", {}), "Refusal": REFUSAL},
            "securitySchemes": {
                "cookie": {"type": "apiKey", "in": "cookie", "name": "lms_session"},
                "token": {"type": "http", "scheme": "bearer"},
            },
        },
        "security": [{"cookie": []}],
    }


REFUSAL = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string"}, "field": {"type": "string"}, "reason": {"type": "string"}},
}


def _operation(endpoint: str, rule: str, description: Description) -> dict[str, Any]:
    refusal = {"description": "拒绝及原因", "content": _json("Refusal")}
    operation: dict[str, Any] = {
        "operationId": endpoint,
        "summary": description.summary,
        "parameters": [
            {
                "name": name,
                "in": "path",
                "required": True,
                "schema": {"type": "integer" if kind == "int:" else "string"},
            }
            for kind, name in re.findall(r"<(\w+:)?(\w+)>", rule)
        ],
        "responses": {
            "200": {"description": "完成", "content": _json(description.reply.__name__)},
            **dict.fromkeys(("400", "401", "403", "404", "409", "422", "429", "503"), refusal),
        },
    }
    if description.body is not None:
        operation["requestBody"] = {"required": True, "content": _json(description.body.__name__)}
    return operation


def _json(model: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model}"}}}
