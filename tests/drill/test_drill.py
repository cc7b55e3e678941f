"""What the drills say about themselves is true, and a drill that was not done has not held."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.figures import Figure, Row
from bench.server import ROOT
from drill import __main__ as command
from drill.durable import synced_first
from drill.mutants import MUTANTS, applied
from drill.site import Drill
from lms.quizzes.services import attempts

NO_FAULTS = Row("X01", "nothing", (Figure("faults", "", 0, 0),))


class NoSite:
    """As much of a site as a drill needs that asks nothing of it."""

    def __init__(self) -> None:
        self.mutant, self.bureau = "", type("Bureau", (), {"is_sqlite": True})()


def row_of(run: Any, **options: Any) -> dict[str, object]:
    return command.done(Drill(NO_FAULTS, run, (), **options), NoSite())  # type: ignore[arg-type]


def test_every_mutant_is_caught_by_one_drill_and_every_row_is_explained() -> None:
    named = [name for drill in command.DRILLS for name in drill.mutants]
    assert sorted(named) == sorted(MUTANTS)
    assert all(drill.mutants for drill in command.DRILLS)
    readme = (Path(command.__file__).parent / "README.md").read_text("utf-8")
    assert [drill.row.id for drill in command.DRILLS if drill.row.id not in readme] == []


def test_a_mutant_is_gone_after_its_block() -> None:
    before = attempts._SUBMIT
    with applied("submitted-whatever-the-state"):
        assert attempts._SUBMIT is not before
    assert attempts._SUBMIT is before


def test_a_mutant_that_is_put_into_a_process_stays_there() -> None:
    told = "import gc, lms.web.dispatch as d, drill.inside_tests; gc.collect(); print(d.operation_id())"
    environment = os.environ | {"DRILL_MUTANT": "operation-ids-ignored"}
    ran = subprocess.run(
        [sys.executable, "-c", told], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.stdout.strip() == "None", ran.stderr


@pytest.mark.parametrize(("faults", "held"), [(0, True), (1, False)])
def test_a_fault_that_was_counted_is_a_failure(faults: int, held: bool) -> None:
    row = row_of(lambda _site: {"faults": faults})
    assert command.has_held(row, in_ci=False) is held
    assert ("held" if held else "FAILED") in command.line(row, in_ci=False)


def test_a_drill_that_could_not_go_its_way_has_not_held_and_catches_nothing() -> None:
    row = row_of(lambda _site: 1 / 0)
    assert not command.has_held(row, in_ci=False)
    assert not command.is_caught(row | {"mutant": "any"})
    assert "ZeroDivisionError" in command.line(row, in_ci=False)


def test_a_missing_program_is_a_named_skip_at_home_and_a_failure_in_ci() -> None:
    row = row_of(lambda _site: {"faults": 0}, needs="no-such-program")
    assert command.has_held(row, in_ci=False)
    assert "skipped because no-such-program is not installed" in command.line(row, in_ci=False)
    assert not command.has_held(row, in_ci=True)
    assert command.has_held(row_of(lambda _site: {"faults": 0}, only="postgres"), in_ci=True)


@pytest.mark.parametrize(("times", "held"), [(1, True), (2, False)])
def test_what_did_not_hold_is_done_once_more_and_no_more_often(times: int, held: bool) -> None:
    faults = [1.0] * times

    def run(_: object) -> dict[str, float]:
        return {"faults": faults.pop() if faults else 0}

    drills = [Drill(NO_FAULTS, run, ())]
    (row,) = command.each(drills, NoSite(), mutants=False, again=True)  # type: ignore[arg-type]
    assert command.has_held(row, in_ci=True) is held
    assert "the time before: faults 1" in command.line(row, in_ci=True)
    assert faults == []


def test_only_a_finished_sync_since_the_answer_before_counts() -> None:
    answer, late = 'sendto(9, "HTTP/1.1 200 OK"..., 120', "fdatasync(7 <unfinished ...>"
    lines = ["fdatasync(7)     = 0", answer, answer, late, answer, "<... fdatasync resumed>) = 0", answer]
    assert synced_first(lines) == (4, 2)
    assert synced_first(["fsync(5) = -1 EIO", 'writev(9, [{"HTTP/1.1 303 SEE']) == (1, 0)
    assert synced_first(['sendto(9, "HTTP/1.1 409 CONFLICT"', "<... fdatasync resumed>)            = 0", answer]) == (
        1,
        1,
    )
