"""What intake tells the resolver: news once, nothing in the steady state, nothing lost with a chunk that is dropped."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from agents.claims import AGAIN_AFTER, MOST_REMEMBERED, Claims
from agents.exact.chunks import Chunk
from agents.exact.loop import Effects
from agents.intake import IntakeAgent
from agents.known import Known
from agents.metrics import Metrics
from pipeline.identity import StrongestIdentifier
from pipeline.kin import KinRules, customer_named_by
from pipeline.records import touchpoint
from pipeline.touchpoint import Identifier, Touchpoint
from tests.agents.exact.fakes import FakeRecord
from tests.agents.harness import INSTALLATION, intake
from tests.agents.test_known import entry, known_pair
from tests.builders import RECEIVED, chat_event

BOTH = {"customer_id": "C-1", "email": "ann@example.com"}
CRM, EMAIL = Identifier("crm_id", "C-1"), Identifier("email", "ann@example.com")
ARRIVED = int(RECEIVED.timestamp() * 1000)
CLAIMS, TOUCHPOINTS = "voc.identity-claims", "voc.touchpoints"


@dataclass
class Clock:
    """A clock that a test sets."""

    now: float = 0.0

    def __call__(self) -> float:
        """Return seconds."""
        return self.now


@dataclass
class Desk:
    """Intake over a directory that a test tells what the resolver would."""

    known: Known = field(default_factory=Known)
    clock: Clock = field(default_factory=Clock)
    metrics: Metrics = field(default_factory=Metrics)

    def __post_init__(self) -> None:
        self.agent: IntakeAgent = intake(INSTALLATION, {"voc.raw.chat": "chat"}, self.metrics, self.known)
        self.agent.claims.clock = self.clock

    async def take(self, *customers: dict[str, str]) -> Effects:
        """Return what follows from a message of each of these; it is not acknowledged yet."""
        events = [json.dumps(chat_event(customer=who, event_id=f"E-{i}")).encode() for i, who in enumerate(customers)]
        records = [FakeRecord("voc.raw.chat", 0, i, ARRIVED, value=event) for i, event in enumerate(events)]
        return await self.agent(Chunk("voc.raw.chat", 0, list(records)))


def records(effects: Effects, topic: str) -> list[dict[str, Any]]:
    """Return what is sent to a topic, decoded."""
    subject = {CLAIMS: "identity-claim", TOUCHPOINTS: "touchpoint"}[topic]
    return [INSTALLATION.book.decode(subject, send.value) for send in effects.sends if send.topic == topic]


async def test_two_identifiers_never_seen_together_are_a_claim() -> None:
    """It goes out right behind its touchpoint, and says which event it was."""
    effects = await Desk().take(BOTH)
    assert [send.topic for send in effects.sends] == [TOUCHPOINTS, CLAIMS]
    (claim,) = records(effects, CLAIMS)
    assert (claim["kind"], claim["event"]) == ("seen", "chat/E-0")
    assert claim["identifiers"] == [{"type": one.type, "value": one.value} for one in (CRM, EMAIL)]
    assert claim["origin"] == {"topic": "voc.raw.chat", "partition": 0, "offset": 0}
    assert effects.sends[1].key == customer_named_by(CRM).encode()
    assert records(effects, TOUCHPOINTS)[0]["epoch"] == 0


async def test_one_identifier_is_no_claim() -> None:
    """Its customer is its own until it is bonded."""
    assert records(await Desk().take({"email": "ann@example.com"}), CLAIMS) == []


async def test_ten_quick_events_of_a_new_customer_are_one_claim() -> None:
    """In one chunk, and in the chunks that follow while the resolver's word is on its way."""
    desk = Desk()
    first = await desk.take(*[BOTH] * 10)
    first.done()
    later = await desk.take(*[BOTH] * 10)
    assert [len(records(effects, CLAIMS)) for effects in (first, later)] == [1, 0]
    assert desk.metrics.registry.get_sample_value("tellonce_claims_total", {"source": "chat"}) == 1


async def test_a_third_identifier_is_news_again() -> None:
    """The claim names all of the event's identifiers."""
    desk = Desk()
    (await desk.take(BOTH)).done()
    (claim,) = records(await desk.take(BOTH | {"phone": "+442079460001"}), CLAIMS)
    assert [each["type"] for each in claim["identifiers"]] == ["crm_id", "email", "phone"]


async def test_what_was_erased_is_news_at_once() -> None:
    """Claimed a moment ago, and forgotten by the directory since: the next event claims it again."""
    desk = Desk()
    (await desk.take(BOTH)).done()
    (digest,) = desk.agent.claims._claimed
    desk.agent.claims.forget(b"email:ann@example.com")
    assert records(await desk.take(BOTH), CLAIMS) == []
    desk.agent.claims.forget(digest.encode())
    assert len(records(await desk.take(BOTH), CLAIMS)) == 1


async def test_a_chunk_that_was_dropped_claims_again() -> None:
    """Nothing was acknowledged, so nothing counts as claimed."""
    desk = Desk()
    for _ in range(2):
        assert len(records(await desk.take(BOTH), CLAIMS)) == 1


async def test_the_steady_state_claims_nothing() -> None:
    """Once the directory knows the pairs, traffic passes the resolver by, and goes to whom the directory says."""
    desk = Desk()
    digests = desk.agent.claims.news(await _touchpoint(desk), ())
    for digest in digests:
        desk.known.hear(known_pair(digest))
    for one in (CRM, EMAIL):
        desk.known.hear(entry(one, CRM, 7))
    effects = await desk.take(*[BOTH] * 5, {"email": "ann@example.com"})
    assert records(effects, CLAIMS) == []
    assert {each["customer_id"] for each in records(effects, TOUCHPOINTS)} == {customer_named_by(CRM)}
    assert {each["epoch"] for each in records(effects, TOUCHPOINTS)} == {7}


async def _touchpoint(desk: Desk) -> Touchpoint:
    return touchpoint(records(await desk.take(BOTH), TOUCHPOINTS)[0])


@pytest.mark.parametrize(("after", "claims"), [(AGAIN_AFTER - 1, 0), (AGAIN_AFTER, 1), (AGAIN_AFTER + 1, 1)])
async def test_what_stays_unknown_is_claimed_again(after: float, claims: int) -> None:
    """Just before, exactly at, just after: should the resolver's state ever be lost, traffic teaches it again."""
    desk = Desk()
    (await desk.take(BOTH)).done()
    desk.clock.now = after
    assert len(records(await desk.take(BOTH), CLAIMS)) == claims


def test_what_was_claimed_is_forgotten_in_time() -> None:
    """Memory is bounded by number and by age."""
    clock = Clock()
    claims = Claims(StrongestIdentifier(), KinRules(), clock)
    claims.sent([f"pair-{n}" for n in range(MOST_REMEMBERED + 5)])
    assert len(claims._claimed) == MOST_REMEMBERED
    clock.now = AGAIN_AFTER
    claims.sent(["pair-new"])
    assert list(claims._claimed) == ["pair-new"]


async def test_intake_begins_when_the_directory_is_read() -> None:
    """Before, every customer would be news."""
    waited: list[bool] = []

    async def caught_up() -> None:
        waited.append(True)

    desk = Desk()
    desk.agent = replace(desk.agent, caught_up=caught_up)
    await desk.take(BOTH)
    assert waited == [True]
