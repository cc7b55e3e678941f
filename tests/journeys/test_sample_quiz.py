"""The course page says before the quiz what happens to the clock, and so does the kind of grading."""

from lms import clock
from lms.courses.models import Course
from lms.courses.review_rules import CourseState, Line
from lms.quizzes.models import Paper
from tests.quizzes.kinds import begin


def test_the_course_page_says_how_its_quiz_goes_before_it_begins(web, session, cast):
    attempt = begin(session, cast.bo.id, clock.now())
    paper = session.get_one(Paper, attempt.paper_id)
    course = Course(
        owner_unit_id=paper.owner_unit_id, title="题型示范", line=Line.LAND, paper_id=paper.id,
        state=CourseState.PUBLISHED, created_at=clock.now(),
    )  # fmt: skip
    session.add(course)
    session.commit()
    for seconds, words in (
        (None, "不限时，可以随时离开，回来接着答。"),
        (900, "开始后计时 15 分钟，以服务器时间为准；离开页面、断网或换设备，时间照走，不会暂停。"),
    ):
        session.get_one(Paper, paper.id).duration_seconds = seconds
        text = web.as_("lin").get(f"/courses/{course.id}").get_data(as_text=True)
        assert words in text
        assert "简答题由人评卷，评好以前的得分不含简答题。" in text
