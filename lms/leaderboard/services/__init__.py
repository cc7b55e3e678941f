"""The write side of boards: their life, results coming in, publications, recounts."""

from lms.leaderboard.services.boards import (
    change_board,
    create_board,
    move_board,
    remove_board,
    set_rosters,
    show_board,
    switch_rankings,
)
from lms.leaderboard.services.objections import answer_objection, file_objection, notice_until
from lms.leaderboard.services.publications import publish, sealed, signature_fits, snapshot, snapshot_faults
from lms.leaderboard.services.recount import Report, rebuild, recount, verify
from lms.leaderboard.services.results import record, record_many
from lms.leaderboard.services.revisions import Move, moves, revise

__all__ = [
    "Move",
    "Report",
    "answer_objection",
    "change_board",
    "create_board",
    "file_objection",
    "move_board",
    "moves",
    "notice_until",
    "publish",
    "rebuild",
    "record",
    "record_many",
    "recount",
    "remove_board",
    "revise",
    "sealed",
    "set_rosters",
    "show_board",
    "signature_fits",
    "snapshot",
    "snapshot_faults",
    "switch_rankings",
    "verify",
]
