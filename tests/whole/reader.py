"""A reader downstream of Tellonce, written from the contracts alone, and what it holds against the truth.

Rule 1. Of an id the highest version counts; what was retracted does not stand; a timeline without a value is gone with
        all that was said of it; one that was merged sends the reader on.
Rule 2. The truth is the pure core's: whose an event is by all bonds and verdicts at once, and one picture of all
        touchpoints of a customer. The slow reference (`tests.whole.reference`) is held against it as well.
Rule 3. What is wrong is returned as lines of text, so that one run shows all of it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from agents.contracts import default_policy
from commands.streams import read_to_the_end
from pipeline.flow import picture
from pipeline.kin import Bond, KinRules, Pair, Resolution, Verdict, bonds_of, customer_named_by, owner, resolve
from pipeline.records import entry_of, touchpoint
from pipeline.touchpoint import Identifier
from tests.whole import reference
from tests.whole.harness import Record, Stage
from tests.whole.village import Event

IDS = {"timelines": "customer_id", "detractor-alerts": "alert_id", "repeat-contacts": "flag_id"}
KINDS = {"detractor-alert": "detractor-alerts", "repeat-contact": "repeat-contacts"}
HOW = {"version", "status", "reason", "alert_id", "flag_id", "origin"}
"""What a record says of how it came about."""


@dataclass(frozen=True, slots=True)
class Said:
    """A record, and where it stands in its topic."""

    place: tuple[str, int, int]
    key: bytes
    record: Record | None


@dataclass(frozen=True, slots=True)
class Truth:
    """Who is who, in the end: all events that count, and what resolves them; `forgotten` is whoever was erased."""

    events: Mapping[str, Event]
    resolution: Resolution
    forgotten: Collection[Identifier] = ()

    def whose(self, event: Event) -> str:
        """Return the customer of an event: another's that carries a forgotten identifier too stays the other's."""
        found = owner([one for one in event.identifiers if one not in self.forgotten], self.resolution.answers)
        assert found is not None
        return found.customer_id

    @property
    def customers(self) -> dict[str, set[str]]:
        """The event ids of each customer."""
        found: dict[str, set[str]] = defaultdict(set)
        for event in self.events.values():
            found[self.whose(event)].add(event.event_id)
        return dict(found)


def truth(
    events: Iterable[Event],
    rules: KinRules,
    verdicts: Collection[Verdict] = (),
    *,
    forgotten: Collection[Identifier] = (),
    gone: Collection[str] = (),
) -> Truth:
    """Return who is who by all of the events and the newest verdict of each pair.

    `forgotten` are the identifiers of those who were erased, `gone` the events that were theirs.
    """
    told = {event.event_id: event for event in events}
    newest = {verdict.pair: verdict for verdict in sorted(verdicts, key=lambda each: each.at)}
    every = bonds(told.values(), rules)
    left = [bond for both, bond in every.items() if frozenset(forgotten).isdisjoint(both)]
    counting = {event_id: event for event_id, event in told.items() if event_id not in gone}
    return Truth(counting, resolve(left, newest.values(), rules), frozenset(forgotten))


def bonds(events: Iterable[Event], rules: KinRules) -> dict[Pair, Bond]:
    """Return every bond that the events show."""
    found: dict[Pair, Bond] = {}
    for event in events:
        for bond in bonds_of(event.identifiers, event.occurred_at, event.event_id, rules):
            found[bond.pair] = bond.merged(found[bond.pair]) if bond.pair in found else bond
    return found


@dataclass(frozen=True, slots=True)
class Read:
    """All that was published, topic by topic, each partition in its order."""

    said: Mapping[str, list[Said]]

    def records(self, name: str) -> Iterator[Record]:
        """Yield the records of a topic."""
        return (each.record for each in self.said[name] if each.record is not None)

    def after(self, other: "Read") -> "Read":
        """Return what was published since."""
        known = {each.place for told in other.said.values() for each in told}
        return Read({name: [each for each in told if each.place not in known] for name, told in self.said.items()})

    def last_words(self, name: str) -> dict[str, list[Record]]:
        """Return the records of the highest version of each id (Rule 1); more than one says the same, or is wrong."""
        gone = {each.key: each.place for each in self.said[name] if each.record is None}
        best: dict[str, list[Record]] = {}
        for each in self.said[name]:
            if each.record is None or (each.key in gone and each.place < gone[each.key]):
                continue
            told = best.setdefault(each.record[IDS[name]], [])
            if not told or each.record["version"] > told[0]["version"]:
                told[:] = [each.record]
            elif each.record["version"] == told[0]["version"]:
                told.append(each.record)
        return best

    def standing(self, name: str) -> dict[str, Record]:
        """Return what stands of a topic's alerts or flags, by id."""
        last = {own: told[-1] for own, told in self.last_words(name).items()}
        return {own: record for own, record in last.items() if record["status"] != "retracted"}

    def timelines(self) -> dict[str, Record]:
        """Return the last word on each customer."""
        return {own: told[-1] for own, told in self.last_words("timelines").items()}

    def erased(self) -> set[str]:
        """Return the customers whose timeline was ended without a word."""
        return {each.key.decode() for each in self.said["timelines"] if each.record is None}

    def touchpoints(self) -> dict[str, Record]:
        """Return each event's touchpoint, as the smallest place of its raw event tells it."""
        found: dict[str, Record] = {}
        for record in self.records("touchpoints"):
            other = found.setdefault(record["event_id"], record)
            if _origin(record) < _origin(other):
                found[record["event_id"]] = record
        return found


