"""The timelines agent told who is who: rows leave and arrive, through the real tables, contracts and loop."""

from collections.abc import Mapping, Sequence
from typing import Any

from agents.exact.chunks import Chunk
from pipeline.advance import picture
from pipeline.kin import customer_named_by
from pipeline.moved import raised
from pipeline.records import told_record
from pipeline.touchpoint import Entry, Identifier, Told
from tests.agents.exact.fakes import FakeRecord
from tests.agents.harness import INSTALLATION, Bench, bench, settled, touchpoint_of
from tests.pipeline.touchpoints import UNHAPPY, at, chat

CRM, MAIL = Identifier("crm_id", "C-1001"), Identifier("email", "ada.birch@example.com")
HER, MAILS = customer_named_by(CRM), customer_named_by(MAIL)
ALERTS, TIMELINES, MOVES, CHANGES = "voc.detractor-alerts", "voc.timelines", "voc.moves", "voc.identity-changes"


def _angry(event_id: str, days: float, whose: Identifier) -> Entry:
    words: dict[str, Any] = {"mood": UNHAPPY, "excerpt": event_id, "named_by": whose, "identifiers": (whose,)}
    return chat(event_id, at(days), event_id, customer_id=customer_named_by(whose), **words)


def _change(customer: str, epoch: int, outcome: str, owners: Mapping[Identifier, Identifier]) -> dict[str, Any]:
    answers = [told_record(Told(i, customer_named_by(own), own, None, epoch)) for i, own in owners.items()]
    said = {"customer_id": customer, "epoch": epoch, "outcome": outcome, "reason": "joined", "customers": []}
    return {
        **said,
        "answers": answers,
        "caused_by": "chat/e1",
        "links": [],
        "occurred_at": at(),
        "by": None,
        "why": None,
    }


def _chunk(topic: str, subject: str, records: Sequence[Mapping[str, Any]], first: int = 0) -> Chunk:
    encode = INSTALLATION.book.encode
    return Chunk(topic, 0, [FakeRecord(topic, 0, first + i, 5, b"", encode(subject, r)) for i, r in enumerate(records)])


ONE, TWO = {CRM: CRM, MAIL: CRM}, {CRM: CRM, MAIL: MAIL}


async def _merged() -> Bench:
    """Return an agent that heard an e-mail's customer and a CRM id's, and then that they are one."""
    here = await bench()
    await here.take([touchpoint_of(_angry("e1", 0, MAIL)), touchpoint_of(_angry("e2", 1, CRM))])
    both = [_change(customer, 7, "merged", ONE) for customer in (MAILS, HER)]
    assert await here.loop.take(_chunk(CHANGES, "identity-change", both), here.agent)
    assert await here.loop.take(_chunk(MOVES, "moved-entry", here.read(MOVES)), here.agent)
    return here


async def test_a_merge_moves_rows_and_leaves_a_redirect() -> None:
    """The loser's timeline sends on, the winner's has both and the alerts; the loser's own alert is taken back."""
    here = await _merged()
    timelines = settled(here.read(TIMELINES), TIMELINES)
    assert (timelines[MAILS]["status"], timelines[MAILS]["redirect_to"]) == ("merged", HER)
    assert (timelines[HER]["status"], timelines[HER]["touchpoint_count"]) == ("current", 2)
    alerts = settled(here.read(ALERTS), ALERTS)
    assert {alert["customer_id"] for alert in alerts.values() if alert["status"] != "retracted"} == {HER}
    assert [alert["customer_id"] for alert in alerts.values() if alert["status"] == "retracted"] == [MAILS]
    assert {alert["reason"] for alert in alerts.values()} == {"identity_merge"}
    assert {alert["named_by"]["value"] for alert in alerts.values()} == {CRM.value}


async def test_merge_then_split_is_where_it_began() -> None:
    """Every touchpoint, alert and timeline is its first customer's again; nothing was deleted."""
    here = await _merged()
    moved = len(here.read(MOVES))
    apart = [_change(customer, 9, "split", TWO) for customer in (MAILS, HER)]
    assert await here.loop.take(_chunk(CHANGES, "identity-change", apart, first=2), here.agent)
    assert await here.loop.take(_chunk(MOVES, "moved-entry", here.read(MOVES)[moved:], first=moved), here.agent)
    timelines = settled(here.read(TIMELINES), TIMELINES)
    assert {who: (t["status"], t["touchpoint_count"]) for who, t in timelines.items()} == {
        MAILS: ("current", 1),
        HER: ("current", 1),
    }
    alerts = settled(here.read(ALERTS), ALERTS)
    standing = [alert for alert in alerts.values() if alert["status"] != "retracted"]
    assert sorted((a["customer_id"], a["status"], a["words"]) for a in standing) == sorted(
        [(MAILS, "updated", "e1"), (HER, "updated", "e2")]
    )
    assert [alert["reason"] for alert in alerts.values() if alert not in standing] == ["identity_split"]


async def test_a_change_whose_outputs_were_lost_is_told_again_from_the_state() -> None:
    """The worker died after it had stored the answers: the next one sends the same moves, alerts and timelines."""
    here = await bench()
    await here.take([touchpoint_of(_angry("e1", 0, MAIL)), touchpoint_of(_angry("e2", 1, CRM))])
    chunk = _chunk(CHANGES, "identity-change", [_change(customer, 7, "merged", ONE) for customer in (MAILS, HER)])
    lost = await here.agent(chunk)
    for put in lost.puts:
        put.table.write(0, [(put.key, put.value)])

    after = await bench(rows=here.rows)
    again = await after.agent(chunk)
    assert again.sends == lost.sends
    assert again.puts == ()


async def test_a_row_takes_what_was_published_in_its_name_along() -> None:
    """So that its new customer can take it back."""
    here = await _merged()
    (moved,) = here.read(MOVES)
    (output,) = [raised(one) for one in moved["raised"]]
    first, taken_back = [alert for alert in here.read(ALERTS) if alert["customer_id"] == MAILS]
    assert (output.output_id, output.first_version) == (first["alert_id"], first["version"])
    assert (taken_back["alert_id"], taken_back["status"]) == (first["alert_id"], "retracted")
    assert moved["reason"] == "identity_merge"


async def test_memory_holds_answers_too() -> None:
    """What is hot is what the store has: rows that went, and what the customer id was told."""
    here = await _merged()
    hot = here.agent.kept.hot.find(0, MAILS)
    assert hot is not None
    cold = await bench(rows=here.rows)
    read = cold.agent.kept.known(0, MAILS)
    assert (hot.picture.gone, hot.picture.kin, hot.raised) == (read.picture.gone, read.picture.kin, read.raised)
    assert hot.picture.rows == picture((), INSTALLATION.policy).rows


async def test_moves_are_counted_by_their_reason() -> None:
    """One for a merge, one more for the split that undoes it."""
    here = await _merged()
    count = here.agent.metrics["moves_total"].labels
    assert count("identity_merge")._value.get() == len(here.read(MOVES)) == 1
    apart = [_change(customer, 9, "split", TWO) for customer in (MAILS, HER)]
    assert await here.loop.take(_chunk(CHANGES, "identity-change", apart, 2), here.agent)
    assert count("identity_split")._value.get() == len(here.read(MOVES)) - 1 == 1
