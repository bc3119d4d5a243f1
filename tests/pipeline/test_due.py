"""Promises broken in silence: what the clock says is a fact, and keeps the laws that facts keep."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.advance import Picture, picture, row_of
from pipeline.due import open_until, time_came
from pipeline.findings import Record
from pipeline.journey.promises import OPEN
from pipeline.raised import DEADLINE, passed_by
from pipeline.touchpoint import Entry
from tests.pipeline.moving_truth import (
    Events,
    assert_readers_hold_the_truth,
    assert_timelines_are_true,
    assert_versions_are_lawful,
)
from tests.pipeline.test_advance import Worker, assert_versions_lawful, body_of
from tests.pipeline.test_moves import ACTIONS, Script, events, played
from tests.pipeline.touchpoints import POLICY, at, call, chat, email, retold, runs, worlds

DUE = at(hours=4)
STEP = timedelta(milliseconds=1)
END = datetime(2100, 1, 1, tzinfo=UTC)
LATER = chat("later", at(hours=9), "s9")


def promise(name: str = "1", due: datetime = DUE) -> Entry:
    """Return a call of ten minutes at noon in which somebody promised to come back."""
    return call(name, at(), lasts=timedelta(minutes=10), promised_by=due)


@dataclass
class WithClock(Worker):
    """A worker that also has a clock, as `agents.deadlines` reads it."""

    @property
    def known(self) -> Picture:
        """What it knows: from memory, else from what is stored."""
        return self.hot or picture(self.rows.values(), POLICY, over=passed_by(self.raised.values()))

    def hear(self, chunk: Sequence[Entry], *, dies: bool = False):  # type: ignore[no-untyped-def] # noqa: ANN201 -- as there
        """Advance by a chunk."""
        self.hot = self.known
        return super().hear(chunk, dies=dies)

    def look(self, now: datetime, *, dies: bool = False) -> list[datetime]:
        """Say the times of open promises that are before `now`; return them."""
        over = [due for due in open_until(self.known) if due < now]
        if over:
            self.told(over, dies=dies)
        return over

    def told(self, over: Sequence[datetime], *, dies: bool = False) -> None:
        """Hear that times are over; one that dies has stored it, and published nothing."""
        after = time_came(self.known, self.raised, over, POLICY)
        self.raised.update({one.output_id: one for one in after.raised})
        self.hot = None if dies else after.picture
        if not dies:
            self.published += [*after.alerts, *after.flags, *after.signals]


def bodies(entries: Iterable[Entry], now: datetime) -> dict[str, object]:
    """Return what one look at everything says at a time of the clock, without versions."""
    rows = {row_of(entry): entry for entry in entries}.values()
    return {name: one.body for name, one in picture(rows, POLICY, over=now - STEP).findings.items()}


def last(worker: Worker) -> Record:
    """Return what was published last."""
    return worker.published[-1]


# --- laws

WORLDS = worlds(6).flatmap(retold)
SCRIPTS = st.lists(
    st.tuples(st.sampled_from((*ACTIONS, "look", "look")), st.integers(0, 9), st.integers(0, 9)), max_size=25
)
MOMENTS = st.integers(-1, 60).map(lambda days: at(days=days))


@given(WORLDS.flatmap(lambda world: st.tuples(st.just(world), runs(world))), st.data())
def test_with_a_clock_the_end_is_one_look_at_everything(
    heard: tuple[list[Entry], list[list[Entry]]], data: st.DataObject
) -> None:
    """Wherever the clock is looked at, and whoever dies: what stands is what a look at the end says, of a lawful
    version: the one of all touchpoints and of the times that were told.
    """
    world, chunks = heard
    worker, redo = WithClock(), list[datetime]()
    for chunk in chunks:
        worker.hear(chunk)
        if data.draw(st.booleans()):
            dies = data.draw(st.booleans())
            redo = worker.look(data.draw(MOMENTS), dies=dies)
            if dies and redo:
                worker.told(redo)  # nothing was committed, so it comes again
    worker.look(END)
    assert {name: body for name, (_, body) in worker.read().items()} == bodies(world, END)
    rows = {row_of(entry): entry for entry in world}.values()
    whole = picture(rows, POLICY, over=passed_by(worker.raised.values())).findings
    assert worker.read() == {name: (one.version, one.body) for name, one in whole.items()}
    assert_versions_lawful(worker.published)


@given(worlds(6), MOMENTS)
def test_before_the_clock_is_asked_no_open_promise_is_broken_and_after_it_none_is_open(
    world: list[Entry], now: datetime
) -> None:
    """It changes promises that are due, and nothing else."""
    worker = WithClock()
    worker.hear(world)
    before = {name: one.body for name, one in worker.known.findings.items()}
    over = worker.look(now)
    for name, one in worker.known.findings.items():
        if before[name] != one.body:
            assert before[name]["state"] == OPEN
            assert one.due in over
        assert one.body.get("state") != OPEN or cast("datetime", one.due) >= now


@given(worlds(6))
def test_a_time_that_is_told_again_says_the_same_again(world: list[Entry]) -> None:
    """Two workers of which one should be dead, or one that could not commit: ids, versions and words are the same."""
    worker = WithClock()
    worker.hear(world)
    over = worker.look(END)
    kept, said = dict(worker.raised), [r for r in worker.published if r["reason"] == "time_passed"]
    if over:
        worker.told(over)
        again = worker.published[-len(said) :]
        assert [(r["version"], body_of(r)) for r in again] == [(r["version"], body_of(r)) for r in said]
    assert worker.raised == kept
    assert worker.look(END) == []


@given(events(), SCRIPTS, st.integers(0, 10**6))
@settings(max_examples=100, deadline=None)
def test_however_customers_merge_and_split_a_time_that_is_over_is_over(told: Events, script: Script, seed: int) -> None:
    """With a clock that anybody looks at at any time: readers end with what one picture at the end of time says."""
    company = played(told, script, seed)
    while company.look_at_the_clock():
        company.settle()
    assert_readers_hold_the_truth(company, told, over=at(days=10**4))
    assert_versions_are_lawful(company)
    assert_timelines_are_true(company, told)


# --- examples


@pytest.mark.parametrize(
    ("now", "states"),
    [(DUE - STEP, [OPEN]), (DUE, [OPEN]), (DUE + STEP, [OPEN, "broken"])],
)
def test_it_is_broken_as_soon_as_the_time_is_over(now: datetime, states: list[str]) -> None:
    """Just before and exactly at the time somebody may still come back."""
    worker = WithClock()
    worker.hear([promise()])
    worker.look(now)
    assert [r["state"] for r in worker.published] == states


def test_it_says_why_and_how_long_it_is_news() -> None:
    """One version more, a day to act from when it was due, and the time as the reason."""
    worker = WithClock()
    worker.hear([promise()])
    worker.look(END)
    said = last(worker)
    assert (said["kind"], said["version"], said["status"], said["reason"]) == (
        "promise_broken", 2, "updated", "time_passed",
    )  # fmt: skip
    assert (said["due_at"], said["deliver_before"]) == (DUE, DUE + timedelta(hours=24))
    assert said["why"] == "Promised to come back by 2026-03-02 16:00 (UTC), and did not."


def test_a_call_back_in_time_that_is_heard_late_shows_that_it_was_kept() -> None:
    """Also by a worker that started anew in between and remembers nothing but what is stored."""
    worker = WithClock()
    worker.hear([promise()])
    worker.look(END)
    worker.hot = None
    worker.hear([call("2", at(hours=3), direction="outbound")])
    said = last(worker)
    assert (said["kind"], said["state"], said["version"], said["status"], said["reason"]) == (
        "promise", "kept", 3, "updated", "late_touchpoint",
    )  # fmt: skip
    assert worker.look(END) == []


def test_a_call_back_after_the_time_says_nothing_new() -> None:
    """It was broken, and stays so, under the same version: nobody is told twice."""
    worker = WithClock()
    worker.hear([promise()])
    worker.look(END)
    worker.hear([call("2", at(hours=5), direction="outbound")])
    assert [r["state"] for r in worker.published if r.get("state")] == [OPEN, "broken"]
    worker.hot = None
    assert worker.look(END) == []


def test_something_late_that_keeps_nothing_raises_the_version_and_leaves_it_broken() -> None:
    """A newsletter's worth of news from before the time: broken, never open again."""
    worker = WithClock()
    worker.hear([promise()])
    worker.look(END)
    worker.hear([chat("c", at(hours=1), "s")])
    states = [(r["state"], r["version"]) for r in worker.published if r.get("state")]
    assert states == [(OPEN, 1), ("broken", 2), ("broken", 3)]


