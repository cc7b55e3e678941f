"""The write side of classes: decided, filled, timetabled, studied, closed."""

from lms.training.services.classes import Plan, cancel, change, decide, note_export, open_enrolment, propose, set_quotas
from lms.training.services.closing import (
    Outcome,
    close_class,
    correct_class,
    most_of,
    obstacle,
    outcomes,
    to_correct,
)
from lms.training.services.enrolments import decide_enrolment, enrol, promote, withdraw
from lms.training.services.plans import (
    Wanted,
    add_item,
    change_item,
    draft_plan,
    publish_plan,
    remove_item,
    withdraw_plan,
)
from lms.training.services.quiz import start_plan_quiz, start_quiz
from lms.training.services.study import (
    add_material,
    comment,
    evaluate,
    evaluates_from_to,
    hand_in,
    remove_material,
    set_homework,
)
from lms.training.services.timetable import MeetingPlan, add_meeting, change_meeting, find_clashes

__all__ = [
    "MeetingPlan",
    "Outcome",
    "Plan",
    "Wanted",
    "add_item",
    "add_material",
    "add_meeting",
    "cancel",
    "change",
    "change_item",
    "change_meeting",
    "close_class",
    "comment",
    "correct_class",
    "decide",
    "decide_enrolment",
    "draft_plan",
    "enrol",
    "evaluate",
    "evaluates_from_to",
    "find_clashes",
    "hand_in",
    "most_of",
    "note_export",
    "obstacle",
    "open_enrolment",
    "outcomes",
    "promote",
    "propose",
    "publish_plan",
    "remove_item",
    "remove_material",
    "set_homework",
    "set_quotas",
    "start_plan_quiz",
    "start_quiz",
    "to_correct",
    "withdraw",
    "withdraw_plan",
]
