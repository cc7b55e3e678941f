"""发送通道: the mail server and the robots, what is dead, and a button that tests."""

from flask import Blueprint, Response, request, url_for

from lms.errors import Invalid, NotFound
from lms.notices import access
from lms.notices import channel_queries as queries
from lms.notices.channel_rules import KINDS, ChannelKind, DeliveryState
from lms.notices.forms import PER_MINUTE, PER_MINUTE_ROBOT, WHOLE, MailForm, RobotForm, channel_data
from lms.notices.models import Channel
from lms.notices.services import channels, outbox
from lms.people import queries as people
from lms.people.guard import keys, me, requires
from lms.people.models import Branch, Unit
from lms.people.rules import Permission
from lms.web import now, page, page_number, paged, see_other, session

bp = Blueprint("channels", __name__, url_prefix="/office/channels")

MANAGE = Permission.CHANNEL_MANAGE
STATES = {
    DeliveryState.QUEUED: "等待发送",
    DeliveryState.SENDING: "正在发送",
    DeliveryState.SENT: "已送达",
    DeliveryState.DEAD: "没有送达",
    DeliveryState.EXPIRED: "已过时",
}


@bp.get("")
@requires(MANAGE)
def index() -> Response:
    found = queries.list_channels(session())
    dead = paged(session(), queries.list_dead(), page_number())
    return page(
        "notices/channels.html",
        channels=found,
        figures={channel.id: queries.figures_of(session(), channel) for channel in found},
        dead=dead,
        names=people.names_of(session(), [each.person_id for each in dead.rows if each.person_id]),
        channel_names={channel.id: channel.name for channel in found},
        kinds=KINDS,
        states=STATES,
        active="channels",
    )


@bp.get("/new")
@requires(MANAGE)
def new() -> Response:
    kind = _kind()
    start = {"per_minute": PER_MINUTE.get(kind, PER_MINUTE_ROBOT)}
    return _form(kind, (RobotForm if kind.is_robot else MailForm).shown(data=start))


@bp.post("")
@requires(MANAGE)
def create() -> Response:
    kind = _kind()
    form = _posted(kind)
    if not form.validate():
        return _form(kind, form, status=422)
    try:
        made = channels.create(
            session(), kind, form.facts(_place(form)), keys=keys(), by_id=me().id, by=me().name, now=now()
        )
    except Invalid as problem:
        form.refuse(problem)
        return _form(kind, form, status=422)
    return see_other(url_for("channels.index"), flash=f"“{made.name}”已保存，先发一条测试消息，再打开。")


@bp.get("/<int:channel_id>")
@requires(MANAGE)
def edit(channel_id: int) -> Response:
    channel = access.channel_to_manage(session(), channel_id)
    form = (RobotForm if channel.kind.is_robot else MailForm).shown(data=channel_data(channel))
    return _form(channel.kind, form, channel)


@bp.post("/<int:channel_id>")
@requires(MANAGE)
def change(channel_id: int) -> Response:
    channel = access.channel_to_manage(session(), channel_id)
    form = _posted(channel.kind)
    if not form.validate():
        return _form(channel.kind, form, channel, 422)
    try:
        channels.change(
            session(), channel, form.facts(_place(form)), keys=keys(), by_id=me().id, by=me().name, now=now()
        )
    except Invalid as problem:
        form.refuse(problem)
        return _form(channel.kind, form, channel, 422)
    return see_other(url_for("channels.index"), flash="已保存。")


@bp.post("/<int:channel_id>/state")
@requires(MANAGE)
def switch(channel_id: int) -> Response:
    channel = access.channel_to_manage(session(), channel_id)
    on = request.form.get("on") == "yes"
    channels.switch(session(), channel, on=on, by_id=me().id, by=me().name, now=now())
    return see_other(url_for("channels.index"), flash="已打开。" if on else "已关闭，排队的消息等打开后再发。")


@bp.post("/<int:channel_id>/test")
@requires(MANAGE)
def test(channel_id: int) -> Response:
    channel = access.channel_to_manage(session(), channel_id)
    channels.test(session(), channel, keys=keys(), now=now())
    return see_other(url_for("channels.index"), flash="测试消息已放入发送队列，半分钟后刷新看结果。")


@bp.post("/deliveries/<int:delivery_id>/retry")
@requires(MANAGE)
def retry(delivery_id: int) -> Response:
    outbox.retry(session(), access.delivery_to_decide(session(), delivery_id), now=now())
    return see_other(url_for("channels.index"), flash="已重新排队。")


@bp.post("/deliveries/<int:delivery_id>/removal")
@requires(MANAGE)
def discard(delivery_id: int) -> Response:
    outbox.discard(session(), access.delivery_to_decide(session(), delivery_id))
    return see_other(url_for("channels.index"), flash="已放弃这条消息。")


def _kind() -> ChannelKind:
    given = request.values.get("kind", "")
    if given not in {kind.value for kind in ChannelKind}:
        raise NotFound()
    return ChannelKind(given)


def _posted(kind: ChannelKind) -> RobotForm | MailForm:
    if not kind.is_robot:
        return MailForm.posted()
    form = RobotForm.posted()
    form.offer(_places())
    return form


def _places() -> list[Unit | Branch]:
    return [*people.list_units(session()), *people.list_branches(session())]


def _place(form: RobotForm | MailForm) -> Unit | Branch | None:
    given = form.place.data if isinstance(form, RobotForm) else WHOLE
    kind, _, number = (given or "").partition(":")
    if not number:
        return None
    return session().get_one(Branch, int(number)) if kind == "branch" else session().get_one(Unit, int(number))


def _form(kind: ChannelKind, form: RobotForm | MailForm, channel: Channel | None = None, status: int = 200) -> Response:
    if isinstance(form, RobotForm):
        form.offer(_places())
    return page(
        "notices/channel_form.html", status, form=form, kind=kind, kinds=KINDS, channel=channel, active="channels"
    )
