"""The bench command, with rows made up for it."""

import argparse
import io
import json
import subprocess
from itertools import count
from pathlib import Path

import pytest

from bench import limits, table
from bench.__main__ import Kept, _meant, measure
from bench.figures import Figure, Group, Row, Skipped
from bench.turns import Side, checked_out, compared, line, serve, taken

FAST = Row(
    "P4", "made up", (Figure("CPU", "ms", 8, 4), Figure("rate", "/s", 100, 200, at_least=True), Figure("seen", ""))
)
README = "before\n<!-- sqlite: begin -->\nold\n<!-- sqlite: end -->\nafter\n"


def group(values, row=FAST):
    """One repetition for each of the values."""
    left = iter(values)
    return Group((row,), lambda: {row.id: next(left)}, repetitions=len(values))


def three(*cpus, rate=150.0):
    return group([{"CPU": cpu, "rate": rate, "seen": 1} for cpu in cpus])


def kept(tmp_path, *rows):
    """The command's result file, table and newest values, in a folder of the test."""
    readme = tmp_path / "README.md"
    if not readme.exists():
        readme.write_text(README, "utf-8")
    asked = argparse.Namespace(postgres=False, seconds=1.0)
    keeping = Kept(asked, ["bare", *rows], tmp_path / "results", readme)
    return keeping, readme


@pytest.mark.parametrize(
    "cpus, rate, must, goal",
    [((3, 9, 4), 200, True, True), ((5, 9, 4), 200, True, False), ((9, 3, 9), 200, False, False), ((3, 3, 3), 99, False, False)],
)  # fmt: skip
def test_a_row_is_judged_by_the_median_of_each_of_its_figures(cpus, rate, must, goal):
    [measured] = measure(three(*cpus, rate=rate), [])
    told = measured.as_json()
    assert (told["must_ok"], told["goal_ok"]) == (must, goal)
    assert told["measured"] == sorted(cpus)[1]
    assert told["figures"][0]["spread"] == [min(cpus), max(cpus)]


def test_the_result_file_has_must_goal_and_measured_of_each_row(tmp_path):
    keeping, _ = kept(tmp_path, "P4")
    keeping.add([one.as_json() for one in measure(three(3, 5, 4), [])])
    stored = json.loads((tmp_path / "results" / "p4-sqlite.json").read_text("utf-8"))
    [row] = stored["rows"]
    wanted = {"id": "P4", "must": 8, "goal": 4, "measured": 4, "must_ok": True, "goal_ok": False}
    assert {name: row[name] for name in wanted} == wanted


def test_the_table_keeps_rows_measured_before_and_says_where_missed_goals_lose_their_time(tmp_path):
    keeping, readme = kept(tmp_path, "P4")
    keeping.add([one.as_json() for one in measure(three(5, 5, 5), [])])
    other, _ = kept(tmp_path, "P10")
    other.add(
        [one.as_json() for one in measure(group([{"CPU": 1}], Row("P10", "pages", (Figure("CPU", "ms", 8, 4),))), [])]
    )
    text = readme.read_text("utf-8")
    assert text.startswith("before\n<!-- sqlite: begin -->\n")
    assert text.endswith("<!-- sqlite: end -->\nafter\n")
    assert "old" not in text
    lines = [each for each in text.splitlines() if each.startswith("| P")]
    assert [each.split(" | ")[0] for each in lines] == ["| P4", "| P10"]
    assert (
        f"| {limits.LIMITS['P4']} | ≤ 8 ms; ≥ 100 /s | ≤ 4 ms; ≥ 200 /s | CPU 5 ms; rate 150 /s; seen 1 | must |"
        in lines[0]
    )
    assert lines[1].split(" | ")[6] == "goal"
    assert f"* P4: {limits.SPENT['P4']}." in text
    assert "* P10:" not in text


def test_what_cannot_be_measured_is_named_and_reaches_nothing(tmp_path):
    def missing():
        raise Skipped("nginx is not installed")

    [row] = [one.as_json() for one in measure(Group((FAST,), missing), [])]
    assert (row["must_ok"], row["goal_ok"], row["measured"]) == (False, False, None)
    assert table.line(row) == "P4    skipped: nginx is not installed"
    keeping, readme = kept(tmp_path, "P4")
    keeping.add([row])
    assert "skipped: nginx is not installed" in readme.read_text("utf-8")


def test_a_row_is_meant_by_its_name_or_that_of_its_parts():
    known = ["bare", "P1", "P16a", "P16b"]
    assert _meant("p16", known) == ["P16a", "P16b"]
    assert _meant("P1", known) == ["P1"]
    with pytest.raises(SystemExit, match="no such row: P7"):
        _meant("P7", known)


def test_one_side_measures_once_each_time_it_is_asked():
    told, number = io.StringIO(), count(1)
    chosen = Group((FAST,), lambda: {"P4": {"CPU": next(number)}, "P5": {"p95": 1}})
    left_out = Group((Row("P12", "start", ()),), lambda: pytest.fail("not asked for"))
    serve([chosen, left_out], ["P4"], io.StringIO("again\nagain\n"), told)
    assert [json.loads(each) for each in told.getvalue().splitlines()] == [{}, {"P4": {"CPU": 1}}, {"P4": {"CPU": 2}}]


def test_sides_measure_by_turns_and_are_compared_by_their_medians():
    order = []

    class Made:
        def __init__(self, name, values):
            self.name, self.values = name, iter(values)

        def measure(self):
            order.append(self.name)
            return {"P4": {"CPU": next(self.values)}}

    values = taken(Made("before", [4.0, 10.0, 5.0]), Made("after", [2.0, 2.5, 9.0]))
    assert order == ["before", "after", "after", "before", "before", "after"]
    [one] = compared(values)
    assert (one["before"], one["after"], one["ratio"]) == (5.0, 2.5, 0.5)
    assert line(one) == "P4    CPU: 5 (4–10) → 2.5 (2–9), × 0.50"


def test_what_only_one_side_measures_is_not_compared():
    assert compared([({"P4": {"CPU": 1.0}, "P5": {"p95": 1.0}}, {"P4": {"CPU": 0.0}})])[0]["ratio"] == 0.0
    assert [one["id"] for one in compared([({"P5": {"p95": 1.0}}, {})])] == []


def git(root: Path, *arguments: str) -> None:
    named = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *named, *arguments], cwd=root, check=True, capture_output=True)


BENCH = """
import sys
from lms import VALUE
print("{}", flush=True)
for _ in sys.stdin:
    print('{"P4": {"CPU": %d}}' % VALUE, flush=True)
"""


def test_an_earlier_commit_is_measured_by_the_bench_of_this_one(tmp_path):
    for name in ("lms", "bench"):
        (tmp_path / name).mkdir()
    for name, value in (("old", 1), ("new", 2)):
        (tmp_path / "lms" / "__init__.py").write_text(f"VALUE = {value}\n")
        (tmp_path / "bench" / "__main__.py").write_text("raise SystemExit(3)\n" if name == "old" else BENCH)
        if name == "old":
            git(tmp_path, "init", "-q")
        git(tmp_path, "add", "-A")
        git(tmp_path, "commit", "-q", "-m", name)
    with checked_out("HEAD~1", tmp_path) as tree, Side(tree, ["P4"]) as before, Side(tmp_path, ["P4"]) as after:
        assert compared(taken(before, after))[0]["ratio"] == 2.0
    assert not tree.exists()
    listed = subprocess.run(["git", "worktree", "list"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert len(listed.stdout.splitlines()) == 1
    with pytest.raises(SystemExit, match="git worktree"), checked_out("no-such-commit", tmp_path):
        pass
