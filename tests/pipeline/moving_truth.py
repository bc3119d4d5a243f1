"""What readers of a moving world should hold in the end, and the laws that all that it said must keep."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from pipeline.advance import picture
from pipeline.findings import ID_FIELDS, Finding, Record
from pipeline.kin.resolution import customer_named_by
from pipeline.touchpoint import Entry
from tests.pipeline.moving_world import NAMES, Company
from tests.pipeline.touchpoints import POLICY

Events = list[Entry]


def truth(company: Company, told: Events, over: datetime | None = None) -> dict[str, dict[str, Finding]]:
    """Return what stands of each customer that there is now, from one picture of everything."""
    rows = defaultdict(list)
    for event in told:
        whose = company.resolver.final(event.identifiers)
        namer = next(name for name in (*event.identifiers, *NAMES) if customer_named_by(name) == whose)
        rows[whose].append(replace(event, customer_id=whose, named_by=namer))
    return {whose: dict(picture(entries, POLICY, over=over).findings) for whose, entries in rows.items()}


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
    return {name: v for name, v in record.items() if name not in ("version", "status", "reason", *ID_FIELDS.values())}


def number(record: Record) -> int:
    """Return a record's version."""
    version = record["version"]
    assert isinstance(version, int)
    return version


def assert_readers_hold_the_truth(company: Company, told: Events, over: datetime | None = None) -> None:
    """Of each id the highest version is the last word, whoever else spoke of it, and it is true."""
    standing: dict[str, tuple[str, Finding]] = {}
    for whose, findings in truth(company, told, over).items():
        for name, finding in findings.items():
            assert name not in standing, "a conversation of two customers"
            standing[name] = whose, finding
    said: dict[str, list[tuple[int, str, Record]]] = defaultdict(list)
    for whose, customer in company.customers.items():
        for record in customer.published:
            name = str(next(record[own] for own in ID_FIELDS.values() if own in record))
            said[name].append((number(record), whose, record))
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
            name = str(next((record[own] for own in ID_FIELDS.values() if own in record), record["customer_id"]))
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
