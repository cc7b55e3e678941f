"""The write side of stars: programmes, cycles, what is measured, recommendations, the way to the publication."""

from lms.stars.services.certifying import CERTIFY, certify
from lms.stars.services.cycles import (
    answer_objection,
    close_recommending,
    decide,
    file_objection,
    open_cycle,
    review,
    start_notice,
    veto,
)
from lms.stars.services.measuring import MEASURE, ask_for_measuring, claim_check, run_measuring
from lms.stars.services.previews import PREVIEW, ask_for_preview, run_preview
from lms.stars.services.programmes import Draft, create_programme, save_rule, start_programme, stop_programme
from lms.stars.services.publishing import correct, publish, verify
from lms.stars.services.recommending import judge, recommend, withdraw_recommendation

__all__ = [
    "CERTIFY",
    "MEASURE",
    "PREVIEW",
    "Draft",
    "answer_objection",
    "ask_for_measuring",
    "ask_for_preview",
    "certify",
    "claim_check",
    "close_recommending",
    "correct",
    "create_programme",
    "decide",
    "file_objection",
    "judge",
    "open_cycle",
    "publish",
    "recommend",
    "review",
    "run_measuring",
    "run_preview",
    "save_rule",
    "start_notice",
    "start_programme",
    "stop_programme",
    "verify",
    "veto",
    "withdraw_recommendation",
]
