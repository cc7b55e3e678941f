"""Writing up: minutes, decisions, photos and materials."""

from datetime import timedelta
from typing import BinaryIO, cast

from flask import Blueprint, Response, current_app, request, url_for

from lms import clock
from lms.errors import Invalid
from lms.gatherings import access, queries, services
from lms.gatherings.forms import DecisionForm, LateForm, PhotoForm
from lms.gatherings.models import Gathering
from lms.gatherings.rules import MOST_PHOTOS, MaterialKind
from lms.gatherings.views import NAMES, record_of
from lms.media import services as media
from lms.media.rules import MediaKind
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.storage import Storage
from lms.web import body_up_to, now, page, see_other, session
from lms.web.fields import clean_text

bp = Blueprint("gathering_minutes", __name__, url_prefix="/gatherings/desk")

HOLD = Permission.GATHERING_HOLD
PHOTO_BYTES = 20_000_000
DUE_AFTER = timedelta(days=14)


@bp.get("/<int:gathering_id>/minutes")
@requires(HOLD)
def edit(gathering_id: int) -> Response:
    return _page(access.gathering_to_hold(session(), me(), gathering_id))


def _page(
    gathering: Gathering,
    status: int = 200,
    *,
    written: dict[str, str] | None = None,
    late_form: LateForm | None = None,
    decision_form: DecisionForm | None = None,
    photo_form: PhotoForm | None = None,
) -> Response:
    record = record_of(gathering)
    decision_form, photo_form = decision_form or _decision_form(gathering, shown=True), photo_form or PhotoForm.shown()
    decision_form.reason.id, photo_form.reason.id = "decision-reason", "photo-reason"  # three forms on one page
    return page(
        "gatherings/minutes.html",
        status,
        **(record | ({"texts": written} if written is not None else {})),
        locked=services.is_locked(gathering, now()),
        late_form=late_form or LateForm.shown(),
        decision_form=decision_form,
        photo_form=photo_form,
        most_photos=MOST_PHOTOS,
        found=_found(),
        asked=request.args.get("material", "")[:60],
        active="branch",
        **NAMES,
    )


def _decision_form(gathering: Gathering, *, shown: bool) -> DecisionForm:
    """The host carries it out within two weeks, unless something else is said."""
    today = clock.today(now())
    usual = {"owner": str(gathering.host_id or me().id), "due_on": today + DUE_AFTER}
    form = DecisionForm.shown(data=usual) if shown else DecisionForm.posted()
    lines = queries.roll_of(session(), gathering).lines
    named = {str(line.person_id): line.name for line in lines} | {str(me().id): me().name}
    form.owner.choices = list(named.items())
    return form


def _found() -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = current_app.extensions["find_materials"](
        session(), me(), request.args.get("material", "")[:60].strip()
    )
    return found


@bp.post("/<int:gathering_id>/minutes")
@requires(HOLD)
def write(gathering_id: int) -> Response:
    gathering, form = access.gathering_to_hold(session(), me(), gathering_id), LateForm.posted()
    texts = {field.key: clean_text(request.form.get(field.key)) for field in gathering.words.fields}
    try:
        services.write_minutes(
            session(), gathering, texts, by_id=me().id, now=now(), reason=(form.validate() and form.reason.data) or ""
        )
    except Invalid as refused:
        form.refuse(refused)
        return _page(gathering, 422, written=texts, late_form=form)
    written = gathering.minutes_at is not None
    return see_other(
        url_for("gathering_desk.show", gathering_id=gathering.id),
        flash="记录已保存，三个工作日后自动锁定。" if written else "已保存，主要内容还空着，写上才算完成。",
    )


def _back(gathering: Gathering, said: str, kind: str = "done") -> Response:
    return see_other(url_for("gathering_minutes.edit", gathering_id=gathering.id), flash=said, kind=kind)


@bp.post("/<int:gathering_id>/decisions")
@requires(HOLD)
def add_decision(gathering_id: int) -> Response:
    gathering = access.gathering_to_hold(session(), me(), gathering_id)
    form = _decision_form(gathering, shown=False)
    try:
        if form.validate():
            services.add_decision(
                session(), gathering, text=form.text.data, owner_id=int(form.owner.data), due_on=form.due_on.data,
                link=url_for("gatherings.index"), by_id=me().id, now=now(), reason=form.reason.data or "",
            )  # fmt: skip
            return _back(gathering, "已加入待落实事项，责任人会收到消息。")
    except Invalid as refused:
        form.refuse(refused)
    return _page(gathering, 422, decision_form=form)


@bp.post("/<int:gathering_id>/photos")
@requires(HOLD)
@body_up_to(PHOTO_BYTES)
def add_photo(gathering_id: int) -> Response:
    gathering, form = access.gathering_to_hold(session(), me(), gathering_id), PhotoForm.posted()
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return _back(gathering, "先选一张照片。", "warn")
    storage: Storage = current_app.extensions["storage"]
    try:
        file = media.receive(
            session(), cast(BinaryIO, upload.stream), name=upload.filename, owner_id=me().id, storage=storage, now=now(),
            kinds=frozenset({MediaKind.IMAGE}),
        )  # fmt: skip
        services.add_photo(session(), gathering, file.id, by_id=me().id, now=now(), reason=form.reason.data or "")
    except Invalid as refused:
        form.refuse(refused)
        return _page(gathering, 422, photo_form=form)
    return _back(gathering, "照片已收到，处理好就会出现。")


@bp.post("/<int:gathering_id>/photos/<int:photo_id>/removal")
@requires(HOLD)
def remove_photo(gathering_id: int, photo_id: int) -> Response:
    gathering, form = access.gathering_to_hold(session(), me(), gathering_id), LateForm.posted()
    photo = access.photo_of(session(), gathering, photo_id)
    services.remove_photo(session(), gathering, photo, by_id=me().id, now=now(), reason=form.reason.data or "")
    return _back(gathering, "照片已删除。")


@bp.post("/<int:gathering_id>/materials/<int:resource_id>")
@requires(HOLD)
def add_material(gathering_id: int, resource_id: int) -> Response:
    """One of those that the search of this page found; what it does not find is refused."""
    gathering, form = access.gathering_to_hold(session(), me(), gathering_id), LateForm.posted()
    title = dict(_found()).get(resource_id)
    if title is None:
        return _back(gathering, "没有找到这份材料，换个词再找。", "warn")
    services.add_material(
        session(), gathering, MaterialKind.RESOURCE, resource_id, title, by_id=me().id, now=now(),
        reason=form.reason.data or "",
    )  # fmt: skip
    return _back(gathering, "材料已加上，大家在活动页能打开。")


@bp.post("/<int:gathering_id>/materials/<int:material_id>/removal")
@requires(HOLD)
def remove_material(gathering_id: int, material_id: int) -> Response:
    gathering, form = access.gathering_to_hold(session(), me(), gathering_id), LateForm.posted()
    material = access.material_of(session(), gathering, material_id)
    services.remove_material(session(), gathering, material, by_id=me().id, now=now(), reason=form.reason.data or "")
    return _back(gathering, "材料已移出。")
