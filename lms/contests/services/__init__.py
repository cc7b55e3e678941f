"""The write side of contests: made, opened, entered, settled; and the way of the result to its publication."""

from lms.contests.services.contests import create_from_preset, open_contest, withdraw_contest
from lms.contests.services.mock import MockOffer, begin_mock, next_mock
from lms.contests.services.planning import copy_contest, create_contest
from lms.contests.services.results import (
    answer_objection,
    approve_leave,
    correct,
    end_round,
    file_objection,
    publish,
    review,
    settle_round,
    start_notice,
)
from lms.contests.services.rounds import add_round, change_round, remove_round
from lms.contests.services.taking_part import (
    begin,
    join,
    reads_of_settling,
    reopen_last,
    resettle_attempts,
    settle_attempt,
    start,
)
from lms.contests.start_queries import reads_of_start

__all__ = [
    "MockOffer",
    "add_round",
    "answer_objection",
    "approve_leave",
    "begin",
    "begin_mock",
    "change_round",
    "copy_contest",
    "correct",
    "create_contest",
    "create_from_preset",
    "end_round",
    "file_objection",
    "join",
    "next_mock",
    "open_contest",
    "publish",
    "reads_of_settling",
    "reads_of_start",
    "remove_round",
    "reopen_last",
    "resettle_attempts",
    "review",
    "settle_attempt",
    "settle_round",
    "start",
    "start_notice",
    "withdraw_contest",
]
