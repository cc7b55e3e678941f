"""Why a file cannot be taken or shown."""

from lms.errors import Conflict, Invalid, LmsError, NotFound, TooMany


class BadFile(Invalid):
    """The uploaded file is not what it should be; the message says what to do."""


class BadMedia(LmsError):
    """What is inside a stored file cannot be used; the message says what to do. Trying again would not help."""

    status = 422


class LinkOver(NotFound):
    """The link belongs to another sign-in, has lived its ten minutes, or what it led to was withdrawn."""

    message = "这个链接已失效，请回到原页面重新打开。"


class WrongPart(Invalid):
    """What arrived is not what its sender said of it. Sending the part again helps."""

    reason = "digest"
    message = "这一段在路上损坏了，校验不一致，没有保存。请重新发送。"


class OtherFile(Conflict):
    """The upload holds parts of a file with the same name, size and date that is another one."""

    reason = "other"
    message = "这个文件和之前传了一半的不是同一个，请放弃之前的上传，从头再传。"


class Unfinished(Conflict):
    """Parts are missing: the sender asks which, and sends them."""

    reason = "missing"
    message = "还有几段没有传到，会接着传。"


class Joining(Conflict):
    """Another request is joining the parts right now; asking again later tells how that ended."""

    reason = "joining"
    message = "正在合并文件，请稍等。"


class Busy(TooMany):
    """So many parts are arriving that this one has to wait."""

    reason = "busy"
    message = "上传的人较多，稍等会自动继续。"
