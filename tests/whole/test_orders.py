"""The laws on the real broker: two workers, the same events in two orders, some of them twice, the same outcome.

The first order is event time, all JSON. The second is a seeded shuffle in which a third of the events come twice and
the sources that can write Avro do; so the two ways to write an event are held to be one as well.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
import pytest_asyncio

from commands.playing import wire
from commands.settled import Outcome
from pipeline.advance import EPOCH
from simulation import Answers, KnownAnswer, Repeat, Simulated, simulate
from tests.whole.harness import Raw, Record, Stage, ids, run, stage

START = datetime(2026, 9, 1, tzinfo=UTC)
CUSTOMERS, SEED = 60, 31
AVRO = {"phone", "email", "survey"}
"""Their fields hold no score without a scale's type, no time without an offset: what they say fits their schema."""
LOG = {"topic", "partition", "offset"}
IDS = {
    "detractor-alerts": "alert_id",
    "repeat-contacts": "flag_id",
    "journey-signals": "signal_id",
    "timelines": "customer_id",
}


@dataclass(frozen=True, slots=True)
class Heard:
    """One order: what was fed, everything that was published, and what stands."""

    fed: list[Raw]
    records: dict[str, list[Record]]
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Both:
    """The two orders, and what the simulation says should be found."""

    events: list[Simulated]
    known: KnownAnswer
    straight: Heard
    shuffled: Heard

    @property
    def each(self) -> tuple[Heard, Heard]:
        """Both orders."""
        return self.straight, self.shuffled


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def both(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Both:
    """Feeds the events to two workers, in either order, on topics of its own."""
    told = simulate(SEED, CUSTOMERS, START)
    events = sorted(told, key=lambda event: (event.occurred_at, event.event_id))
    answers = Answers()
    for event in sorted(events, key=lambda event: event.sent_at):
        answers.hear(event)
    heard = []
    for name in ("whole-straight.", "whole-shuffled."):
        at = await stage(kafka, name, tmp_path_factory.mktemp(name.strip(".")))
        fed = _straight(events) if name == "whole-straight." else _shuffled(events, at)
        records = await run(at, fed, number=2)
        heard.append(Heard(fed, records, at.settled(records)))
    return Both(events, answers.known(), *heard)


def _straight(events: list[Simulated]) -> list[Raw]:
    return [Raw(event.source, wire(event), event.key) for event in events]


def _shuffled(events: list[Simulated], at: Stage) -> list[Raw]:
    dice = Random(SEED)  # noqa: S311 -- repeatable, not secret
    fed = [Raw(e.source, wire(e, at.book if e.source in AVRO else None), e.key) for e in events]
    fed += dice.sample(fed, len(fed) // 3)
    dice.shuffle(fed)
    return fed


@pytest.mark.parametrize("name", ["touchpoints", "timelines", "detractor-alerts", "repeat-contacts", "journey-signals"])
def test_the_order_of_arrival_does_not_matter(both: Both, name: str) -> None:
    """What stands on each topic is the same in either order, but for where each event stood in its log."""
    one, other = (_placeless(heard.outcome.standing[name]) for heard in both.each)
    assert one == other
    assert one


def test_every_event_is_a_touchpoint_or_a_dead_letter(both: Both) -> None:
    """Every event's id ends among the touchpoints or the dead letters, and none in both."""
    wanted = {(e.source, e.event_id) for e in both.events if e.rejected_for is None}
    broken = {e.key for e in both.events if e.rejected_for is not None}
    for heard in both.each:
        touched = [(t["source"], t["event_id"]) for t in heard.outcome.standing["touchpoints"]]
        assert Counter(touched) == Counter(wanted)
        assert {letter["key"] for letter in heard.records["dead-letters"]} == broken


def test_received_is_admitted_and_rejected(both: Both) -> None:
    """Each record of the raw topics is one touchpoint or one dead letter, however often a rebalance repeats it."""
    for heard in both.each:
        letters = heard.outcome.standing["dead-letters"]
        assert len(set(ids(heard.records["dead-letters"], "dead_letter_id"))) == len(letters)
        assert len(heard.fed) == heard.outcome.admitted + len(letters)


def test_every_event_is_its_customers(both: Both) -> None:
    """Each touchpoint is named as the known answer has it, and stands in that customer's timeline, and in no other."""
    named = {event: tuple(name) for event, name in both.known.customer_of.items()}
    for heard in both.each:
        touches = heard.outcome.standing["touchpoints"]
        assert {touch["event_id"]: tuple(_values(touch["named_by"])) for touch in touches} == named
        listed = Counter(
            (line["customer_id"], each["event_id"])
            for line in heard.outcome.standing["timelines"]
            for each in _listed(line)
        )
        assert listed == Counter((touch["customer_id"], touch["event_id"]) for touch in touches)
    assert both.shuffled.outcome.merged == both.straight.outcome.merged > 0


def _listed(line: Mapping[str, Any]) -> list[dict[str, Any]]:
    touches: list[dict[str, Any]] = line["touchpoints"]
    return touches


def _values(named_by: Any) -> tuple[str, str]:  # noqa: ANN401 -- a decoded record
    return named_by["type"], named_by["value"]


def test_ids_are_unique_and_the_highest_version_stands(both: Both) -> None:
    """Of each id the highest version that was ever published stands, unless that takes it back or leads elsewhere."""
    for heard in both.each:
        for name, own in IDS.items():
            highest: dict[str, int] = {}
            retracted: dict[str, bool] = {}
            for record in heard.records[name]:
                if record["version"] >= highest.get(record[own], 0):
                    highest[record[own]] = record["version"]
                    retracted[record[own]] = record["status"] in {"retracted", "merged"}
            standing = heard.outcome.standing[name]
            assert len(set(ids(standing, own))) == len(standing)
            wanted = {k: v % EPOCH for k, v in highest.items() if not retracted[k]}
            assert {r[own] for r in standing} == wanted.keys()
            if name != "timelines":  # of which it is said how many touchpoints were heard
                assert {r[own]: r["version"] for r in standing} == wanted


def test_one_version_says_one_thing(both: Both) -> None:
    """Records of one id and version differ in nothing that a reader acts on."""
    for heard in both.each:
        for name, own in IDS.items():
            said: dict[tuple[object, ...], set[str]] = {}
            for record in heard.records[name]:
                how = (record["status"],) if record["status"] in {"retracted", "merged"} else ()
                bare = {k: v for k, v in record.items() if k not in {"reason", "status"}}
                said.setdefault((record[own], record["version"]), set()).add(repr((how, _placeless([bare]))))
            assert [key for key, texts in said.items() if len(texts) > 1] == [], name


def test_the_known_answers_are_found(both: Both) -> None:
    """Rejections, customers, explicit detractors and repeats are those of the plots; no angry word is lost."""
    known = both.known
    assert Counter(letter["reason"] for letter in both.straight.outcome.standing["dead-letters"]) == (
        known.rejected_by_reason
    )
    for heard in both.each:
        assert heard.outcome.customers_named == known.customers
        alerts: Any = heard.outcome.standing["detractor-alerts"]
        flags: Any = heard.outcome.standing["repeat-contacts"]
        explicit = {(*_last(each), each["score"]["metric"]) for each in alerts if each["basis"] == "explicit"}
        inferred = {_last(each) for each in alerts if each["basis"] == "inferred"}
        assert explicit == {(alert.source, alert.event_id, alert.metric) for alert in known.explicit}
        assert inferred >= {(alert.source, alert.event_id) for alert in known.inferred}
        firsts = _firsts(heard)
        repeats = {(_last(flag), firsts[str(flag["related_contact"])]) for flag in flags}
        about = {(_last(flag), firsts[str(flag["related_contact"])]) for flag in flags if flag["same_topic"]}
        assert repeats == {_scripted(repeat) for repeat in known.any_topic}
        assert about == {_scripted(repeat) for repeat in known.same_topic}
    assert known.explicit
    assert known.same_topic
    assert known.rejected_by_reason


Place = tuple[str, str]


def _scripted(repeat: Repeat) -> tuple[Place, Place]:
    return (repeat.source, repeat.first_event_id), (repeat.previous_source, repeat.previous_event_id)


def _last(finding: Mapping[str, Any]) -> Place:
    """Return the touchpoint that a finding stands on: the last of its evidence."""
    last = finding["evidence"][-1]
    return last["source"], last["event_id"]


def _firsts(heard: Heard) -> dict[str, Place]:
    """Return the first touchpoint of each contact, surveys aside, by the contact's id."""
    found: dict[str, Place] = {}
    for line in heard.outcome.standing["timelines"]:
        for each in _listed(line):
            if each["channel"] != "survey":
                found.setdefault(each["contact_id"], (each["source"], each["event_id"]))
    return found


def _placeless(records: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the records without where the raw events stood in their logs."""
    return [
        {
            name: [{k: v for k, v in each.items() if k not in LOG} for each in value] if name == "evidence" else value
            for name, value in record.items()
            if name != "origin"
        }
        for record in records
    ]
