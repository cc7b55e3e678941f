"""Reads take turns, and nobody waits long for a slow one."""

import threading
import time

from lms.people import short_way


def test_so_many_at_a_time_and_the_next_one_waits(monkeypatch):
    monkeypatch.setattr(short_way, "PATIENCE_SECONDS", 20.0)
    gate, inside, most = short_way._gate(2), [], []

    def read():
        with gate:
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.02)
            inside.pop()

    threads = [threading.Thread(target=read) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(20)
    assert (len(most), max(most)) == (8, 2)


def test_who_has_waited_long_enough_goes_on_and_leaves_no_turn_too_many(monkeypatch):
    monkeypatch.setattr(short_way, "PATIENCE_SECONDS", 0.02)
    gate = short_way._gate(1)
    with gate:
        passed = []
        other = threading.Thread(target=lambda: passed.append(gate.__enter__() or gate.__exit__()))
        other.start()
        other.join(20)
        assert passed == [None]
    assert gate._free._value == 1


def test_a_database_server_has_no_turns():
    gate = short_way._gate(None)
    with gate, gate:
        pass
