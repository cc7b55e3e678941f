"""The write side: bank, papers, imports, attempts, answers."""

from lms.quizzes.services.answers import (
    AnswerRow,
    AnswerWriter,
    Saved,
    answer_writer,
    canonical_choice,
    explain,
    save_answer,
    save_if_fits,
)
from lms.quizzes.services.attempts import close_due, reads_of_submission, release, start_attempt, submit, take_lease
from lms.quizzes.services.bank import Content, create_question, edit_question
from lms.quizzes.services.drawing import count_prepared, discard_prepared, list_prepared_subjects, prepare_sheets
from lms.quizzes.services.invigilation import Place, Subject, check_place, note_sitting
from lms.quizzes.services.leases import LeaseRow, LeaseWriter, lease_if_free, lease_writer
from lms.quizzes.services.leaves import Leave, note_leaves
from lms.quizzes.services.papers import PaperSettings, create_drawn_paper, create_fixed_paper
from lms.quizzes.services.sheets import save_sheet

__all__ = [
    "AnswerRow",
    "AnswerWriter",
    "Content",
    "LeaseRow",
    "LeaseWriter",
    "Leave",
    "PaperSettings",
    "Place",
    "Saved",
    "Subject",
    "answer_writer",
    "canonical_choice",
    "check_place",
    "close_due",
    "count_prepared",
    "create_drawn_paper",
    "create_fixed_paper",
    "create_question",
    "discard_prepared",
    "edit_question",
    "explain",
    "lease_if_free",
    "lease_writer",
    "list_prepared_subjects",
    "note_leaves",
    "note_sitting",
    "prepare_sheets",
    "reads_of_submission",
    "release",
    "save_answer",
    "save_if_fits",
    "save_sheet",
    "start_attempt",
    "submit",
    "take_lease",
]
