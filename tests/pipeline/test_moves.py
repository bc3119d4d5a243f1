"""Identity spreads: however Kafka interleaves it, every touchpoint ends in one timeline, and what was said is right."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.advance import picture
from pipeline.findings import Finding, Record
from pipeline.kin.resolution import customer_named_by
from pipeline.touchpoint import Entry, Identifier
from tests.pipeline.moving_world import NAMES, RULES, Company
from tests.pipeline.touchpoints import POLICY, entries

Events = list[Entry]
MANY = settings(max_examples=300, deadline=None)


@st.composite
def events(draw: st.DrawFn, most: int = 6) -> Events:
    """Touchpoints with one to three identifiers; a conversation is always with the same identifiers."""
    told = []
    for i in range(draw(st.integers(1, most))):
        event = draw(entries(f"e{i}"))
        names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
        names = sorted(names, key=RULES.rank)
        told.append(with_identifiers(event, names))
    return told


def with_identifiers(event: Entry, names: Iterable[Identifier]) -> Entry:
    """Return the event as one of these identifiers, in conversations of their own."""
    names = tuple(names)
    tag = "+".join(name.value for name in names)
    keys = tuple(f"{key}@{tag}" for key in event.keys)
    item = None if event.item is None else f"{event.item}@{tag}"
    return replace(event, identifiers=names, keys=keys, item=item)


Script = list[tuple[str, int, int]]
ACTIONS = ("admit", "admit", "again", "claim", "step", "step", "step", "split", "merge")
SCRIPTS = st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 9), st.integers(0, 9)), max_size=25)


def played(told: Events, script: Script, seed: int) -> Company:
    """Return a company that was told everything, in an order that the script and the seed make, and came to rest."""
    random = Random(seed)  # noqa: S311 -- hypothesis draws the seed
    company = Company(lambda n: random.randrange(n) if n > 1 else 0)
    fresh, claims = list(told), []
    for action, one, other in script:
        if action == "admit" and fresh:
            event = fresh.pop(one % len(fresh))
            company.admit(event)
            claims.append(event)
        elif action == "again":
            company.admit(told[one % len(told)])
            claims.append(told[one % len(told)])
        elif action == "claim" and claims:
            event = claims.pop(one % len(claims))
            company.resolver.claim(event.identifiers, event.event_id)
        elif action == "step" and company.waiting:
            company.step()
        elif action == "split":
            company.resolver.split(NAMES[one % len(NAMES)])
        elif action == "merge" and one % len(NAMES) != other % len(NAMES):
            company.resolver.merge(NAMES[one % len(NAMES)], NAMES[other % len(NAMES)])
    for event in fresh:
        company.admit(event)
    for event in [*claims, *fresh]:
        company.resolver.claim(event.identifiers, event.event_id)
    company.settle()
    return company


def truth(company: Company, told: Events) -> dict[str, dict[str, Finding]]:
    """Return what stands of each customer that there is now, from one picture of everything."""
    rows = defaultdict(list)
    for event in told:
        whose = company.resolver.final(event.identifiers)
        namer = next(name for name in (*event.identifiers, *NAMES) if customer_named_by(name) == whose)
        rows[whose].append(replace(event, customer_id=whose, named_by=namer))
    return {whose: dict(picture(entries, POLICY).findings) for whose, entries in rows.items()}


def assert_each_is_in_one_timeline(company: Company, told: Events) -> None:
    """Each touchpoint counts at the owner of its identifiers, and nowhere else."""
    seen = defaultdict(set)
    for whose, customer in company.customers.items():
        assert not customer.known.waiting
        for row in customer.known.rows:
            seen[row.event_id].add(whose)
    assert seen == {event.event_id: {company.resolver.final(event.identifiers)} for event in told}


def body(record: Mapping[str, Any]) -> Record:
    """Return what a record says but for when and why it was published."""
    return {name: v for name, v in record.items() if name not in ("version", "status", "reason", "alert_id", "flag_id")}


def number(record: Record) -> int:
    """Return a record's version."""
    version = record["version"]
    assert isinstance(version, int)
    return version


def assert_readers_hold_the_truth(company: Company, told: Events) -> None:
    """Of each id the highest version is the last word, whoever else spoke of it, and it is true."""
    standing: dict[str, tuple[str, Finding]] = {}
    for whose, findings in truth(company, told).items():
        for name, finding in findings.items():
            assert name not in standing, "a conversation of two customers"
            standing[name] = whose, finding
    said: dict[str, list[tuple[int, str, Record]]] = defaultdict(list)
    for whose, customer in company.customers.items():
        for record in customer.published:
            said[str(record.get("alert_id") or record["flag_id"])].append((number(record), whose, record))
    for name, records in said.items():
        version = max(version for version, _, _ in records)
        last = [(whose, record) for v, whose, record in records if v == version]
        stands = {record["status"] != "retracted" for _, record in last}
        assert stands == {name in standing}, (name, last)
        if name in standing:
            whose, finding = standing[name]
            assert {by for by, _ in last} == {whose}
            assert all(body(record) == finding.body for _, record in last)
    assert set(standing) <= set(said)


def assert_versions_are_lawful(company: Company) -> None:
    """Of one customer's words on an id, versions never fall and each says one thing."""
    for customer in company.customers.values():
        newest: dict[str, tuple[int, Any]] = {}
        for record in [*customer.published, *customer.timelines]:
            name = str(record.get("alert_id") or record.get("flag_id") or record["customer_id"])
            version, says = number(record), (record["status"] == "retracted", body(record))
            before = newest.setdefault(name, (version, says))
            assert version >= before[0]
            assert version > before[0] or says == before[1]
            newest[name] = version, says


def assert_timelines_are_true(company: Company, told: Events) -> None:
    """The last word on a customer counts its touchpoints, or sends on to another who is there."""
    rows = defaultdict(list)
    for event in told:
        rows[company.resolver.final(event.identifiers)].append(event)
    for whose, customer in company.customers.items():
        if not customer.timelines:
            assert whose not in rows
            continue
        last = max(customer.timelines, key=number)
        if whose in rows:
            assert (last["status"], last["redirect_to"]) == ("current", None)
            assert len(customer.known.rows) == len(rows[whose])
        else:
            assert last["status"] == "merged"
            assert last["redirect_to"] not in (None, whose)


@given(events(), SCRIPTS, st.integers(0, 10**6))
@MANY
def test_however_it_is_interleaved_it_ends_as_one_picture_a_customer(told: Events, script: Script, seed: int) -> None:
    """The law of this room: one timeline for each touchpoint, and readers hold what one picture of all would say."""
    company = played(told, script, seed)
    assert_each_is_in_one_timeline(company, told)
    assert_readers_hold_the_truth(company, told)
    assert_versions_are_lawful(company)
    assert_timelines_are_true(company, told)
