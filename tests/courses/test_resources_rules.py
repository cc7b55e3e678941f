"""Two persons who did not make it, and exactly the version they saw."""

from hypothesis import given
from hypothesis import strategies as st

from lms.courses.review_rules import (
    KIND_NAMES,
    LINE_NAMES,
    STATE_NAMES,
    Approval,
    Line,
    ResourceKind,
    ResourceState,
    ReviewStep,
    Verdict,
    is_approved,
    state_after,
    why_not_reviewer,
)
from lms.web.prose import cleaned, to_html, to_text

APPROVALS = st.builds(
    Approval,
    st.sampled_from(ReviewStep),
    st.integers(1, 3),
    st.integers(1, 2),
    st.sampled_from([None, 5]),
    st.sampled_from(["", "same", "other"]),
)


def test_every_code_has_a_chinese_name() -> None:
    assert (set(LINE_NAMES), set(KIND_NAMES), set(STATE_NAMES)) == (set(Line), set(ResourceKind), set(ResourceState))


def test_content_comes_before_secrecy_and_secrecy_before_publication() -> None:
    assert state_after(ReviewStep.CONTENT, Verdict.APPROVED) is ResourceState.SECRECY_REVIEW
    assert state_after(ReviewStep.SECRECY, Verdict.APPROVED) is ResourceState.PUBLISHED
    assert {state_after(step, Verdict.RETURNED) for step in ReviewStep} == {ResourceState.RETURNED}


@given(st.lists(APPROVALS, max_size=6))
def test_approved_means_two_persons_and_both_steps_of_this_file(approvals: list[Approval]) -> None:
    if is_approved(approvals, version=1, media_id=5, digest="same"):
        fitting = [a for a in approvals if (a.version, a.media_id) == (1, 5) and a.digest != "other"]
        assert {a.step for a in fitting} == set(ReviewStep)
        assert len({a.reviewer_id for a in fitting}) >= 2


def test_another_version_or_file_or_a_single_person_is_not_enough() -> None:
    both = [Approval(ReviewStep.CONTENT, 1, 1, 5, "d"), Approval(ReviewStep.SECRECY, 2, 1, 5, "d")]
    assert is_approved(both, version=1, media_id=5, digest="d")
    assert not is_approved(both, version=2, media_id=5, digest="d")
    assert not is_approved(both, version=1, media_id=6, digest="d")
    assert not is_approved(both, version=1, media_id=5, digest="e")
    assert not is_approved([both[0], Approval(ReviewStep.SECRECY, 1, 1, 5, "d")], version=1, media_id=5, digest="d")
    assert not is_approved(both[:1], version=1, media_id=5, digest="d")


def test_authors_never_review_and_one_person_does_one_step() -> None:
    first = [Approval(ReviewStep.CONTENT, 1, 1, None)]
    assert why_not_reviewer(ReviewStep.CONTENT, reviewer_id=9, author_ids={9}, approvals=[])
    assert why_not_reviewer(ReviewStep.SECRECY, reviewer_id=1, author_ids={9}, approvals=first)
    assert why_not_reviewer(ReviewStep.SECRECY, reviewer_id=2, author_ids={9}, approvals=first) is None


@given(st.text(max_size=200))
def test_an_article_is_text_whatever_was_typed(text: str) -> None:
    made = to_html(text)
    assert cleaned(made) == cleaned(cleaned(made))
    assert "<script" not in made.lower()


def test_an_article_comes_back_to_its_author_as_typed() -> None:
    typed = "# 第一节\n\n先补后占。\n数量不减 & 质量不降。\n\n1 < 2"
    assert to_text(to_html(typed)) == typed


def test_what_could_run_is_taken_out() -> None:
    body = '<p onclick="x()">一</p><script>x()</script><iframe src="//x"></iframe><a href="javascript:x()">二</a><img src=x onerror=x()>'
    assert cleaned(body) == '<p>一</p><a rel="noopener noreferrer">二</a>'
