"""`python -m bench.scale`: where an installation of a given size meets its first wall, and what the numbers rest on.

Rule 1. What can be counted or measured in seconds is measured here, on the simulation's town: what a customer brings
        to the directory and the resolver, what that takes. What takes a Kafka is given: each option names the command
        that measures it.
Rule 2. The rest is `bench.plan`'s arithmetic.
"""

import asyncio
import json
import time
from collections import Counter
from dataclasses import asdict
from itertools import takewhile

import click

from agents import topics as topic_list
from agents.contracts import identifiers_in_force, schema_book
from agents.known import Known
from bench.plan import GIB, Costs, Plan, Size, crews, most_customers, most_new_events, plan, start
from commands.evaluation import Town, town
from commands.resolving import resolved
from pipeline.kin import bonds_of, customer_named_by, pair_digest
from pipeline.records import identifier_record
from pipeline.touchpoint import Identifier

PEOPLE, SEED = 500, 1
"""Of the town that is asked."""

BUSY = 0.6
"""Share of its time that a worker of one core works, so that a peak or a lost neighbour finds room."""

HEARD = 20_000
HOURS = 12


@click.command()
@click.option("--workers", default=100, show_default=True, type=click.IntRange(1), help="Workers.")
@click.option("--customers", default=50_000_000, show_default=True, type=click.IntRange(1), help="Customers.")
@click.option("--rate", default=20_000, show_default=True, type=click.IntRange(1), help="Events a second.")
@click.option(
    "--event", default=1200.0, show_default=True, help="Microseconds of CPU an event: python -m bench.scaleout."
)
@click.option("--recovered", default=20_000.0, show_default=True, help="Rows read back a second: make recovery.")
@click.option("--row", default=330.0, show_default=True, help="Bytes of a row of state, key and value.")
@click.option("--memory", default=4.0, show_default=True, help="GiB that a worker's directory may take.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(  # noqa: PLR0917 -- one for each option
    workers: int,
    customers: int,
    rate: int,
    event: float,
    recovered: float,
    row: float,
    memory: float,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Say what an installation of this size comes to, and where its first wall is."""
    size = Size(workers=workers, customers=customers, rate=rate)
    costs = measured(event / 1e6, recovered, row)
    listed = topic_list.load()
    fixed = [topic.partitions for topic in listed if topic.partitions]
    found = plan(size, costs, len(listed) - len(fixed), sum(fixed))
    hours = list(start(size, costs, HOURS))
    walls = {
        "customers_that_a_directory_has_room_for": most_customers(memory * GIB, costs),
        "first_events_a_second_that_the_resolver_keeps_up_with": most_new_events(costs),
        "workers_that_the_events_take": crews(size, costs, BUSY),
    }
    if as_json:
        parts = {"size": asdict(size), "costs": asdict(costs), "plan": asdict(found), "walls": walls}
        click.echo(json.dumps({**parts, "start": [asdict(hour) for hour in hours]}))
        return
    click.echo("\n".join((*_costs(costs), "", *_plan(size, found), "", *_walls(walls, memory), "", "At the start:")))
    click.echo(f"{'hour':>6}{'events each':>14}{'need it':>10}{'claims/s':>10}{'wait':>14}{'late by':>10}")
    for each in hours:
        late = f"{each.late_seconds / 60:,.0f} min"
        click.echo(
            f"{each.hour:>6}{each.events_a_customer:>14.1f}{each.share:>10.1%}{each.claims_a_second:>10,.0f}"
            f"{each.waiting:>14,.0f}{late:>10}"
        )


def measured(event_seconds: float, recovered: float, row_bytes: float) -> Costs:
    """Return what the town costs; the three that are given take a Kafka to measure."""
    told = town(SEED, PEOPLE, lambda _events: lambda: None)
    of_claims = asyncio.run(resolved(told, time.process_time, lambda: None))
    identifiers, pairs = of_claims["directory"]["identifiers"], of_claims["directory"]["pairs"]
    return Costs(
        event_seconds=event_seconds,
        claim_seconds=1 / of_claims["claims_a_second"],
        hear_seconds=hearing(),
        said_a_claim=of_claims["said_a_claim"],
        identifiers=identifiers["count"] / PEOPLE,
        pairs=pairs["count"] / PEOPLE,
        identifier_bytes=identifiers["memory_bytes"],
        pair_bytes=pairs["memory_bytes"],
        identifier_record=identifiers["record_bytes"],
        pair_record=pairs["record_bytes"],
        row_bytes=row_bytes,
        recovered_a_second=recovered,
        shares=shares(told),
    )


def shares(told: Town) -> tuple[float, ...]:
    """Return which share of the town's people have a first event that needs the resolver, a second one, and so on."""
    rules, person_of = identifiers_in_force().kin, told.answers.known().person_of
    known: set[str] = set()
    heard: Counter[object] = Counter()
    new: Counter[int] = Counter()
    for event in told.seen:
        person = person_of.get(event.name)
        heard[person] += 1
        bonds = bonds_of(event.identifiers, event.at, "", rules)
        digests = {pair_digest(bond.pair, event.at, rules) for bond in bonds}
        new[heard[person]] += not digests <= known
        known |= digests
    last = max(number for number, count in new.items() if count)
    return tuple(new[number] / PEOPLE for number in range(1, last + 1))


def hearing() -> float:
    """Return the seconds of CPU in which a worker takes one record of the directory, read from its bytes."""
    book, known = schema_book(), Known()
    records = []
    for number in range(HEARD):
        named = Identifier("crm_id", f"C-{number // 2}")
        own = named if number % 2 else Identifier("email", f"nobody.{number}@example.com")
        entry = {
            "identifier": identifier_record(own),
            "customer_id": customer_named_by(named),
            "named_by": identifier_record(named),
            "parked": None,
            "epoch": number,
            "pair": None,
        }
        records.append(book.encode("directory-entry", entry))
    began = time.process_time()
    for record in records:
        known.hear(book.decode("directory-entry", record))
    return (time.process_time() - began) / HEARD


def _costs(costs: Costs) -> list[str]:
    most = takewhile(lambda share: share > 0.01, costs.shares)  # noqa: PLR2004 -- a hundredth says nothing here
    each = f"{costs.identifiers:.2f} identifiers, {costs.pairs:.2f} pairs, {sum(costs.shares):.2f} claims"
    memory = f"{costs.identifier_bytes:.0f} bytes of memory an identifier, {costs.pair_bytes:.0f} a pair"
    needs = ", ".join(f"{share:.0%}" for share in most)
    return [
        "Measured here, on an invented town:",
        f"  a customer brings  {each}",
        f"  the directory      {memory}; {costs.identifier_record:.0f} and {costs.pair_record:.0f} of record",
        f"  hearing a record   {costs.hear_seconds * 1e6:.1f} us; {costs.said_a_claim:.1f} records follow from a claim",
        f"  the resolver       {1 / costs.claim_seconds:,.0f} claims a second",
        f"  needs the resolver {needs} of customers' first, second, ... events",
    ]


def _plan(size: Size, found: Plan) -> list[str]:
    asked = (
        f"{size.workers} workers, {size.customers:,} customers of {size.entries} touchpoints, {size.rate:,} events/s"
    )
    topic, read = f"{found.directory_topic_gib:.1f} GiB of records", found.directory_start_seconds / 60
    hearing = f"{found.hearing_share:.2%} of a worker's, {found.hearing_share_at_most:.0%} at the resolver's full pace"
    return [
        f"{asked}:",
        f"  events             {found.event_cores:.1f} cores of work",
        f"  topics             {found.partitions:,} partitions, {found.copies:,} with their copies",
        f"  directory          {found.directory_gib:.1f} GiB in every worker",
        f"                     {topic}, {read:.0f} min of CPU to read at each start",
        f"  state              {found.state_gib_a_worker:.2f} GiB a worker, {found.recovery_seconds:.0f} s to read",
        f"  resolver, once     {found.first_claims:,.0f} claims until everybody is known",
        f"  resolver, steady   {found.steady_claims_a_second:.1f} claims/s, {found.resolver_share:.1%} of its time",
        f"  hearing of them    {hearing}",
    ]


def _walls(walls: dict[str, int], memory: float) -> list[str]:
    room, new, workers = walls.values()
    return [
        f"Walls: a directory of {memory:g} GiB has room for {room:,} customers, whatever the number of workers;",
        f"       the resolver keeps up with {new:,} events/s of people who were never there before;",
        f"       the events take {workers} workers of one core that work {BUSY:.0%} of the time.",
    ]


if __name__ == "__main__":
    main()
