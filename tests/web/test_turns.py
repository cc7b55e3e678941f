"""Pages are made in turns, and nothing else waits (lms/web/turns.py)."""

import threading
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from lms.web.turns import Environ, Turns

PATIENT, IMPATIENT = 5.0, 0.05


class Slow:
    """An application that stays where it is until it may go on, and knows how many are in it."""

    def __init__(self) -> None:
        self.may_go, self.came = threading.Event(), threading.Semaphore(0)
        self.inside = self.most = 0
        self._count = threading.Lock()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        with self._count:
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.came.release()
        assert self.may_go.wait(10)
        with self._count:
            self.inside -= 1
        return [b"page"]


def asked(turns: Turns, *methods: str) -> list[threading.Thread]:
    threads = [threading.Thread(target=turns, args=({"REQUEST_METHOD": method}, None)) for method in methods]
    for thread in threads:
        thread.start()
    return threads


@pytest.mark.parametrize("together", [1, 2])
def test_only_so_many_pages_are_made_at_once_and_all_of_them_are_made(together: int) -> None:
    slow = Slow()
    threads = asked(Turns(slow, together=together, patience_seconds=PATIENT), *["GET", "HEAD"] * 4)
    for _ in range(together):
        assert slow.came.acquire(timeout=5)
    assert not slow.came.acquire(timeout=0.1)
    slow.may_go.set()
    for thread in threads:
        thread.join(10)
    assert slow.most == together
    assert slow.inside == 0


def test_what_somebody_sends_does_not_wait_for_pages() -> None:
    slow = Slow()
    threads = asked(Turns(slow, together=1, patience_seconds=PATIENT), "GET", "POST", "PUT", "DELETE")
    for _ in threads:
        assert slow.came.acquire(timeout=2)
    slow.may_go.set()


def test_a_page_that_stands_still_does_not_keep_the_others_for_long() -> None:
    slow = Slow()
    threads = asked(Turns(slow, together=1, patience_seconds=IMPATIENT), "GET", "GET", "GET")
    for _ in threads:
        assert slow.came.acquire(timeout=2)
    slow.may_go.set()


def test_a_page_that_fails_gives_its_turn_back() -> None:
    def broken(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        raise RuntimeError

    turns = Turns(broken, together=1, patience_seconds=0)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            turns({"REQUEST_METHOD": "GET"}, None)  # type: ignore[arg-type]
    assert turns._free.acquire(blocking=False)
