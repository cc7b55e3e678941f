"""Values read often and allowed to be a moment old: one reader renews, the others take what is there."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")
KEPT_VALUES = 200
PATIENCE = 3.0  # a value this many times older than allowed is waited for


@dataclass
class _Slot(Generic[T]):
    value: T | None = None
    read_at: float = float("-inf")
    turn: threading.Lock = field(default_factory=threading.Lock)


class Fresh(Generic[T]):
    """`get` gives a value at most `age_seconds` old, but for the time one renewal takes; of many askers one reads."""

    def __init__(self, age_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._age = age_seconds
        self._clock = clock
        self._slots: OrderedDict[str, _Slot[T]] = OrderedDict()
        self._mutex = threading.Lock()

    def get(self, key: str, read: Callable[[], T]) -> T:
        slot = self._slot(key)
        age = self._clock() - slot.read_at
        if age > self._age and slot.turn.acquire(blocking=age > PATIENCE * self._age):
            try:
                if self._clock() - slot.read_at > self._age:
                    began = self._clock()
                    slot.value = read()
                    slot.read_at = began
            finally:
                slot.turn.release()
        return slot.value  # type: ignore[return-value]

    def _slot(self, key: str) -> _Slot[T]:
        with self._mutex:
            slot = self._slots.setdefault(key, _Slot())
            self._slots.move_to_end(key)
            if len(self._slots) > KEPT_VALUES:
                self._slots.popitem(last=False)
            return slot
