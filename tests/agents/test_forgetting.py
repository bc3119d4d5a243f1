"""The resolver's half of an erasure: said before it is deleted, said again when it comes again, and done by itself."""

from typing import Any

from agents.app import forgetting, make_resolver
from agents.exact.chunks import Chunk
from agents.known import Known, identifier_key
from agents.tables import StateTable
from pipeline.kin import customer_named_by, pair_digest
from pipeline.touchpoint import Identifier
from tests.agents.exact.fakes import FakeRecord
from tests.agents.harness import INSTALLATION
from tests.agents.test_resolver import (
    BONDS,
    CHANGES,
    CLAIMS,
    CRM,
    DIRECTORY,
    EMAIL,
    NOON,
    OTHER_CRM,
    PHONE,
    Bench,
    claim,
    seen,
)

VISITOR = Identifier("visitor_id", "v-1")


class ErasingBench(Bench):
    """The resolver that also erases, over fakes."""

    def __post_init__(self) -> None:
        """Wrap the step."""
        super().__post_init__()
        resolver = make_resolver(INSTALLATION, StateTable(lambda: self.rows, BONDS), self.metrics)
        self.agent: Any = forgetting(INSTALLATION, resolver)

    def keys(self, topic: str) -> dict[bytes, Any]:
        """Return the last value of each key of a topic."""
        logs = [log for (name, _), log in sorted(self.producer.logs.items()) if name == topic]
        return {key: value for log in logs for key, value, _ in log}

    @property
    def known(self) -> Known:
        """What a worker knows that reads the directory from its start."""
        known = Known()
        for key, value in self.keys(DIRECTORY).items():
            if value is None:
                known.forget(key)
            else:
                known.hear(INSTALLATION.book.decode("directory-entry", value))
        return known


async def test_bonds_and_directory_forget_the_person() -> None:
    """No row has an identifier of the person, no key of the directory is live; others stay as they were."""
    bench = ErasingBench()
    await bench.take(seen(CRM, EMAIL), seen(OTHER_CRM, VISITOR, number=1))
    await bench.take(claim("erase", EMAIL, number=2))
    assert {one for one in (CRM, EMAIL, OTHER_CRM, VISITOR) if bench.known.answers([one])} == {OTHER_CRM, VISITOR}
    assert all(b"ann@" not in key and b"C-1" not in key for key in bench.rows.rows[0])
    assert len(bench.rows.rows[0]) == 2
    live = {key for key, value in bench.keys(DIRECTORY).items() if value is not None}
    assert live >= {identifier_key(OTHER_CRM), identifier_key(VISITOR)}
    assert len(live) == 3  # and the pair of these two


async def test_a_pair_that_was_erased_is_news_again() -> None:
    """Intake claims it when it sees it again, and the person is known anew."""
    bench = ErasingBench()
    await bench.take(seen(CRM, EMAIL), claim("erase", CRM, number=1))
    assert not bench.known.knows_pair(pair_digest((CRM, EMAIL), NOON, bench.agent.rules))
    await bench.take(seen(CRM, EMAIL, number=2))
    assert bench.known.knows_pair(pair_digest((CRM, EMAIL), NOON, bench.agent.rules))
    assert bench.customers(CRM, EMAIL) == [customer_named_by(CRM)] * 2


async def test_it_is_said_before_anything_is_deleted() -> None:
    """The changes and the directory are acknowledged; then the rows go."""
    bench = ErasingBench()
    await bench.take(seen(CRM, EMAIL))
    before = len(bench.producer.batches)
    await bench.take(claim("erase", CRM, number=1))
    topics = [topic for topic, _, _ in bench.producer.batches[before:]]
    assert topics[-1] == BONDS
    assert set(topics[:-1]) == {DIRECTORY, CHANGES}


async def test_a_chunk_around_an_erasure_is_done_in_its_order() -> None:
    """What came before goes with the person; what comes after is a new one."""
    bench = ErasingBench()
    await bench.take(seen(CRM, EMAIL), claim("erase", EMAIL, number=1), seen(CRM, PHONE, number=2))
    assert bench.customers(CRM, PHONE) == [customer_named_by(CRM)] * 2
    assert not bench.known.answers([EMAIL])
    outcomes = [(each["caused_by"], each["outcome"]) for each in bench.read(CHANGES)]
    assert ("erase", "erased") in outcomes


async def test_a_phone_that_two_shared_is_the_others_when_one_goes() -> None:
    """It was parked for two CRM ids; the home of each that is left is told to let go of what moved on."""
    bench = ErasingBench()
    await bench.take(seen(CRM, PHONE), seen(OTHER_CRM, PHONE, number=1))
    assert bench.known.answers([PHONE])[PHONE].answer.parked is not None
    await bench.take(claim("erase", CRM, number=2))
    assert bench.customers(OTHER_CRM, PHONE) == [customer_named_by(OTHER_CRM)] * 2
    erased = {each["customer_id"]: len(each["answers"]) for each in bench.read(CHANGES) if each["outcome"] == "erased"}
    assert erased == {customer_named_by(CRM): 0, customer_named_by(OTHER_CRM): 1, customer_named_by(PHONE): 1}


async def test_an_erasure_that_was_interrupted_is_said_again_whole() -> None:
    """The worker died when all was said and nothing deleted: the rows are there, so the next says the same."""
    bench = ErasingBench()
    await bench.take(seen(CRM, EMAIL))
    rows = dict(bench.rows.rows[0])
    await bench.take(claim("erase", EMAIL, number=1))
    once = [each for each in bench.read(CHANGES) if each["outcome"] == "erased"]
    bench.rows.rows[0].update(rows)
    bench.loop.fence.enter(2)
    bench.world.rebalance()
    bench.next -= 1
    bench.world.committed_offset = bench.next
    await bench.take(claim("erase", EMAIL, number=1))
    assert [each for each in bench.read(CHANGES) if each["outcome"] == "erased"].count(once[0]) == 2
    assert len(once) == 2


async def test_nonsense_before_an_erasure_does_not_hide_it() -> None:
    """A dead letter, and then the erasure."""
    bench = ErasingBench()
    await bench.take(seen(CRM, EMAIL))
    await bench.loop.outbox.open()
    erase = INSTALLATION.book.encode("identity-claim", claim("erase", EMAIL, number=1))
    values = [b"nonsense", erase]
    records = [FakeRecord(CLAIMS, 0, bench.next + i, value=value) for i, value in enumerate(values)]
    assert await bench.loop.take(Chunk(CLAIMS, 0, list(records)), bench.agent)
    assert not bench.known.answers([EMAIL])
    assert len(bench.keys("voc.dead-letters")) == 1
