"""The write side of gatherings: planned, rolled, written up, followed up, locked."""

from lms.gatherings.services.crediting import TASK_KIND, credit_hall
from lms.gatherings.services.history import Follow, is_locked
from lms.gatherings.services.leaves import ask_leave, decide_leave, withdraw_leave
from lms.gatherings.services.locking import lock
from lms.gatherings.services.planning import (
    Plan,
    add_material,
    cancel,
    change_plan,
    choose,
    plan,
    plan_of,
    propose,
    remove_material,
)
from lms.gatherings.services.replies import reply
from lms.gatherings.services.rolls import SignIn, Tap, all_present, close_roll, decide_visit, mark, sign_in
from lms.gatherings.services.writing import add_decision, add_photo, remove_photo, settle_decision, write_minutes

__all__ = [
    "TASK_KIND",
    "Follow",
    "Plan",
    "SignIn",
    "Tap",
    "add_decision",
    "add_material",
    "add_photo",
    "all_present",
    "ask_leave",
    "cancel",
    "change_plan",
    "choose",
    "close_roll",
    "credit_hall",
    "decide_leave",
    "decide_visit",
    "is_locked",
    "lock",
    "mark",
    "plan",
    "plan_of",
    "propose",
    "remove_material",
    "remove_photo",
    "reply",
    "settle_decision",
    "sign_in",
    "withdraw_leave",
    "write_minutes",
]
