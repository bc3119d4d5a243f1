"""What follows when the rules for identifiers change while the resolver runs, or between two runs of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, cast
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents import ruling as room
from agents.app import make_resolver, ruling
from agents.bonds import BondMemory
from agents.contracts import identifiers_in_force
from agents.exact.chunks import Chunk
from agents.resolver import RULES, ResolverAgent
from agents.ruling import KEY, Note, RulesWatch, note_of
from agents.tables import StateTable
from pipeline.identifiers import IdentifierRules
from pipeline.kin import Answer, Bond, Limit, Pair, bonds_of, customer_named_by, resolve
from pipeline.linking import linking_rules, linking_text
from pipeline.records import identifier_of
from pipeline.touchpoint import Identifier
from tests.agents.exact.fakes import FakeRecord
from tests.agents.harness import INSTALLATION
from tests.agents.test_resolver import BONDS, CHANGES, CLAIMS, CRM, EMAIL, OTHER_CRM, PHONE, Bench, Claim, seen

VISITOR = Identifier("visitor_id", "v-1")
PEOPLE = [CRM, OTHER_CRM, EMAIL, Identifier("email", "bob@example.com"), PHONE, VISITOR]
USUAL = identifiers_in_force()


def junk(*values: Identifier, rules: IdentifierRules = USUAL) -> IdentifierRules:
    """Return rules by which these are junk too."""
    exact = dict(rules.junk_exact)
    for one in values:
        exact[one.type] = exact.get(one.type, frozenset()) | {one.value.lower()}
    return replace(rules, junk_exact=exact)


def limited(shared_by: int, rules: IdentifierRules = USUAL) -> IdentifierRules:
    """Return rules by which a telephone or an address may be so many customers'."""
    tight = {type_: replace(rules.limits[type_], shared_by=shared_by) for type_ in ("email", "phone", "visitor_id")}
    return replace(rules, limits={**rules.limits, **tight})


