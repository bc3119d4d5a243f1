"""Whose identifiers go with a person, and that the others are as if the person had never been."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipeline.kin import Bond, KinRules, Limit, Pair, Verdict, bonds_of, pair_digest, reachable, resolve
from pipeline.kin.erasure import Erasure, digests, erasure
from pipeline.touchpoint import Identifier

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RULES = KinRules()
IDENTIFIERS = tuple(
    Identifier(kind, value)
    for kind, values in (("crm_id", "12"), ("email", "ab"), ("phone", "xy"), ("visitor_id", "v"))
    for value in values
)
EVENTS = st.lists(st.sets(st.sampled_from(IDENTIFIERS), min_size=2, max_size=3), max_size=6)


def bonds_from(events: Collection[Collection[Identifier]]) -> dict[Pair, Bond]:
    """Return the bonds that events show, a minute apart."""
    found: dict[Pair, Bond] = {}
    for number, identifiers in enumerate(events):
        for bond in bonds_of(identifiers, NOON + timedelta(minutes=number), f"chat/{number}", RULES):
            found[bond.pair] = bond.merged(found[bond.pair]) if bond.pair in found else bond
    return found


def erased(start: Identifier, bonds: Collection[Bond], verdicts: Collection[Verdict] = ()) -> Erasure:
    """Return the erasure of an identifier's customer."""

    def bonds_at(one: Identifier, type_: str) -> Iterator[Bond]:
        return (bond for bond in bonds if one in bond.pair and bond.other(one).type == type_)

    def verdicts_at(one: Identifier) -> Iterator[Verdict]:
        return (verdict for verdict in verdicts if one in verdict.pair)

    return erasure([start], bonds_at, verdicts_at, RULES)


@given(events=EVENTS, start=st.sampled_from(IDENTIFIERS))
def test_the_person_is_the_customer_and_no_more(events: list[set[Identifier]], start: Identifier) -> None:
    """Every identifier of the same customer, as resolving everything has it; one never seen is a person alone."""
    bonds = bonds_from(events)
    answers = resolve(tuple(bonds.values()), (), RULES).answers
    person = erased(start, bonds.values())
    if start not in answers:
        assert person.identifiers == (start,)
    else:
        customer = answers[start].customer_id
        assert set(person.identifiers) == {one for one, answer in answers.items() if answer.customer_id == customer}


@given(events=EVENTS, start=st.sampled_from(IDENTIFIERS))
def test_the_others_are_as_if_the_person_had_never_been(events: list[set[Identifier]], start: Identifier) -> None:
    """What is said of them is what resolving everything without the person says, whoever comes free."""
    bonds = bonds_from(events)
    person = erased(start, bonds.values())
    assert set(person.bonds) == {b for b in bonds.values() if not set(person.identifiers).isdisjoint(b.pair)}
    left = tuple(bond for bond in bonds.values() if bond not in person.bonds)
    without = resolve(left, (), RULES).answers
    told = person.others.now.resolved(RULES).answers
    assert not set(told) & set(person.identifiers)
    assert {one: answer for one, answer in told.items() if one in without} == {
        one: without[one] for one in told if one in without
    }
    before = resolve(tuple(bonds.values()), (), RULES).answers
    changed = {one for one in without if before[one] != without[one]}
    assert changed <= set(told)


@given(first=st.integers(0, 50), seen_for=st.integers(0, 30), within=st.integers(1, 9))
def test_every_window_of_a_pair_is_forgotten(first: int, seen_for: int, within: int) -> None:
    """Each digest that intake may have been told of between the first and the last time that a pair was seen."""
    rules = KinRules(limits={"email": Limit(shared_by=5, held=10, within=timedelta(days=within))})
    pair = (IDENTIFIERS[0], IDENTIFIERS[2])
    days = [NOON + timedelta(days=day) for day in range(first, first + seen_for + 1)]
    assert set(digests(Bond(*pair, days[0], days[-1], "chat/1"), rules)) == {
        pair_digest(pair, day, rules) for day in days
    }


def test_an_operators_word_makes_others_concerned() -> None:
    """Who was told apart may hold touchpoints from before."""
    bond = next(iter(bonds_from([IDENTIFIERS[2:5:2]]).values()))
    apart = Verdict(bond.pair, together=False, at=NOON)
    person = erased(bond.stronger, [bond], [apart])
    assert person.identifiers == (bond.stronger,)
    assert person.verdicts == (apart,)
    assert set(person.others.identifiers) == {bond.weaker}


def test_reading_is_of_the_component_only() -> None:
    """Strangers are neither the person nor concerned."""
    bonds = bonds_from([IDENTIFIERS[0:3:2], IDENTIFIERS[1:4:2]])
    person = erased(IDENTIFIERS[0], bonds.values())
    assert set(person.identifiers) == {IDENTIFIERS[0], IDENTIFIERS[2]}
    assert person.others.identifiers == reachable([], lambda *_: (), lambda _: (), RULES).identifiers