async def read(at: Stage) -> Read:
    """Return all that was published up to now."""
    names = ("touchpoints", *IDS)
    found = await read_to_the_end(at.bootstrap, at.named(names))
    return Read(
        {
            name: [
                Said(
                    (name, each.partition, each.offset),
                    each.key or b"",
                    None if each.value is None else at.book.decode(at.subjects[name], each.value),
                )
                for each in found[at.prefix + name]
            ]
            for name in names
        }
    )


def wrong(heard: Read, true: Truth) -> list[str]:
    """Return what a reader would hold that is not true, or would miss (Rule 3)."""
    return [
        *_two_words(heard),
        *_misplaced(heard, true),
        *_two_crm_ids(heard, true),
        *_astray(heard, true),
        *_not_the_core_s(heard, true),
        *_not_the_reference_s(heard, true),
    ]


def _two_words(heard: Read) -> Iterator[str]:
    """One version of an id says one thing."""
    for name in IDS:
        for own, told in heard.last_words(name).items():
            says = {(record["status"] in {"retracted", "merged"}, repr(_placeless(record))) for record in told}
            if len(says) > 1:
                yield f"{name} {own}: version {told[0]['version']} says {sorted(says)}"


def _misplaced(heard: Read, true: Truth) -> Iterator[str]:
    """Every touchpoint is in one current timeline, which is its owner's; and every current timeline is somebody's."""
    seen: dict[str, list[str]] = defaultdict(list)
    for own, line in heard.timelines().items():
        if line["status"] != "current":
            continue
        for each in line["touchpoints"]:
            seen[each["event_id"]].append(own)
        if line["touchpoint_count"] != len(line["touchpoints"]):
            yield f"timelines {own}: counts {line['touchpoint_count']}, lists {len(line['touchpoints'])}"
    wanted = {event_id: [true.whose(event)] for event_id, event in true.events.items()}
    for event_id in sorted(wanted.keys() | seen.keys()):
        if sorted(seen.get(event_id, [])) != wanted.get(event_id, []):
            yield f"touchpoint {event_id}: in {seen.get(event_id, [])}, not {wanted.get(event_id, [])}"


def _two_crm_ids(heard: Read, true: Truth) -> Iterator[str]:
    """No customer holds two CRM ids."""
    by_customer: dict[str, set[Identifier]] = defaultdict(set)
    for one, answer in true.resolution.answers.items():
        if one.type == "crm_id":
            by_customer[answer.customer_id].add(one)
    yield from (f"customer {own}: {sorted(crm)}" for own, crm in by_customer.items() if len(crm) > 1)
    for own, line in heard.timelines().items():
        if line["status"] == "current":
            listed = [true.events.get(each["event_id"]) for each in line["touchpoints"]]
            leaders = {e.identifiers[0] for e in listed if e is not None and e.identifiers[0].type == "crm_id"}
            if len(leaders) > 1:
                yield f"timelines {own}: {sorted(leaders)}"


