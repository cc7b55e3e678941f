import contextlib
import threading

from lms.leaderboard.live import KEPT_VALUES, Fresh


class Hands:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def test_a_value_is_read_once_while_it_is_fresh_and_again_when_it_is_not():
    hands, reads = Hands(), iter(range(10))
    fresh = Fresh(0.5, hands)
    assert [fresh.get("a", lambda: next(reads)) for _ in range(3)] == [0, 0, 0]
    hands.at = 0.5
    assert fresh.get("a", lambda: next(reads)) == 0
    hands.at = 0.6
    assert fresh.get("a", lambda: next(reads)) == 1


def test_keys_do_not_share_values():
    fresh = Fresh(0.5, Hands())
    assert (fresh.get("a", lambda: 1), fresh.get("b", lambda: 2), fresh.get("a", lambda: 3)) == (1, 2, 1)


def test_while_one_reads_the_others_take_the_old_value():
    hands, fresh = Hands(), None
    fresh = Fresh(0.5, hands)
    fresh.get("a", lambda: "old")
    hands.at = 1.0
    reading, go_on = threading.Event(), threading.Event()

    def slow() -> str:
        reading.set()
        go_on.wait(5)
        return "new"

    reader = threading.Thread(target=fresh.get, args=("a", slow))
    reader.start()
    reading.wait(5)
    assert fresh.get("a", lambda: "never") == "old"
    go_on.set()
    reader.join()
    assert fresh.get("a", lambda: "never") == "new"


def test_the_first_asker_reads_and_the_others_wait_for_it():
    fresh, read = Fresh(0.5), []

    def slow() -> int:
        read.append(1)
        threading.Event().wait(0.05)
        return 7

    found: list[int] = []
    askers = [threading.Thread(target=lambda: found.append(fresh.get("a", slow))) for _ in range(8)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert found == [7] * 8
    assert len(read) == 1


def test_a_failed_reading_leaves_the_old_value_and_the_turn_free():
    hands = Hands()
    fresh = Fresh(0.5, hands)
    fresh.get("a", lambda: "old")
    hands.at = 1.0

    def broken() -> str:
        raise OSError

    with contextlib.suppress(OSError):
        fresh.get("a", broken)
    assert fresh.get("a", lambda: "new") == "new"


def test_memory_is_bounded():
    fresh = Fresh(0.5)
    for n in range(KEPT_VALUES * 2):
        fresh.get(str(n), lambda: 1)
    assert len(fresh._slots) == KEPT_VALUES
