"""The write side of boards: their life, results coming in, publications, recounts."""

from lms.leaderboard.services.boards import create_board, move_board, set_rosters, show_board, switch_rankings
from lms.leaderboard.services.publications import publish, signature_fits, snapshot
from lms.leaderboard.services.recount import Report, rebuild, recount, verify
from lms.leaderboard.services.results import record, record_many
from lms.leaderboard.services.revisions import Move, moves, revise

__all__ = [
    "Move",
    "Report",
    "create_board",
    "move_board",
    "moves",
    "publish",
    "rebuild",
    "record",
    "record_many",
    "recount",
    "revise",
    "set_rosters",
    "show_board",
    "signature_fits",
    "snapshot",
    "switch_rankings",
    "verify",
]
