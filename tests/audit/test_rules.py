"""The chain itself: any other history than the one that was written is noticed."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from lms.audit.rules import START, first_fault, link

Record = tuple[int, str, str, Mapping[str, object]]
acts = st.lists(
    st.dictionaries(st.sampled_from(["actor", "action", "target"]), st.text(max_size=8)), min_size=1, max_size=8
)


def chained(history: list[dict[str, str]]) -> list[Record]:
    made: list[Record] = []
    previous = START
    for number, fields in enumerate(history, 1):
        now = link(previous, fields)
        made.append((number, previous, now, fields))
        previous = now
    return made


@given(acts)
def test_what_was_written_verifies(history: list[dict[str, str]]) -> None:
    assert first_fault(chained(history)) is None


@given(acts, st.data())
def test_a_change_is_named_at_its_place(history: list[dict[str, str]], data: st.DataObject) -> None:
    records = chained(history)
    at = data.draw(st.integers(0, len(records) - 1))
    number, previous, made, fields = records[at]
    records[at] = (number, previous, made, {**fields, "actor": str(fields.get("actor", "")) + "x"})
    assert first_fault(records) == at + 1


@given(acts, st.data())
def test_a_missing_record_is_noticed_unless_it_was_the_last(history: list[dict[str, str]], data: st.DataObject) -> None:
    records = chained(history)
    at = data.draw(st.integers(0, len(records) - 1))
    rest = records[:at] + records[at + 1 :]
    assert first_fault(rest) == (at + 1 if at < len(records) - 1 else None)


def test_fields_cannot_flow_into_each_other() -> None:
    assert link(START, {"a": "1", "b": "2"}) != link(START, {"a": '1","b":"2'})