@dataclass
class Ruled(Bench):
    """The resolver as a worker runs it, by these rules; what it says to itself is there to be taken."""

    rules: IdentifierRules = USUAL
    own: int = 0
    told: list[Mapping[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Make it as the composition root does, with rules of the test's."""
        super().__post_init__()
        kin = self.rules.kin
        table = StateTable(lambda: self.rows, BONDS)
        resolver = replace(
            make_resolver(INSTALLATION, table, self.metrics),
            rules=kin,
            memory=BondMemory(table, INSTALLATION.book, kin),
        )
        self.ruling = replace(ruling(INSTALLATION, resolver), text=linking_text(self.rules))
        self.agent = cast(ResolverAgent, self.ruling)  # a step is a step

    def waiting(self) -> list[bytes]:
        """Return the claims that it sent itself and did not take yet."""
        return [value for _, value, _ in self.producer.logs.get((CLAIMS, 0), [])][self.own :]

    async def go_on(self, *, twice: bool = False) -> bool:
        """Take the first claim that it sent itself; say whether there was one. `twice`: it died before it committed."""
        waiting = self.waiting()
        if waiting:
            await self.take_own(waiting[0])
            self.own += 1
            if twice:
                self.loop.fence.enter(self.world.generation_id + 1)
                self.world.rebalance()
                self.world.committed_offset = self.next - 1
                self.next -= 1
                await self.take_own(waiting[0])
        return bool(waiting)

    async def take_own(self, value: bytes) -> None:
        """Take a claim of the kind rules, as it lies in the log."""
        await self.loop.outbox.open()
        record = FakeRecord(CLAIMS, 0, self.next, key=KEY, value=value)
        assert await self.loop.take(Chunk(CLAIMS, 0, [record]), self.agent)
        self.next += 1

    async def done(self) -> None:
        """Take all that it sends itself."""
        while await self.go_on():
            pass

    async def begin(self) -> None:
        """Do what the watch does when nothing comes."""
        if self.ruling.behind() is not None:
            await self.take_own(self.ruling.to_go_on(1_767_000_000_000).value or b"")

    def restarted(self, rules: IdentifierRules) -> "Ruled":
        """Return another worker's resolver over what this one left, in the same log."""
        other = Ruled(rows=self.rows, next=self.next, rules=rules, own=self.own)
        other.producer.logs.update(self.producer.logs)
        return other


def answers(told: Iterable[Claim], rules: IdentifierRules) -> dict[Identifier, Answer]:
    """Return whose everybody is, all at once, by these rules."""
    kin = rules.kin
    found: dict[Pair, Bond] = {}
    for each in told:
        one_event = [identifier_of(one) for one in each["identifiers"]]
        for bond in bonds_of(one_event, each["occurred_at"], each["event"], kin):
            found[bond.pair] = bond if bond.pair not in found else bond.merged(found[bond.pair])
    return dict(resolve(list(found.values()), (), kin).answers)


def known(bench: Bench) -> dict[Identifier, Answer]:
    """Return what the directory says."""
    return {one: each.answer for one, each in bench.known.answers(PEOPLE).items()}


async def test_a_value_put_on_the_junk_list_comes_apart_after_a_restart() -> None:
    """Nothing else has to happen: no event, no word. Whoever was one is told why."""
    bench = Ruled()
    await bench.take(seen(CRM, EMAIL), seen(EMAIL, PHONE, number=1))
    assert set(bench.customers(CRM, EMAIL, PHONE)) == {customer_named_by(CRM)}
    bench = bench.restarted(junk(EMAIL))
    await bench.begin()
    await bench.done()
    assert bench.customers(CRM, PHONE) == [customer_named_by(CRM), customer_named_by(PHONE)]
    assert bench.known.answers([EMAIL])[EMAIL].answer.parked == "junk"
    said = [change for change in bench.read(CHANGES) if change["caused_by"] == RULES]
    assert {(c["customer_id"], c["outcome"], c["reason"]) for c in said} == {
        (customer_named_by(CRM), "split", "junk"),
        (customer_named_by(PHONE), "split", "junk"),
        (customer_named_by(EMAIL), "parked", "junk"),
    }
    assert bench.ruling.behind() is None


async def test_what_a_limit_kept_apart_joins_when_it_is_raised() -> None:
    """Two addresses on one telephone, of which one was allowed."""
    other = Identifier("email", "bob@example.com")
    bench = Ruled(rules=limited(1))
    await bench.take(seen(EMAIL, PHONE), seen(other, PHONE, number=1))
    assert len(set(bench.customers(EMAIL, other, PHONE))) == 3
    bench = bench.restarted(limited(2))
    await bench.begin()
    await bench.done()
    assert set(bench.customers(EMAIL, other, PHONE)) == {customer_named_by(EMAIL)}


async def test_another_priority_names_customers_anew() -> None:
    """Where a telephone counts for more than an address, it names the customer."""
    order = ("crm_id", "phone", "email", "visitor_id", "handle")
    bench = Ruled()
    await bench.take(seen(EMAIL, PHONE))
    bench = bench.restarted(replace(USUAL, strongest_first=order))
    await bench.begin()
    await bench.done()
    assert set(bench.customers(EMAIL, PHONE)) == {customer_named_by(PHONE)}


async def test_nothing_is_said_where_nothing_changes() -> None:
    """Other rules by which everybody is who they were: they are noted, and nobody is troubled."""
    bench = Ruled()
    await bench.take(seen(CRM, EMAIL))
    said = bench.read(CHANGES)
    bench = bench.restarted(junk(PHONE))
    await bench.begin()
    await bench.done()
    assert bench.read(CHANGES) == said
    assert bench.ruling.behind() is None
    await bench.take_own(bench.ruling.to_go_on(1).value or b"")
    assert bench.waiting() == []


async def test_the_same_rules_leave_no_work() -> None:
    """A worker that starts again with its own rules has nothing to begin; nor has one that never heard anything."""
    bench = Ruled()
    assert bench.ruling.behind() is None
    await bench.take(seen(CRM, EMAIL))
    assert bench.restarted(USUAL).ruling.behind() is None


async def test_a_claim_by_new_rules_begins_it() -> None:
    """Before anything is said by them it is noted, and the claims that came before the change are gone through."""
    bench = Ruled()
    await bench.take(seen(CRM, EMAIL), seen(EMAIL, PHONE, number=1))
    bench = bench.restarted(junk(EMAIL))
    first = len(bench.producer.batches)
    await bench.take(seen(CRM, VISITOR, number=2))
    assert bench.producer.batches[first][0] == BONDS
    assert note_of(bench.ruling.memory.note(0) or "").former == (linking_text(USUAL),)
    await bench.done()
    assert bench.customers(VISITOR, PHONE) == [customer_named_by(CRM), customer_named_by(PHONE)]


async def test_the_watch_begins_where_nothing_moves() -> None:
    """It sends one claim when two looks find the same left to do, and none where there is nothing."""
    notes = iter([None, "a", "a", "a", "b", "c", None])
    sent: list[int] = []

    async def send() -> None:
        sent.append(len(sent))

    watch = RulesWatch(lambda: next(notes), send)
    counts = []
    for _ in range(7):
        await watch.look()
        counts.append(len(sent))
    assert counts == [0, 0, 1, 2, 2, 2, 2]


def test_former_rules_are_kept_once_and_without_those_in_force() -> None:
    """Back and forth and on: what was ever obeyed and is not done with, each once, begun again."""
    note = Note("a", (), b"")
    assert note.changed("b") == Note("b", ("a",))
    assert replace(note.changed("b"), place=b"x").changed("c") == Note("c", ("a", "b"))
    assert note.changed("b").changed("a") == Note("a", ("b",))
    assert note_of(Note("c", ("a", "b"), b"\0x").document()) == Note("c", ("a", "b"), b"\0x")


@pytest.mark.parametrize("rules", [USUAL, junk(EMAIL), limited(1), IdentifierRules()])
def test_rules_are_kept_as_they_were(rules: IdentifierRules) -> None:
    """What is junk and what the limits are, word for word; a window too."""
    windowed = replace(rules, limits={**rules.limits, "phone": Limit(2, 3, timedelta(days=1.5))})
    for each in (rules, windowed):
        again = linking_rules(linking_text(each))
        assert linking_text(again) == linking_text(each)
        assert (again.limits, again.strongest_first) == (each.limits, each.strongest_first)
        for one in (*PEOPLE, Identifier("crm_id", "9999"), Identifier("phone", "+448000000000")):
            assert again.is_junk(*one) == each.is_junk(*one)


def what_was_told(bench: Bench) -> tuple[dict[Identifier, set[str]], dict[str, dict[Identifier, tuple[int, str]]]]:
    """Return whose each identifier ever was, and the newest that each home was told of it: epoch and customer."""
    ever: dict[Identifier, set[str]] = {}
    heard: dict[str, dict[Identifier, tuple[int, str]]] = {}
    for change in bench.read(CHANGES):
        for told in change["answers"]:
            one = identifier_of(told["identifier"])
            ever.setdefault(one, {customer_named_by(one)}).add(told["customer_id"])
            newest = max(
                heard.setdefault(change["customer_id"], {}).get(one, (0, "")), (told["epoch"], told["customer_id"])
            )
            heard[change["customer_id"]][one] = newest
    return ever, heard


RULES_OF = st.builds(
    lambda values, shared_by, order: replace(junk(*values, rules=limited(shared_by)), strongest_first=tuple(order)),
    st.lists(st.sampled_from(PEOPLE[2:]), max_size=2, unique=True),
    st.sampled_from([1, 2, 5]),
    st.sampled_from([USUAL.strongest_first, ("crm_id", "phone", "email", "visitor_id", "handle")]),
)
EVENTS = st.lists(st.lists(st.sampled_from(PEOPLE), min_size=2, max_size=3, unique=True), min_size=1, max_size=8)


@settings(deadline=None, max_examples=80)
@given(EVENTS, st.lists(RULES_OF, min_size=2, max_size=4), st.data())
async def test_whenever_the_rules_change_it_ends_as_if_they_had_always_been_so(
    events: list[list[Identifier]], rules: list[IdentifierRules], data: st.DataObject
) -> None:
    """Any rules one after another, in the middle of the claims and of one another, with deaths in between: the
    directory ends as the last rules have it, and from every customer that an identifier ever belonged to, what each was
    told leads to the one whose it is.
    """
    claims = [seen(*each, number=n) for n, each in enumerate(events)]
    left: list[Claim] = list(claims)
    bench = Ruled(rules=rules[0])
    with patch.object(room, "STEP", data.draw(st.sampled_from([1, 2, 300]), "step")):
        for each in rules:
            bench = bench.restarted(each)
            if data.draw(st.booleans(), "begins"):
                await bench.begin()
            for _ in range(data.draw(st.integers(0, 4), "steps")):
                is_claim = data.draw(st.booleans(), "claim")
                if left and is_claim:
                    await bench.take(left.pop(0))
                else:
                    await bench.go_on(twice=data.draw(st.booleans(), "twice"))
        while left:
            await bench.take(left.pop(0))
        await bench.begin()
        await bench.done()
    assert bench.ruling.behind() is None
    final = answers(claims, rules[-1])
    assert known(bench) == final
    ever, heard = what_was_told(bench)
    for one, customers in ever.items():
        for customer in customers:
            place = customer
            while heard[place][one][1] != place:
                epoch, place = heard[place][one]
                assert heard[place][one][0] >= epoch, "who is sent a row knows as much as who sends it"
            assert place == final[one].customer_id, "an old answer is believed for ever"
