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
from lms.leaderboard.services.counting import recount
from lms.leaderboard.services.freezing import reveal, set_freeze
from lms.leaderboard.services.objections import answer_objection, file_objection, notice_until
from lms.leaderboard.services.publications import publish, sealed, signature_fits, snapshot, snapshot_faults
from lms.leaderboard.services.recount import Report, rebuild, verify
from lms.leaderboard.services.results import record, record_many
from lms.leaderboard.services.revisions import Move, Standing, moves, revise, standings_if

__all__ = [
    "Move",
    "Report",
    "Standing",
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
    "reveal",
    "revise",
    "sealed",
    "set_freeze",
    "set_rosters",
    "show_board",
    "signature_fits",
    "snapshot",
    "snapshot_faults",
    "standings_if",
    "switch_rankings",
    "verify",
]
