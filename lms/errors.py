"""The refusals of the site. Services raise them; only lms/web/errors.py turns them into answers.

Every message is a Chinese sentence that says what to do next; it is shown to the person as it stands.
"""


class LmsError(Exception):
    """A refusal that the person can be told about. `reason` is a word for scripts that act differently on different refusals."""

    status = 400
    reason: str | None = None
    heading: str | None = None
    """What stands over the page of the refusal; None: the words for its status."""
    way_on: tuple[str, str] | None = None
    """What to press instead, and its address; None: back to the home page."""
    retry_after_seconds: int | None = None
    """When it is worth trying again; None where that helps nothing."""
    message = "这一步没有完成，请返回上一页再试。"

    def __init__(self, message: str | None = None, **facts: object) -> None:
        self.message = message or self.message
        self.facts = facts
        super().__init__(self.message)


class NotFound(LmsError):
    """The thing does not exist, or not for this person: both look alike."""

    status = 404
    message = "它可能已被移走，或者不对你开放。请从首页或栏目里找。"


class NotSignedIn(LmsError):
    """The request needs a signed-in person."""

    status = 401
    message = "请先登录。"


class Forbidden(LmsError):
    """The person may see the thing but not do this with it; the message says whom to ask."""

    status = 403
    message = "你没有这项权限。如工作需要，请联系本单位管理员。"


class Conflict(LmsError):
    """The state has moved on; what was asked cannot follow from it."""

    status = 409
    message = "内容刚刚有了变化，请刷新后再试。"


class Invalid(LmsError):
    """One field holds something we cannot take. `field` is its name, or "" for the whole form."""

    status = 422
    message = "填写的内容有误，请检查后再提交。"

    def __init__(self, message: str | None = None, field: str = "", **facts: object) -> None:
        super().__init__(message, **facts)
        self.field = field


class TooMany(LmsError):
    """Too often in too short a time."""

    status = 429
    message = "操作太频繁，请稍等几分钟再试。"


class Unavailable(LmsError):
    """The site cannot do this at the moment; nothing was stored."""

    status = 503
    retry_after_seconds = 5
    message = "系统正忙，这次没有保存，请稍后再试。"
