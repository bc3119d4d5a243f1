"""The resolver as traces: stored before said, said again with a higher epoch, operators' words, and nonsense."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents import bonds
from agents.app import make_resolver
from agents.exact.chunks import Chunk
from agents.exact.loop import ExactLoop
from agents.known import Known
from agents.metrics import Metrics
from agents.resolver import ResolverAgent
from agents.rows import SortedRows
from agents.tables import StateTable
from pipeline.kin import Bond, Pair, bonds_of, customer_named_by, resolve
from pipeline.touchpoint import Identifier
from tests.agents.exact.fakes import FakeProducer, FakeRecord, World, make_loop
from tests.agents.harness import INSTALLATION

CLAIMS, DIRECTORY, CHANGES, BONDS = "voc.identity-claims", "voc.directory", "voc.identity-changes", "voc.state.bonds"
SUBJECTS = {DIRECTORY: "directory-entry", CHANGES: "identity-change", BONDS: "bond", "voc.dead-letters": "dead-letter"}
NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
CRM, OTHER_CRM = Identifier("crm_id", "C-1"), Identifier("crm_id", "C-2")
EMAIL, PHONE = Identifier("email", "ann@example.com"), Identifier("phone", "+442079460001")
Claim = Mapping[str, Any]


def claim(kind: str, *identifiers: Identifier, number: int = 0, **fields: Any) -> Claim:  # noqa: ANN401
    """Return a claim, or an operator's word, of its own minute."""
    said = {
        "kind": kind,
        "identifiers": [{"type": one.type, "value": one.value} for one in identifiers],
        "occurred_at": NOON + timedelta(minutes=number),
        "event": f"chat/E-{number}" if kind == "seen" else None,
        "origin": None,
        "by": None if kind == "seen" else "ops",
        "reason": None if kind == "seen" else "they called",
    }
    return said | fields


def seen(*identifiers: Identifier, number: int = 0) -> Claim:
    """Return what intake claims of an event."""
    return claim("seen", *identifiers, number=number)


@dataclass
class Bench:
    """The resolver over fakes, a directory that hears what it says, and where the next chunk begins."""

    rows: SortedRows = field(default_factory=SortedRows)
    world: World = field(default_factory=lambda: World(log=set(range(100_000))))
    metrics: Metrics = field(default_factory=Metrics)
    next: int = 0

    def __post_init__(self) -> None:
        self.world.committed_offset = self.next
        self.loop: ExactLoop
        self.producer: FakeProducer
        self.loop, self.producer = make_loop(self.world, {each.name: each.partitions for each in INSTALLATION.wanted()})
        self.agent: ResolverAgent = make_resolver(INSTALLATION, StateTable(lambda: self.rows, BONDS), self.metrics)

    async def take(self, *claims: Claim | bytes, again: bool = False) -> None:
        """Take a chunk of claims; `again` takes it at the offsets of the one before."""
        if again:
            self.next -= len(claims)
        await self.loop.outbox.open()
        encode = INSTALLATION.book.encode
        values = [each if isinstance(each, bytes) else encode("identity-claim", each) for each in claims]
        records = [FakeRecord(CLAIMS, 0, self.next + i, value=value) for i, value in enumerate(values)]
        assert await self.loop.take(Chunk(CLAIMS, 0, list(records)), self.agent)
        self.next += len(claims)

    def read(self, topic: str) -> list[Mapping[str, Any]]:
        """Return what was sent to a topic, decoded, in order."""
        logs = [log for (name, _), log in sorted(self.producer.logs.items()) if name == topic]
        return [INSTALLATION.book.decode(SUBJECTS[topic], value) for log in logs for _, value, _ in log]

    @property
    def known(self) -> Known:
        """What a worker knows that reads the directory from its start."""
        known = Known()
        for entry in self.read(DIRECTORY):
            known.hear(entry)
        return known

    def customers(self, *identifiers: Identifier) -> list[str]:
        """Return whose these are."""
        answers = self.known.answers(identifiers)
        return [answers[one].answer.customer_id for one in identifiers]

    def outcomes(self) -> dict[str, float]:
        """Return what was counted."""
        (family,) = (f for f in self.metrics.registry.collect() if f.name == "tellonce_resolutions")
        return {s.labels["outcome"]: s.value for s in family.samples if s.name.endswith("_total")}


