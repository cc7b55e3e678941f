"""Why a file cannot be taken or shown."""

from lms.errors import Invalid, LmsError, NotFound


class BadFile(Invalid):
    """The uploaded file is not what it should be; the message says what to do."""


class BadMedia(LmsError):
    """What is inside a stored file cannot be used; the message says what to do. Trying again would not help."""

    status = 422


class LinkOver(NotFound):
    """The link belongs to another sign-in, has lived its ten minutes, or what it led to was withdrawn."""

    message = "这个链接已失效，请回到原页面重新打开。"
