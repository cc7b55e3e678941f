"""The one place where refusals and failures become answers: a page, or JSON."""

import secrets

import structlog
from flask import Flask, Response, g, make_response, redirect, render_template, request, url_for
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from lms.errors import LmsError, NotSignedIn, Unavailable
from lms.web.requests import json_reply, wants_json

log = structlog.get_logger("lms.errors")

SENTENCES = {
    400: "请求内容无法识别，请刷新页面后再试。",
    404: "它可能已被移走，或者不对你开放。请从首页或栏目里找。",
    405: "这个地址不能这样访问，请从页面上的按钮进入。",
    413: "文件太大了，请按页面上的大小限制重新选择。",
    415: "这种内容格式不被接受。",
    429: "操作太频繁，请稍等几分钟再试。",
}


def register_errors(app: Flask) -> None:
    app.register_error_handler(LmsError, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _database_gone)
    app.register_error_handler(Exception, _failed)


def _refused(problem: LmsError) -> Response:
    if isinstance(problem, NotSignedIn) and not wants_json():
        target = request.full_path.rstrip("?") if request.method == "GET" else "/"
        return make_response(redirect(url_for("people.login", next=target), 303))
    facts = {name: value for name in ("field", "reason") if (value := getattr(problem, name, None)) is not None}
    response = _answer(problem.status, problem.message, problem.heading, problem.way_on, **facts)
    return _later(response, problem.retry_after_seconds)


def _later(response: Response, seconds: int | None) -> Response:
    """Says when to try again, where that is known."""
    if seconds is not None:
        response.headers["Retry-After"] = str(seconds)
    return response


def _http(problem: HTTPException) -> Response:
    if problem.code is not None and 300 <= problem.code < 400:
        return make_response(problem.get_response())
    status = problem.code or 500
    return _answer(status, SENTENCES.get(status, "这一步没有完成，请返回上一页再试。"))


def _database_gone(problem: OperationalError) -> Response:
    log.error("database unavailable", error=str(problem.orig)[:200])
    return _later(_answer(503, Unavailable.message), Unavailable.retry_after_seconds)


def _failed(problem: Exception) -> Response:
    reference = secrets.token_hex(4)
    log.error("request failed", reference=reference, exc_info=problem)
    if wants_json():
        return json_reply({"error": f"系统出错，参考号 {reference}", "reference": reference}, 500)
    response = make_response(render_template("errors/500.html", reference=reference), 500)
    response.headers["Cache-Control"] = "no-store"
    return response


def _answer(
    status: int, message: str, heading: str | None = None, way_on: tuple[str, str] | None = None, **facts: str
) -> Response:
    g.refusal = message
    if wants_json():
        return json_reply({"error": message, **facts}, status)
    response = make_response(
        render_template("errors/error.html", status=status, message=message, heading=heading, way_on=way_on), status
    )
    response.headers["Cache-Control"] = "no-store"
    return response


__all__ = ["register_errors"]
