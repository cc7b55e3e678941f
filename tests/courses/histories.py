"""Random lives of one person with two devices and two lessons, as the server meets them: a tiny simulated world whose
devices play, pause, seek, speed, sleep, lose the network, repeat, reorder and forge. Honest worlds keep to the rules."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from lms.courses import study_rules as rules

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
LENGTH = 600_000


@dataclass
class Seen:
    """A viewing in the server's books."""

    lesson: int
    opened_at: datetime
    closed_at: datetime | None = None
    speed_percent: int = 100
    pulses: list[rules.Pulse] = field(default_factory=list)

    def terms(self) -> rules.Terms:
        return rules.Terms(self.opened_at, self.closed_at, self.speed_percent, may_jump=self.speed_percent > 100)

    def last_at(self) -> datetime:
        return max([self.opened_at, *(p.received_at for p in self.pulses if self.is_before_end(p.received_at))])

    def is_before_end(self, at: datetime) -> bool:
        end = rules.end_of(self.terms(), [p.received_at for p in self.pulses])
        return end is None or at < end


@dataclass
class Device:
    viewing: Seen | None = None
    position: int = 0
    sequence: int = 0
    is_online: bool = True
    queue: list[rules.Pulse] = field(default_factory=list)


@dataclass
class World:
    now: datetime = START
    viewings: list[Seen] = field(default_factory=list)
    devices: tuple[Device, Device] = field(default_factory=lambda: (Device(), Device()))
    played: dict[int, list[rules.Span]] = field(default_factory=lambda: {0: [], 1: []})

    def open(self, device: int, lesson: int, speed: int = 100) -> None:
        for old in self.viewings:
            if old.closed_at is None:
                old.closed_at = min(self.now, old.last_at() + rules.IDLE_END)
        seen = Seen(lesson, self.now, speed_percent=speed)
        self.viewings.append(seen)
        self.devices[device].viewing = seen
        self.devices[device].sequence = 0
        self.devices[device].queue.clear()

    def beat(self, device: int, start: int, end: int, speed: int = 100) -> None:
        it = self.devices[device]
        if it.viewing is None:
            return
        it.sequence += 1
        it.queue.append(rules.Pulse(it.sequence, start, end, self.now, speed))
        if it.is_online:
            self.flush(device)

    def flush(self, device: int, backwards: bool = False) -> None:
        it = self.devices[device]
        if it.viewing is None:
            return
        for pulse in reversed(it.queue) if backwards else it.queue:
            self.now += timedelta(milliseconds=3)
            it.viewing.pulses.append(
                rules.Pulse(pulse.sequence, pulse.from_millis, pulse.to_millis, self.now, pulse.speed_percent)
            )
        it.queue.clear()

    def play(self, devices: Sequence[int], seconds: int, speed: int = 100) -> None:
        """The devices play at the same time, a beat every 15 s and one when they stop."""
        while seconds > 0:
            lap = min(15, seconds)
            seconds -= lap
            self.now += timedelta(seconds=lap)
            for number in devices:
                it = self.devices[number]
                end = min(LENGTH, it.position + lap * 10 * speed)
                if it.viewing is not None and it.position < end:
                    self.played[it.viewing.lesson].append((it.position, end))
                    self.beat(number, it.position, end, speed)
                it.position = end

    def do(self, action: tuple[Any, ...]) -> None:
        verb, *values = action
        getattr(self, f"_{verb}")(*values)

    def _open(self, device: int, lesson: int) -> None:
        self.open(device, lesson)
        self.devices[device].position = 0

    def _repeat(self, device: int, lesson: int) -> None:
        self.open(device, lesson, speed=200)

    def _play(self, device: int, seconds: int, speed: int) -> None:
        self.play([device], seconds, speed)

    def _both(self, seconds: int) -> None:
        self.play([0, 1], seconds)

    def _sleep(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    def _seek(self, device: int, millis: int) -> None:
        self.devices[device].position = millis

    def _offline(self, device: int) -> None:
        self.devices[device].is_online = False

    def _online(self, device: int, backwards: bool) -> None:
        self.devices[device].is_online = True
        self.flush(device, backwards)

    def _forge(self, device: int, start: int, length: int) -> None:
        self.beat(device, start, start + length)

    def _replay(self, device: int) -> None:
        for old in [p for seen in self.viewings for p in seen.pulses][-40:]:
            self.beat(device, old.from_millis, old.to_millis)

    def _again(self, device: int, start: int) -> None:
        """The same sequences once more, with other content."""
        seen = self.devices[device].viewing
        for old in list(seen.pulses) if seen else []:
            self.now += timedelta(milliseconds=3)
            seen.pulses.append(rules.Pulse(old.sequence, start, start + 15_000, self.now))

    def of(self, lesson: int) -> list[tuple[rules.Terms, list[rules.Pulse]]]:
        return [(seen.terms(), list(seen.pulses)) for seen in self.viewings if seen.lesson == lesson]

    def wall_millis(self) -> int:
        return (self.now - START) // timedelta(milliseconds=1)


device = st.integers(0, 1)
lesson = st.integers(0, 1)
seconds = st.integers(1, 200)
millis = st.integers(0, LENGTH)
wild = st.one_of(
    st.tuples(st.just("open"), device, lesson),
    st.tuples(st.just("play"), device, seconds, st.sampled_from([100, 100, 100, 150, 200])),
    st.tuples(st.just("both"), seconds),
    st.tuples(st.just("sleep"), st.sampled_from([1, 5, 60, 600, 1300, 5000, 90_000])),
    st.tuples(st.just("seek"), device, millis),
    st.tuples(st.just("offline"), device),
    st.tuples(st.just("online"), device, st.booleans()),
    st.tuples(st.just("forge"), device, millis, st.sampled_from([1, 500, 15_000, LENGTH, 10**9])),
    st.tuples(st.just("replay"), device),
    st.tuples(st.just("again"), device, millis),
)
wild_lives = st.lists(wild, min_size=1, max_size=25)
repeat = st.tuples(st.just("repeat"), device, lesson)
repeat_lives = st.lists(st.one_of(wild, repeat), min_size=1, max_size=25)


def live(actions: list[tuple[Any, ...]]) -> World:
    world = World()
    world.open(0, 0)
    for action in actions:
        world.do(action)
    return world


@st.composite
def honest_lives(draw: st.DrawFn) -> World:
    """One device, the first time: plays at 1.0, pauses, goes back, loses the network for some minutes, reopens."""
    world = World()
    world.open(0, 0)
    it = world.devices[0]
    offline = 0
    for verb in draw(st.lists(st.sampled_from(["play", "pause", "back", "offline", "online", "reopen"]), max_size=25)):
        furthest = max([end for _, end in world.played[0]], default=0)
        if verb == "play":
            lap = draw(st.integers(1, 120))
            offline = offline + lap if not it.is_online else 0
            if offline > 900:
                world.do(("online", 0, False))
                offline = 0
            world.play([0], lap)
        elif verb == "pause":
            world.now += timedelta(seconds=draw(st.integers(1, 60)))
        elif verb == "back":
            it.position = draw(st.integers(0, furthest))
        elif verb == "offline" and it.is_online:
            it.is_online = False
            offline = 0
        elif verb == "online":
            world.do(("online", 0, draw(st.booleans())))
        elif verb == "reopen":
            world.do(("online", 0, False))
            world.open(0, 0)
    world.do(("online", 0, False))
    return world
