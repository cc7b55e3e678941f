"""What is filled into moulds reads as if Jinja had written the whole sheet."""

import json
from collections import namedtuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms import clock
from lms.quizzes import moulds, queries
from tests.quizzes.kinds import CONTENTS, begin, right_choices


def plain(html):
    """Without the white space between the lines."""
    return [line.strip() for line in html.splitlines() if line.strip()]


def both(app, session, attempt):
    """The sheet from moulds, and the one that Jinja writes."""
    with app.test_request_context():
        env = app.jinja_env
        filled = moulds.filled(env, queries.list_shown_rows(session, attempt.id))
        return filled, moulds.written(env, queries.list_shown_questions(session, attempt.id), {})


def same(one, other):
    assert [(case.first, case.final, case.material) for case in one.cases] == [
        (case.first, case.final, case.material) for case in other.cases
    ]
    for filled, written in zip(one.cases, other.cases, strict=True):
        assert plain(filled.questions) == plain(written.questions)
    assert plain(one.numbers) == plain(other.numbers)


@pytest.mark.parametrize("answered", [False, True])
def test_every_kind_of_question_is_the_same_from_a_mould(app, web, session, cast, answered):
    attempt = begin(session, cast.lin.id, clock.now())
    if answered:
        lin = web.as_("lin")
        lease = {"lease": "lease-of-lins-own-phone"}
        lin.call(f"/api/attempts/{attempt.id}/lease", lease)
        for position, choice in right_choices().items():
            body = {"item": position, "sequence": 7, "choice": choice, **lease}
            lin.call(f"/api/attempts/{attempt.id}/answers", body)
    filled, written = both(app, session, attempt)
    assert sum(case.final - case.first + 1 for case in filled.cases) == len(CONTENTS)
    same(filled, written)


Row = namedtuple(
    "Row",
    "position points_millis option_order choice sequence kind stem options prompts material unit blanks markup",
)
texts = st.text(st.sampled_from("%(s)d{}<>&\"'x_国 \n$^*"), min_size=1, max_size=12)


@given(stem=texts, options=st.lists(texts, min_size=2, max_size=4), kind=st.sampled_from(["single", "multiple"]),
       markup=st.sampled_from(["plain", "rich"]), material=st.just("") | texts)  # fmt: skip
def test_signs_that_mean_something_to_a_mould_or_to_html_stay_what_they_are(
    site, stem, options, kind, markup, material
):
    order, choice = list(range(len(options)))[::-1], [0]
    row = Row(
        3,
        1500,
        json.dumps(order),
        json.dumps(choice),
        4,
        kind,
        stem,
        json.dumps(options),
        "[]",
        material,
        "",
        0,
        markup,
    )
    with site.test_request_context():
        filled = moulds.filled(site.jinja_env, [row])
        same(filled, moulds.written(site.jinja_env, [queries.shown(row)], {}))
