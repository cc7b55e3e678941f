"""R07, R08, R09, R11, R13, R18 and S03: tests of the suite that show them, called by name."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence

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
CYCLES, PACKS, YEARS = "tests/stars/test_cycles.py::", "tests/themedays/test_packs.py::", "tests/hours/test_years.py::"
PERIODS = (
    f"{CYCLES}test_running_twice_opens_one",
    f"{CYCLES}test_two_nodes_at_once_open_one",
    f"{CYCLES}test_three_missed_months_are_made_up_for_with_the_rows_of_a_scheduler_that_never_stopped",
    f"{CYCLES}test_killed_midway_the_rest_is_opened_by_the_next_run",
    f"{CYCLES}test_a_clock_set_back_opens_nothing_again",
    f"{CYCLES}test_the_quarter_ends_at_midnight_in_shanghai_wherever_the_host_stands",
    f"{CYCLES}test_measuring_killed_midway_and_run_again_gives_what_it_gives_uninterrupted",
    f"{PACKS}test_two_nodes_at_once_reach_each_branch_once",
    f"{PACKS}test_a_push_that_was_cut_off_goes_on_where_it_stopped",
    f"{PACKS}test_missed_months_are_published_and_pushed_in_one_run_but_nobody_is_told_of_what_is_over",
    f"{PACKS}test_the_day_of_publication_begins_at_midnight_in_shanghai",
    f"{YEARS}test_closing_twice_on_two_nodes_or_after_a_crash_writes_the_same_rows",
    f"{YEARS}test_years_that_were_missed_are_closed_in_order_and_what_was_carried_is_not_carried_again",
)
STUDY = "tests/courses/test_study_rules.py::"
LIVES = (
    f"{STUDY}test_r08_a_wild_life_is_credited_at_most_the_wall_clock_in_whatever_order",
    f"{STUDY}test_r08_a_life_with_repeats_is_credited_at_most_double_the_wall_clock",
    f"{STUDY}test_r08_an_honest_life_is_credited_exactly_what_was_played",
    "tests/courses/test_study_services.py::test_r08_what_is_stored_step_by_step_equals_the_recount",
)
BOARDS = "tests/leaderboard/test_histories.py::"
HISTORIES = (
    f"{BOARDS}test_two_hundred_random_histories",
    f"{BOARDS}test_a_thousand_people_with_regrades_give_the_same_board_from_scratch",
)
AUDIT = "tests/audit/test_services.py::"
CHAIN = tuple(
    f"{AUDIT}test_r18_{rest}"
    for rest in (
        "a_whole_chain_verifies_and_says_how_much_was_compared",
        "a_changed_record_is_named_whatever_was_changed",
        "a_deleted_record_is_named",
        "a_log_cut_at_its_end_is_told_with_what_is_left",
        "a_log_that_was_emptied_is_told",
        "of_two_records_that_change_places_the_first_is_named",
        "a_record_added_behind_the_head_is_named",
        "a_hundred_thousand_records_are_verified_within_ten_seconds",
    )
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


def named(names: Sequence[str], *, long: Sequence[str] = ()) -> Callable[[Site], dict[str, float]]:
    """`long`: those of the long form besides."""
    return lambda site: tests((*names, *long) if site.is_long else names, site)


def _row(name: str, title: str, least: int) -> Row:
    return Row(name, title, (Figure("failed", "tests", 0, 0), Figure("passed", "tests", least, at_least=True)))


BROWSER = (
    "chromium" if shutil.which("chromium") else "chromium-browser" if shutil.which("chromium-browser") else "chromium"
)
DRILLS = [
    Drill(_row("R07", "jobs of months and years", len(PERIODS)), named(PERIODS), ("months-of-another-zone",)),
    Drill(
        _row("R08", "random lives of study", len(LIVES)),
        named(LIVES, long=(f"{STUDY}test_r08_ten_thousand_lives",)),
        ("study-without-a-wall-clock",),
    ),
    Drill(_row("R09", "random histories of a contest", len(HISTORIES)), named(HISTORIES), ("boards-forget-changes",)),
    Drill(_row("R18", "the chain of the audit log", len(CHAIN)), named(CHAIN), ("details-outside-the-chain",)),
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
