"""Who is reminded of what, and when it falls silent."""

from lms.people.principal import principal_of
from lms.stars import awaiting, services
from lms.stars.reminders import list_due
from lms.stars.rules import Level
from tests.stars.test_services import OPENED, cycle, give, to_review  # noqa: F401


def told(session) -> set[tuple[int, str]]:
    session.expire_all()
    return {(due.person_id, due.item.split(":")[0]) for due in list_due(session, now=OPENED)}


def test_secretaries_and_unit_admins_are_reminded_until_they_recommended(cycle, session, cast):  # noqa: F811
    asked = {(who.id, "stars.recommend") for who in (cast.chen, cast.mei, cast.ada)}
    assert told(session) == asked
    (first, *_) = list_due(session, now=OPENED)
    assert first.link == f"/stars/recommending/{cycle.cycle.id}"
    assert "截止" in first.text
    give(session, cycle, cast.lin, Level.BRANCH, cast.chen)
    assert told(session) == asked - {(cast.chen.id, "stars.recommend")}


def test_reviewers_are_reminded_until_it_was_reviewed(cycle, session, cast, line_of):  # noqa: F811
    to_review(session, cycle, cast)
    assert told(session) == {(who.id, "stars.review") for who in (cast.ada, cast.hua)}
    services.review(session, line_of(), note_text="核对", by_id=cast.ada.id, now=OPENED)
    session.commit()
    assert told(session) == set()


def test_the_home_page_names_the_next_step_to_whom_it_belongs(cycle, session, cast, line_of):  # noqa: F811
    def waits(who) -> list[str]:
        session.expire_all()
        found = awaiting.list_awaiting(session, principal_of(session, who, OPENED), OPENED)
        return [line.text for line in found if line.count]

    assert waits(cast.chen) == ["期评星等你推荐"]
    assert waits(cast.lin) == []
    to_review(session, cycle, cast)
    assert waits(cast.chen) == []
    assert waits(cast.ada) == ["期评星待复核：2026年第四季度学习之星"]
    services.review(session, line_of(), note_text="核对", by_id=cast.ada.id, now=OPENED)
    session.commit()
    assert waits(cast.hua) == ["期评星待公示：2026年第四季度学习之星"]
    assert waits(cast.ada) == []
