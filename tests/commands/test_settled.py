"""The reader's rule: what stands is the same in whatever order, and however often, it was heard."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.settled import HEARD, Heard, plain, settle
from commands.summary import LostError, summarise
from pipeline.advance import EPOCH
from pipeline.ids import derived
from pipeline.kin import customer_named_by
from pipeline.picture import RETOLD
from pipeline.touchpoint import Identifier

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PREFIX = "try-0-1."
VISITOR, ADDRESS, CRM = (
    Identifier("visitor_id", "v-1"),
    Identifier("email", "ann@example.com"),
    Identifier("crm_id", "C-1"),
)


def alert(name: str, version: int, status: str = "raised", **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- a record's own
    """Return an alert as it is published."""
    record = {
        "alert_id": name,
        "version": version,
        "status": status,
        "reason": "new_touchpoint",
        "occurred_at": NOON,
        "basis": "explicit",
        "channel": "review",
        "evidence": [{"event_id": "e1", "topic": f"{PREFIX}raw.review", "partition": 0, "offset": 3}],
    }
    return record | more


def touchpoint(event_id: str, offset: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- a record's own
    """Return a touchpoint as it is published."""
    record = {
        "source": "chat",
        "event_id": event_id,
        "customer_id": customer_named_by(VISITOR),
        "named_by": told(VISITOR),
        "identifiers": [told(VISITOR)],
        "epoch": 0,
        "occurred_at": NOON,
        "channel": "chat",
        "topics": ["delivery"],
        "origin": {"topic": f"{PREFIX}raw.chat", "partition": 0, "offset": offset},
    }
    return record | more


def told(one: Identifier) -> dict[str, str]:
    """Return an identifier as records have it."""
    return {"type": one.type, "value": one.value}


def answer(one: Identifier, whose: Identifier, epoch: int, parked: str | None = None) -> dict[str, Any]:
    """Return what the directory says of an identifier."""
    whom = {"customer_id": customer_named_by(whose), "named_by": told(whose)}
    return {"identifier": told(one), **whom, "parked": parked, "epoch": epoch, "pair": None}


def timeline(whose: Identifier, version: int, status: str = "current") -> dict[str, Any]:
    """Return a customer's timeline."""
    return {"customer_id": customer_named_by(whose), "version": version, "status": status, "first_at": NOON}


def letter(offset: int, value: bytes | None, **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- a record's own
    """Return a dead letter as it is published."""
    record = {
        "dead_letter_id": derived("dead", f"{PREFIX}raw.chat", "0", str(offset)),
        "reason": "malformed_json",
        "topic": f"{PREFIX}raw.chat",
        "partition": 0,
        "offset": offset,
        "received_at": NOON,
        "key": b"k",
        "value": value,
        "headers": [],
    }
    return record | more


def heard(**records: list[dict[str, Any]]) -> Heard:
    """Return what was heard; topics' names with underscores."""
    return Heard(PREFIX, {name: records.get(name.replace("-", "_"), []) for name in HEARD})


@given(
    versions=st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 5)), min_size=1),
    seed=st.integers(0, 1000),
)
def test_order_and_repetition_do_not_matter(versions: list[tuple[str, int]], seed: int) -> None:
    """Any order of the same versions, any of them twice, settle alike."""
    records = [alert(name, version, why=f"{name}{version}") for name, version in versions]
    records += [touchpoint(name, version) for name, version in versions]
    mixed = records * 2
    Random(seed).shuffle(mixed)  # noqa: S311 -- repeatable, not secret

    def settled(all_of_them: list[dict[str, Any]]) -> object:
        alerts = [record for record in all_of_them if "alert_id" in record]
        rest = [record for record in all_of_them if "alert_id" not in record]
        return plain(settle(heard(detractor_alerts=alerts, touchpoints=rest), "voc.").standing)

    assert settled(records) == settled(mixed)


def test_the_highest_version_stands_and_says_raised() -> None:
    """A lower version that comes later changes nothing; how it came about is left out."""
    (standing,) = settle(
        heard(detractor_alerts=[alert("a", 3, "updated", why="new"), alert("a", 2, why="old")]), "voc."
    ).standing["detractor-alerts"]
    assert (standing["version"], standing["why"], standing["status"]) == (3, "new", "raised")
    assert "reason" not in standing


@pytest.mark.parametrize(("retracted_at", "stands"), [(1, True), (2, False), (3, False)])
def test_what_was_taken_back_does_not_stand(retracted_at: int, *, stands: bool) -> None:
    """Retracted below, at (told again later) and above the version that was raised."""
    records = [alert("a", 2), alert("a", retracted_at, "retracted")]
    assert bool(settle(heard(detractor_alerts=records), "voc.").standing["detractor-alerts"]) is stands


def test_topics_have_the_same_name_in_every_run() -> None:
    """The run's own prefix is gone from evidence, origins and dead letters, whose ids follow."""
    outcome = settle(
        heard(detractor_alerts=[alert("a", 1)], touchpoints=[touchpoint("e", 1)], dead_letters=[letter(7, b"{")]),
        "voc.",
    )
    assert PREFIX not in repr(outcome)
    (dead,) = outcome.standing["dead-letters"]
    assert dead["dead_letter_id"] == derived("dead", "voc.raw.chat", "0", "7")


