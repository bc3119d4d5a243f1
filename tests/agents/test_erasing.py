"""The timelines agent's half of an erasure: retracted, ended, then deleted; and the same again when it comes again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from agents.app import erasing
from agents.exact.chunks import Chunk
from pipeline.advance import EPOCH, Move, Raised
from pipeline.kin import customer_named_by
from pipeline.moved import move_record
from pipeline.touchpoint import Entry, Identifier
from tests.agents.exact.fakes import FakeRecord
from tests.agents.harness import INSTALLATION, Bench, bench, decoded, touchpoint_of
from tests.pipeline.touchpoints import at, review

ALERTS, TIMELINES, CHANGES, MOVES = (
    f"voc.{name}" for name in ("detractor-alerts", "timelines", "identity-changes", "moves")
)
ANNA, BEN = Identifier("email", "anna@example.com"), Identifier("email", "ben@example.org")


def angry(event: str, who: Identifier = ANNA, epoch: int = 0) -> Entry:
    """Return a review with one star, at its writer's home."""
    home = customer_named_by(who)
    return replace(review(event, at(), 1), customer_id=home, named_by=who, identifiers=(who,), epoch=epoch, answers=())


def erased(who: Identifier, epoch: int) -> bytes:
    """Return the resolver's word that a person was erased, to the home of an identifier."""
    change: dict[str, Any] = {
        "customer_id": customer_named_by(who),
        "epoch": epoch,
        "outcome": "erased",
        "reason": "operator",
        "customers": [],
        "answers": [],
        "caused_by": "erase",
        "links": [],
        "occurred_at": at(days=9),
        "by": "operator-7",
        "why": "she asked for it",
    }
    return INSTALLATION.book.encode("identity-change", change)


async def take(here: Bench, topic: str, *values: bytes, whose: Sequence[Identifier] = ()) -> None:
    """Take a chunk of these records; of moved rows it is asked whose they are, for that is their key."""
    here.world.committed_offset = 0
    keys: list[bytes | None] = [customer_named_by(one).encode() for one in whose]
    records = [
        FakeRecord(topic, 0, offset, key=key, value=value)
        for offset, (key, value) in enumerate(zip(keys or [None] * len(values), values, strict=True))
    ]
    assert await here.loop.take(Chunk(topic, 0, list(records)), erasing(INSTALLATION, here.agent))


def rows_of(here: Bench, who: Identifier) -> list[bytes]:
    """Return all keys of the state at an identifier's home, but for the mark."""
    prefix = customer_named_by(who).encode() + b"\0"
    keys = [key for rows in here.rows.values() for key, _ in rows.scan(0, prefix)]
    return [key for key in keys if not key.startswith(prefix + b"erased\0")]


def last(here: Bench, topic: str, who: Identifier) -> Any:  # noqa: ANN401 -- a record, or None
    """Return what a reader has of an identifier's home: the last record of its key, decoded."""
    key, found = customer_named_by(who).encode(), None
    for (name, _), log in here.producer.logs.items():
        for each, value, _ in log if name == topic else ():
            found = value if each == key else found
    return None if found is None else decoded(topic, found)


async def test_retracted_then_ended_then_deleted() -> None:
    """Outputs are acknowledged before the first row goes; another customer's rows and alert stay."""
    here = await bench()
    await here.take([touchpoint_of(angry("r1")), touchpoint_of(angry("r2", BEN))])
    before = len(here.producer.batches)
    await take(here, CHANGES, erased(ANNA, 5))
    topics = [topic for topic, _, _ in here.producer.batches[before:]]
    outputs = [index for index, topic in enumerate(topics) if not topic.startswith("voc.state.")]
    assert {topics[index] for index in outputs} == {ALERTS, TIMELINES}
    assert max(outputs) < min(set(range(len(topics))) - set(outputs))
    alert = last(here, ALERTS, ANNA)
    assert (alert["status"], alert["reason"], alert["named_by"]["value"]) == ("retracted", "erased", "")
    assert last(here, TIMELINES, ANNA) is None
    assert rows_of(here, ANNA) == []
    assert len(rows_of(here, BEN)) == 2
    assert last(here, ALERTS, BEN)["status"] == "raised"


async def test_an_interrupted_erasure_says_all_of_it_again() -> None:
    """All was said and nothing deleted when the worker died: the rows are there, and the retraction is the same."""
    here = await bench()
    await here.take([touchpoint_of(angry("r1"))])
    kept = {name: dict(rows.rows.get(0, {})) for name, rows in here.rows.items()}
    await take(here, CHANGES, erased(ANNA, 5))
    once = last(here, ALERTS, ANNA)
    again = await bench(rows=here.rows)
    for name, rows in kept.items():
        for key, value in rows.items():
            again.rows[name].write(0, [(key, value)])
    await take(again, CHANGES, erased(ANNA, 5))
    assert last(again, ALERTS, ANNA)["alert_id"] == once["alert_id"]
    assert last(again, ALERTS, ANNA)["version"] >= once["version"]
    assert rows_of(again, ANNA) == []


async def test_an_erasure_in_the_middle_of_a_chunk_is_done_in_its_order() -> None:
    """What is told after it is kept; hot memory and store agree."""
    here = await bench()
    await here.take([touchpoint_of(angry("r1")), touchpoint_of(angry("r2", BEN))])
    await take(here, CHANGES, erased(ANNA, 5), erased(BEN, 6), erased(ANNA, 7))
    assert rows_of(here, ANNA) == rows_of(here, BEN) == []
    assert [each["status"] for each in here.read(ALERTS)].count("retracted") == 2


async def test_a_touchpoint_that_was_under_way_is_not_taken_in_again() -> None:
    """Moved by an older word than the erasure; one that a newer word moves is. What it had raised is taken back."""
    here = await bench()
    await take(here, CHANGES, erased(ANNA, 5))

    def moved(row: Entry, *raised: Raised) -> bytes:
        record: Mapping[str, Any] = move_record(Move(row, raised, "identity_merge"))
        return INSTALLATION.book.encode("moved-entry", record)

    brought = Raised("alert-1", "detractor-alert", "review/r1", 1, customer_id=customer_named_by(BEN))
    rows = (moved(angry("r3", BEN)), moved(angry("r1", epoch=4), brought), moved(angry("r2", epoch=5)))
    await take(here, MOVES, *rows, whose=(BEN, ANNA, ANNA))
    alert = last(here, ALERTS, BEN)
    assert (alert["alert_id"], alert["status"], alert["reason"]) == ("alert-1", "retracted", "erased")
    assert (alert["version"], alert["words"], alert["named_by"]["value"]) == (4 * EPOCH, None, "")
    keys = rows_of(here, ANNA)
    assert not any(b"review-r1-1" in key for key in keys)
    assert any(b"review-r2-1" in key for key in keys)
    assert any(b"review-r3-1" in key for key in rows_of(here, BEN))


async def test_a_person_who_comes_back_is_told_of() -> None:
    """The same review, heard anew, stands again: its version is above the retraction's."""
    here = await bench()
    await here.take([touchpoint_of(angry("r1"))])
    await take(here, CHANGES, erased(ANNA, 5))
    retracted = last(here, ALERTS, ANNA)
    here.world.committed_offset = here.next
    await here.take([touchpoint_of(angry("r1"))])
    alert = last(here, ALERTS, ANNA)
    assert (alert["alert_id"], alert["status"]) == (retracted["alert_id"], "raised")
    assert alert["version"] > retracted["version"]
    assert last(here, TIMELINES, ANNA)["touchpoint_count"] == 1
