"""R11, R13 and S03: tests of the suite that show them, called by name."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial

from bench.figures import Figure, Row
from bench.server import ROOT
from drill.site import Drill, Site

EXAM, DEVICE = "tests/browser/test_exam.py::", "tests/browser/test_exam_device.py::"
OFFLINE = (
    f"{EXAM}test_thirty_answers_offline_survive_a_reload_and_arrive_once",
    f"{EXAM}test_an_old_unsaved_choice_never_overwrites_a_newer_one",
    f"{DEVICE}test_what_is_not_saved_is_called_so_within_five_seconds_while_the_server_only_hangs",
    f"{DEVICE}test_thirty_answers_in_ten_minutes_offline_outlive_a_killed_browser_and_arrive_once",
    f"{DEVICE}test_answers_that_were_still_on_the_device_when_time_ran_out_are_stored_as_late_and_shown",
)
CLOCK = (f"{EXAM}test_a_device_clock_off_by_a_day_changes_nothing",)
ISOLATION, PRACTICE = "tests/journeys/test_isolation.py::", "tests/quizzes/test_practice.py::"
WORDS = "tests/journeys/test_canaries.py::"
CANARIES = (
    f"{WORDS}test_no_candidate_meets_a_canary_before_its_release_and_its_candidate_does_after",
    f"{WORDS}test_markers_and_keepers_meet_what_is_theirs_and_candidates_what_an_appeal_says_only_after_it",
    f"{ISOLATION}test_keys_and_explanations_are_seen_by_nobody_before_release_and_by_their_candidate_after",
    f"{ISOLATION}test_the_description_of_the_interface_speaks_of_keys_to_their_keepers_only",
    f"{PRACTICE}test_no_byte_before_the_answer_is_stored_holds_a_key_and_after_it_all_do",
)
_COUNTED = re.compile(r"(\d+) (passed|failed|error|skipped)")


def tests(names: Sequence[str], site: Site) -> dict[str, float]:
    """How many of the named tests failed and passed, each once in a process of their own."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-n",
        "0",
        "-p",
        "drill.inside_tests",
        "-p",
        "no:cacheprovider",
        *names,
    ]
    kept = {k: v for k, v in os.environ.items() if k != "LMS_TEST_POSTGRES"}
    environment = kept | {"DRILL_MUTANT": site.mutant}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    counts = dict.fromkeys(("passed", "failed", "error", "skipped"), 0)
    counts |= {word: int(count) for count, word in _COUNTED.findall(ended.stdout[-500:])}
    if not sum(counts.values()):
        raise RuntimeError(f"no test ran: {ended.stdout[-300:]}{ended.stderr[-300:]}")
    return {"failed": counts["failed"] + counts["error"] + counts["skipped"], "passed": counts["passed"]}


def named(names: Sequence[str]) -> Callable[[Site], dict[str, float]]:
    return partial(tests, names)


def _row(name: str, title: str, least: int) -> Row:
    return Row(name, title, (Figure("failed", "tests", 0, 0), Figure("passed", "tests", least, at_least=True)))


BROWSER = (
    "chromium" if shutil.which("chromium") else "chromium-browser" if shutil.which("chromium-browser") else "chromium"
)
DRILLS = [
    Drill(
        _row("R11", "offline, reload, killed browser", len(OFFLINE)),
        named(OFFLINE),
        ("kept-in-memory-only",),
        needs=BROWSER,
    ),
    Drill(_row("R13", "a device clock off by a day", 2), named(CLOCK), ("device-clock-rules",), needs=BROWSER),
    Drill(
        _row("S03", "canaries in keys, explanations and notes", len(CANARIES)),
        named(CANARIES),
        ("all-parts-visible", "explanation-in-the-interface"),
    ),
]