def test_of_two_promises_the_later_one_stays_open() -> None:
    """Only what is over is said."""
    worker = WithClock()
    worker.hear([promise(), promise("2", at(days=2))])
    worker.look(at(days=1))
    states = {r["due_at"]: r["state"] for r in worker.published if r.get("state")}
    assert states == {DUE: "broken", at(days=2): OPEN}


def test_a_promise_that_is_made_again_for_later_is_open_again() -> None:
    """The telling that counts has another time: the fact of the first one is over says nothing of the second."""
    worker = WithClock()
    worker.hear([promise()])
    worker.look(DUE + STEP)
    worker.hear([promise(due=at(days=2))])
    assert last(worker)["state"] == OPEN
    assert_versions_lawful(worker.published)
    assert worker.look(END) == [at(days=2)]
    assert last(worker)["state"] == "broken"


def test_a_time_that_nobody_promised_is_nothing() -> None:
    """What was erased, or belongs to another, stays so: nothing is kept and nothing is said."""
    for known in (picture((), POLICY), picture([chat("c", at(), "s")], POLICY)):
        after = time_came(known, {}, [DUE], POLICY)
        assert (after.raised, after.signals, after.timeline) == ((), (), {})


def test_whoever_calls_before_is_answered_as_ever() -> None:
    """Kept is kept: the clock has nothing to say of it."""
    worker = WithClock()
    worker.hear([promise()])
    worker.hear([email("m", at(hours=2), direction="outbound")])
    assert worker.look(END) == []
    assert not [one for one in worker.raised.values() if one.kind == DEADLINE]