async def test_bonds_are_stored_when_all_is_said() -> None:
    """All of a chunk's statements are acknowledged before the first bond is stored; both ways of a bond."""
    bench = Bench()
    await bench.take(seen(CRM, EMAIL), seen(EMAIL, PHONE, number=1))
    topics = [topic for topic, _, _ in bench.producer.batches]
    assert topics[-1] == BONDS
    assert BONDS not in topics[:-1]
    assert {DIRECTORY, CHANGES} <= set(topics[:-1])
    assert len(bench.rows.rows[0]) == 4


async def test_a_claim_makes_one_customer_of_two_identifiers() -> None:
    """Every worker hears of it, and so does the home of each."""
    bench = Bench()
    await bench.take(seen(CRM, EMAIL))
    assert bench.customers(CRM, EMAIL) == [customer_named_by(CRM)] * 2
    changes = bench.read(CHANGES)
    assert {change["customer_id"] for change in changes} == {customer_named_by(CRM), customer_named_by(EMAIL)}
    assert {(c["outcome"], c["reason"], c["caused_by"], c["epoch"]) for c in changes} == {
        ("merged", "joined", "chat/E-0", 1)
    }
    assert bench.outcomes() == {"merged": 1}


async def test_a_claim_heard_twice_says_the_same_with_a_higher_epoch() -> None:
    """The claims of two workers that did not know of each other, or of one that asked again."""
    bench = Bench()
    await bench.take(seen(CRM, EMAIL))
    once = {topic: bench.read(topic) for topic in (DIRECTORY, CHANGES)}
    await bench.take(seen(CRM, EMAIL))
    for topic, before in once.items():
        after = bench.read(topic)
        assert len(after) == 2 * len(before)
        said = [_without_epochs(record) for record in after]
        assert sorted(map(repr, said)) == sorted(2 * [repr(_without_epochs(record)) for record in before])
        assert {record["epoch"] for record in after} == {1, 2}


def _without_epochs(record: Any) -> Any:  # noqa: ANN401 -- whatever Avro has
    if isinstance(record, Mapping):
        return {name: _without_epochs(value) for name, value in record.items() if name != "epoch"}
    return [_without_epochs(each) for each in record] if isinstance(record, list) else record


async def test_a_claim_taken_again_says_the_same_with_the_same_epoch() -> None:
    """After a crash: the epoch is the claim's place in the log."""
    bench = Bench()
    await bench.take(seen(CRM, EMAIL))
    before = bench.read(CHANGES)
    bench.loop.fence.enter(2)
    bench.world.rebalance()
    await bench.take(seen(CRM, EMAIL), again=True)
    assert sorted(map(repr, bench.read(CHANGES))) == sorted(2 * list(map(repr, before)))


async def test_two_crm_ids_on_one_address_stay_two() -> None:
    """The address says nothing any more; both homes and its own are told why."""
    bench = Bench()
    await bench.take(seen(CRM, EMAIL), seen(OTHER_CRM, EMAIL, number=1))
    one, other, _ = bench.customers(CRM, OTHER_CRM, EMAIL)
    assert (one, other) == (customer_named_by(CRM), customer_named_by(OTHER_CRM))
    assert bench.known.answers([EMAIL])[EMAIL].answer.parked == "claimed_by_two"
    assert {"parked", "split"} <= {change["outcome"] for change in bench.read(CHANGES)}
    assert bench.outcomes()["parked"] == 1


async def test_merge_then_split_is_where_you_began() -> None:
    """And both say who spoke and why."""
    bench = Bench()
    await bench.take(seen(CRM, EMAIL), seen(PHONE, Identifier("visitor_id", "v-1"), number=1))
    began = bench.customers(CRM, EMAIL, PHONE)
    await bench.take(claim("merge", CRM, PHONE, number=2))
    assert set(bench.customers(CRM, EMAIL, PHONE)) == {customer_named_by(CRM)}
    await bench.take(claim("split", PHONE, number=3))
    assert bench.customers(CRM, EMAIL, PHONE) == began
    words = [(c["caused_by"], c["by"], c["why"]) for c in bench.read(CHANGES) if c["by"]]
    assert set(words) == {("merge", "ops", "they called"), ("split", "ops", "they called")}


async def test_a_split_is_remembered() -> None:
    """The same event again, or a new one with the same two, never bonds them again; not after a restart either."""
    bench = Bench()
    await bench.take(seen(CRM, PHONE), claim("split", PHONE, number=1))
    restarted = Bench(rows=bench.rows, next=bench.next)
    await restarted.take(seen(CRM, PHONE), seen(CRM, PHONE, number=2))
    assert restarted.customers(CRM, PHONE) == [customer_named_by(CRM), customer_named_by(PHONE)]


