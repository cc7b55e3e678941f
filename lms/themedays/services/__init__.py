"""The write side of theme days: packs published and pushed, months planned, parts recorded, make-up study followed."""

from lms.themedays.services.make_ups import settle_make_ups
from lms.themedays.services.months import (
    MonthPlan,
    adopt,
    cover,
    explain_slip,
    open_month,
    plan_month,
    plan_part,
    propose,
    record_apart,
    reopen_part,
)
from lms.themedays.services.packs import (
    PackFacts,
    add_file,
    change_pack,
    draft_pack,
    publish_due,
    publish_pack,
    push_due,
    push_pack,
    remove_file,
    set_part,
)

__all__ = [
    "MonthPlan",
    "PackFacts",
    "add_file",
    "adopt",
    "change_pack",
    "cover",
    "draft_pack",
    "explain_slip",
    "open_month",
    "plan_month",
    "plan_part",
    "propose",
    "publish_due",
    "publish_pack",
    "push_due",
    "push_pack",
    "record_apart",
    "remove_file",
    "reopen_part",
    "set_part",
    "settle_make_ups",
]
