"""Versions of the rules as tests want them: drafted and issued by hua before their day."""

from datetime import date, timedelta

from sqlalchemy.orm import Session

from lms import clock
from lms.hours import policy_rules, services
from lms.hours.models import RuleVersion
from lms.hours.policy_rules import Subject
from lms.hours.rules import Policy


def issue_policy(session: Session, policy: Policy, from_on: date, *, by_id: int) -> RuleVersion:
    """The policy holds from that day on."""
    then = clock.at_local(from_on - timedelta(days=7), 10)
    version = services.draft(session, Subject.CONVERSION, "default", by_id=by_id, now=then)
    services.write(session, version, policy_rules.policy_json(policy), reason="按上级新办法", by_id=by_id, now=then)
    session.refresh(version)
    services.issue(session, version, from_on=from_on, by_id=by_id, now=then)
    session.refresh(version)
    return version