def _astray(heard: Read, true: Truth) -> Iterator[str]:
    """Whoever follows a merged timeline arrives at one that is current, the owner's of what named it."""
    lines, erased = heard.timelines(), heard.erased()
    for own, line in lines.items():
        to, hops = own, [own]
        while to in lines and lines[to]["status"] == "merged" and len(hops) < 20:
            to = lines[to]["redirect_to"]
            hops.append(to)
        if to in erased and to not in lines:
            continue
        if to not in lines or lines[to]["status"] != "current":
            yield f"timelines {own}: {hops} leads nowhere"
            continue
        named_by = Identifier(line["named_by"]["type"], line["named_by"]["value"])
        whose = true.resolution.answers.get(named_by)
        if (
            whose is not None
            and whose.parked is None
            and whose.customer_id != to
            and whose.customer_id in true.customers
        ):
            yield f"timelines {own}: {hops}, but {named_by} is {whose.customer_id}'s"


def _not_the_core_s(heard: Read, true: Truth) -> Iterator[str]:
    """Alerts and flags are those of one picture of each customer's touchpoints, field by field."""
    told = heard.touchpoints()
    namers = {customer_named_by(one): one for event in true.events.values() for one in event.identifiers}
    rows: dict[str, list[Any]] = defaultdict(list)
    for event_id, event in true.events.items():
        if event_id not in told:
            yield f"touchpoint {event_id}: never published"
            continue
        whose = true.whose(event)
        entry = entry_of(touchpoint(told[event_id]))
        rows[whose].append(replace(entry, customer_id=whose, named_by=namers[whose], epoch=0, answers=()))
    findings = [f for own in rows.values() for f in picture(own, default_policy()).findings.values()]
    for kind, name in KINDS.items():
        wanted = {f.finding_id: _bare(f.body) for f in findings if f.kind == kind}
        found = {own: _bare(record) for own, record in heard.standing(name).items()}
        for own in sorted(wanted.keys() | found.keys()):
            if own not in wanted:
                yield f"{name} {own}: stands, should not: {found[own]}"
            elif own not in found:
                yield f"{name} {own}: missed: {wanted[own]}"
            elif wanted[own] != found[own]:
                parts = {f: (found[own].get(f), wanted[own].get(f)) for f in wanted[own]}
                yield f"{name} {own}: { ({f: both for f, both in parts.items() if both[0] != both[1]}) }"


def _not_the_reference_s(heard: Read, true: Truth) -> Iterator[str]:
    """As many alerts and flags, on the same touchpoints, as the slow reference finds."""
    rules, told = reference.Rules.read(), heard.touchpoints()
    wanted: dict[str, list[Any]] = {name: [] for name in KINDS.values()}
    for events in true.customers.values():
        touches = [told[event_id] for event_id in events if event_id in told]
        wanted["detractor-alerts"] += [(a.basis, a.evidence) for a in reference.alerts(touches, rules)]
        wanted["repeat-contacts"] += [(f.same_topic, f.evidence) for f in reference.flags(touches, rules)]
    found = {
        name: [
            (
                record["basis"] if name == "detractor-alerts" else record["same_topic"],
                tuple((each["source"], each["event_id"]) for each in record["evidence"]),
            )
            for record in heard.standing(name).values()
        ]
        for name in KINDS.values()
    }
    for name, each in wanted.items():
        if sorted(each) != sorted(found[name]):
            missed = [one for one in each if one not in found[name]]
            yield f"{name}: missed {missed}, too much {[one for one in found[name] if one not in each]}"


def _bare(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in HOW}


def _placeless(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record without where its evidence stands: of an event told twice that is the first, once it is heard."""
    bare = _bare(record)
    if "evidence" in bare:
        bare["evidence"] = [(each["source"], each["event_id"]) for each in bare["evidence"]]
    return bare


def _origin(record: Record) -> tuple[str, int, int]:
    origin = record["origin"]
    return origin["topic"], origin["partition"], origin["offset"]