async def test_a_merge_of_two_crm_ids_is_refused() -> None:
    """Nothing changes."""
    bench = Bench()
    await bench.take(seen(CRM, EMAIL), seen(OTHER_CRM, PHONE, number=1), claim("merge", EMAIL, PHONE, number=2))
    assert bench.customers(CRM, OTHER_CRM) == [customer_named_by(CRM), customer_named_by(OTHER_CRM)]
    assert bench.outcomes()["unchanged"] == 1


async def test_what_became_junk_is_parked_at_the_next_resolution() -> None:
    """The junk list is the operator's, and it changes; what the value had joined comes apart."""
    bench = Bench()
    await bench.take(seen(CRM, EMAIL), seen(EMAIL, PHONE, number=1))
    assert set(bench.customers(CRM, EMAIL, PHONE)) == {customer_named_by(CRM)}
    rules = replace(bench.agent.rules, is_junk=lambda one: one == EMAIL)
    bench.agent = replace(bench.agent, rules=rules, memory=replace(bench.agent.memory, rules=rules))
    await bench.take(seen(CRM, EMAIL, number=2), seen(PHONE, EMAIL, number=3))
    assert bench.known.answers([EMAIL])[EMAIL].answer.parked == "junk"
    assert bench.customers(CRM, PHONE) == [customer_named_by(CRM), customer_named_by(PHONE)]


@pytest.mark.parametrize(
    "nonsense",
    [
        b"",
        b"garbage",
        claim("shout", CRM),
        claim("merge", CRM),
        claim("merge", CRM, CRM),
        claim("split", CRM, EMAIL),
        claim("seen"),
        claim("seen", Identifier("shoe_size", "9"), EMAIL),
        claim("seen", CRM, EMAIL, event=None),
    ],
)
async def test_nonsense_is_a_dead_letter(nonsense: Claim | bytes) -> None:
    """It is told where it stands, and those behind it are taken."""
    bench = Bench()
    await bench.take(nonsense, seen(CRM, EMAIL))
    (letter,) = bench.read("voc.dead-letters")
    assert (letter["topic"], letter["offset"]) == (CLAIMS, 0)
    assert bench.customers(EMAIL) == [customer_named_by(CRM)]
    assert bench.outcomes() == {"merged": 1, "refused": 1}


PEOPLE = [CRM, OTHER_CRM, EMAIL, Identifier("email", "bob@example.com"), PHONE, Identifier("phone", "+442079460002")]
EVENTS = st.lists(st.lists(st.sampled_from(PEOPLE), min_size=2, max_size=3, unique=True), min_size=1, max_size=8)


@settings(deadline=None, max_examples=60)
@given(EVENTS, st.data())
async def test_whatever_the_order_and_the_chunks_the_directory_is_the_resolution_of_all(
    events: list[list[Identifier]], data: st.DataObject
) -> None:
    """Claims in any order, some twice, in any chunks, with restarts in between, read at once or by type: as if all were
    resolved at once.
    """
    claims: Sequence[Claim] = [seen(*sorted(each), number=i) for i, each in enumerate(events)]
    told = data.draw(st.permutations([*claims, *data.draw(st.lists(st.sampled_from(claims), max_size=3))]))
    bench = Bench()
    heard = Known()
    while told:
        size = data.draw(st.integers(1, len(told)))
        with patch.object(bonds, "AT_ONCE", data.draw(st.sampled_from([0, 1, bonds.AT_ONCE]))):
            await bench.take(*told[:size])
        told = told[size:]
        for entry in bench.read(DIRECTORY):
            heard.hear(entry)
        if data.draw(st.booleans()):
            bench = Bench(rows=bench.rows, next=bench.next)
    rules = bench.agent.rules
    all_bonds: dict[Pair, Bond] = {}
    for i, each in enumerate(events):
        for bond in bonds_of(each, NOON + timedelta(minutes=i), f"chat/E-{i}", rules):
            all_bonds[bond.pair] = bond if bond.pair not in all_bonds else bond.merged(all_bonds[bond.pair])
    wanted = resolve(list(all_bonds.values()), (), rules).answers
    assert {one: each.answer for one, each in heard.answers(PEOPLE).items()} == wanted