@pytest.mark.parametrize(
    ("value", "shown", "shown_as"),
    [(b'{"a": "\xc3\xa9"}', '{"a": "\u00e9"}', "text"), (b"\xff\xfe", "//4=", "base64"), (None, None, "nothing")],
)
def test_a_dead_letters_bytes_can_be_had_back(value: bytes | None, shown: str | None, shown_as: str) -> None:
    """As text where they are UTF-8, else as base64, and it says which."""
    (dead,) = settle(heard(dead_letters=[letter(1, value)]), "voc.").standing["dead-letters"]
    assert (dead["value"], dead["value_as"]) == (shown, shown_as)
    assert "received_at" not in dead


def test_an_event_heard_twice_is_one_touchpoint_where_it_was_first() -> None:
    """Both tellings were admitted."""
    outcome = settle(heard(touchpoints=[touchpoint("e", 9), touchpoint("e", 4)]), "voc.")
    (standing,) = outcome.standing["touchpoints"]
    assert (standing["origin"]["offset"], outcome.admitted) == (4, 2)  # type: ignore[index] # a touchpoint has an origin


def test_of_two_tellings_the_latest_time_counts() -> None:
    """As in a timeline."""
    later = touchpoint("e", 9, occurred_at=NOON + timedelta(milliseconds=1))
    (standing,) = settle(heard(touchpoints=[later, touchpoint("e", 4)]), "voc.").standing["touchpoints"]
    assert standing["occurred_at"] == NOON + timedelta(milliseconds=1)


JOINED = [answer(VISITOR, ADDRESS, 1), answer(ADDRESS, ADDRESS, 1), answer(VISITOR, CRM, 2), answer(CRM, CRM, 2)]


@pytest.mark.parametrize(
    ("directory", "whose"),
    [([], VISITOR), (JOINED[:2], ADDRESS), (JOINED, CRM), ([answer(VISITOR, VISITOR, 3, "junk"), *JOINED], VISITOR)],
)
def test_a_touchpoint_is_its_owners_by_the_last_answers(directory: list[dict[str, Any]], whose: Identifier) -> None:
    """With none heard, one, a newer one; and the newest epoch counts, wherever it stands. The epoch is not told."""
    (standing,) = settle(heard(touchpoints=[touchpoint("e", 1)], directory=directory), "voc.").standing["touchpoints"]
    assert (standing["customer_id"], standing["named_by"]) == (customer_named_by(whose), told(whose))
    assert "epoch" not in standing


def test_one_event_that_was_two_customers_is_one_touchpoint() -> None:
    """Heard twice, before and after it was known whose the visitor is."""
    later = touchpoint("e", 9, customer_id=customer_named_by(CRM), named_by=told(CRM), epoch=2)
    outcome = settle(heard(touchpoints=[touchpoint("e", 4), later], directory=JOINED), "voc.")
    assert len(outcome.standing["touchpoints"]) == outcome.customers_named == 1
    assert outcome.admitted == 2


def test_who_turned_out_to_be_another_has_no_timeline() -> None:
    """Only the customer's stands, with all touchpoints counted, however many resolutions its version tells of."""
    joined = touchpoint("f", 2, identifiers=[told(CRM)], customer_id=customer_named_by(CRM), named_by=told(CRM))
    lines = [timeline(VISITOR, 1), timeline(VISITOR, 2 * EPOCH + 1, "merged"), timeline(CRM, 7 * EPOCH + 5)]
    outcome = settle(heard(touchpoints=[touchpoint("e", 1), joined], timelines=lines, directory=JOINED), "voc.")
    (standing,) = outcome.standing["timelines"]
    assert (standing["customer_id"], standing["version"]) == (customer_named_by(CRM), 2)
    assert (outcome.customers_named, outcome.merged) == (1, 1)


@pytest.mark.parametrize(("version", "shown"), [(3, 3), (EPOCH + 3, 3), (9 * EPOCH + RETOLD + 3, RETOLD + 3)])
def test_a_version_does_not_tell_how_often_identity_was_resolved(version: int, shown: int) -> None:
    """Never, once, nine times: what counts touchpoints and retellings is the same in every run."""
    (standing,) = settle(heard(detractor_alerts=[alert("a", version)]), "voc.").standing["detractor-alerts"]
    assert standing["version"] == shown


@pytest.mark.parametrize(
    ("directory", "number"),
    [([], 0), ([answer(VISITOR, VISITOR, 1)], 0), (JOINED, 1), ([answer(VISITOR, VISITOR, 3, "claimed_by_two")], 0)],
)
def test_merged_are_those_whose_name_is_anothers(directory: list[dict[str, Any]], number: int) -> None:
    """Nobody where nothing is known, who is one of their own, or is parked; else one, whatever was known when."""
    for known in (customer_named_by(VISITOR), customer_named_by(CRM)):
        records = [touchpoint("e", 1, customer_id=known)]
        assert settle(heard(touchpoints=records, directory=directory), "voc.").merged == number


@pytest.mark.parametrize(("received", "adds_up"), [(2, False), (3, True), (4, False)])
def test_a_summary_adds_up_or_is_refused(received: int, *, adds_up: bool) -> None:
    """One event too few, the right number, one too many."""
    outcome = settle(heard(touchpoints=[touchpoint("e", 9), touchpoint("e", 4)], dead_letters=[letter(1, b"")]), "voc.")
    if adds_up:
        summary = summarise(outcome, received)
        assert [summary.number(name) for name in ("admitted", "rejected", "duplicates", "touchpoints")] == [2, 1, 1, 1]
        assert summary.numbers("rejected_by_reason") == {"malformed_json": 1}
        assert summary.numbers("days") == {"2026-03-01": 1}
    else:
        with pytest.raises(LostError, match="2 admitted and 1 rejected"):
            summarise(outcome, received)
