"""The laws of identity on the real broker with two workers: any order, replay, merge and split end as the core says.

Villages without and with conflicts are fed in three orders each (one of them with a third of the events twice); then
all is fed again; then operators merge and split, and split and merge. After each of these steps a reader holds what
there is to read against the truth (`tests.whole.reader`). IDENTITY_SEEDS sets how many stories are told.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
import pytest_asyncio

from commands.children import Crew
from pipeline.touchpoint import Identifier
from tests.whole.harness import Record, Stage, restarts, stage
from tests.whole.operators import Operators, say
from tests.whole.reader import Read, Truth, read, wrong
from tests.whole.village import Event, Village, by_union_find, village

SEEDS = int(os.environ.get("IDENTITY_SEEDS", "2"))
FIRST_SEED = int(os.environ.get("IDENTITY_FIRST_SEED", "1"))
EVENTS = 16
STEPS = ("fed", "fed again", "merged", "merged then split", "split", "split then merged")


@dataclass(frozen=True, slots=True)
class Step:
    """What there was to read after a step, what came of it alone, and what should be."""

    heard: Read
    news: Read
    true: Truth


@dataclass(slots=True, repr=False)
class Told:
    """All villages, those of one story and its conflicts together, and what came after each step."""

    stories: dict[tuple[int, bool], list[Village]]
    steps: dict[str, Step] = field(default_factory=dict)
    restarts: list[str] = field(default_factory=list)
    words: dict[str, int] = field(default_factory=dict)

    @property
    def villages(self) -> list[Village]:
        """All of them."""
        return [each for same in self.stories.values() for each in same]


def orders(villages: Sequence[Village], dice: Random) -> list[list[Event]]:
    """Return a story's events in order of time, backwards, and shuffled with a third of them twice."""
    straight, backwards, shuffled = (list(each.events) for each in villages)
    backwards.reverse()
    shuffled += dice.sample(shuffled, len(shuffled) // 3)
    dice.shuffle(shuffled)
    return [straight, backwards, shuffled]


def bursts(told: Told, dice: Random) -> list[list[Event]]:
    """Return all events in three bursts; each village's in its own order."""
    parts: list[list[Event]] = [[], [], []]
    for same in told.stories.values():
        for events in orders(same, dice):
            third = len(events) // 3
            for number, some in enumerate((events[:third], events[third : 2 * third], events[2 * third :])):
                parts[number] += some
    return parts


async def step(at: Stage, crew: Crew, told: Told, name: str, true: Truth) -> None:
    """Wait until all is worked off, and read."""
    await at.until_worked_off(crew)
    heard = await read(at)
    before = list(told.steps.values())
    told.steps[name] = Step(heard, heard.after(before[-1].heard) if before else heard, true)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Takes two workers through all steps."""
    dice = Random(FIRST_SEED)  # noqa: S311 -- repeatable, not secret
    kinds = [(seed, conflicts) for seed in range(FIRST_SEED, FIRST_SEED + SEEDS) for conflicts in (False, True)]
    stories = {
        (seed, conflicts): [village(seed, 3 * i + n, EVENTS, conflicts=conflicts) for n in range(3)]
        for i, (seed, conflicts) in enumerate(kinds)
    }
    told = Told(stories)
    folder: Path = tmp_path_factory.mktemp("laws")
    at = await stage(kafka, "whole-laws.", folder, identity="directory")
    people = Operators(at, [event for each in told.villages for event in each.events])
    with at.worked(2) as crew:
        first, second, third = bursts(told, dice)
        await at.feed(event.raw for event in first)
        await at.until_worked_off(crew)
        await at.feed(event.raw for event in (*second, *third))
        await step(at, crew, told, "fed", people.truth)
        everything = list(people.events)
        dice.shuffle(everything)
        await at.feed(event.raw for event in everything)
        await step(at, crew, told, "fed again", people.truth)

        both = [(each, pair) for each in told.villages if (pair := people.mergeable(each)) is not None]
        told.words["merged"] = await say(at, [people.merged(*pair) for _, pair in both])
        await step(at, crew, told, "merged", people.truth)
        await say(at, [people.split(pair[1]) for _, pair in both])
        await step(at, crew, told, "merged then split", people.truth)

        both = [(each, pair) for each in told.villages if (pair := people.splittable(each)) is not None]
        told.words["split"] = await say(at, [people.split(pair[0]) for _, pair in both])
        await step(at, crew, told, "split", people.truth)
        await say(at, [people.merged(*pair) for _, pair in both])
        await step(at, crew, told, "split then merged", people.truth)
        told.restarts = restarts(crew)
    return told


@pytest.mark.parametrize("name", STEPS)
def test_a_reader_holds_the_truth(told: Told, name: str) -> None:
    """Each touchpoint is in its owner's timeline alone, alerts and flags are the core's, redirects lead on."""
    assert wrong(told.steps[name].heard, told.steps[name].true) == []


def test_without_conflicts_customers_are_those_of_a_union_find(told: Told) -> None:
    """Whatever the order: who stood together on an event is one, and nobody else."""
    heard = told.steps["fed"].heard
    for (_, conflicts), same in told.stories.items():
        for each in same if not conflicts else []:
            assert customers(heard, each) == by_union_find(each.events)


def customers(heard: Read, place: Village) -> set[frozenset[str]]:
    """Return the event ids of each current timeline of a village."""
    lines = [line for line in heard.timelines().values() if line["status"] == "current"]
    listed = [frozenset(each["event_id"] for each in line["touchpoints"]) for line in lines]
    return {each for each in listed if each & {event.event_id for event in place.events}}


@pytest.mark.parametrize("name", STEPS)
def test_every_order_ends_the_same(told: Told, name: str) -> None:
    """The villages of one story differ in nothing but their names: customers, contacts, alerts and flags."""
    for story, same in told.stories.items():
        one, *others = [shape(told.steps[name].heard, each) for each in same]
        for other in others:
            assert other == one, story


def shape(heard: Read, place: Village) -> list[object]:
    """Return what stands of a village, without its people's names."""
    own = f"V{place.number:04}-"
    standing = [r for topic in ("detractor-alerts", "repeat-contacts") for r in heard.standing(topic).values()]
    return [
        sorted(sorted(e.removeprefix(own) for e in each) for each in customers(heard, place)),
        sorted(
            (
                [each["event_id"].removeprefix(own) for each in record["evidence"]],
                repr([record.get(f) for f in ("basis", "score", "mood", "topics", "same_topic", "chain_length")]),
            )
            for record in standing
            if record["evidence"][0]["event_id"].startswith(own)
        ),
    ]


@pytest.mark.parametrize(
    ("name", "began"), [("fed again", "fed"), ("merged then split", "fed"), ("split then merged", "fed")]
)
def test_it_is_where_it_began(told: Told, name: str, began: str) -> None:
    """Fed again, merged then split, split then merged: customers, alerts and flags are those from before."""
    then, now = told.steps[began].heard, told.steps[name].heard
    assert [shape(now, each) for each in told.villages] == [shape(then, each) for each in told.villages]


@pytest.mark.parametrize(
    ("name", "reason"),
    [("merged", "identity_merge"), ("merged then split", "identity_split"), ("split", "identity_split")],
)
def test_flags_and_alerts_follow_with_their_reasons(told: Told, name: str, reason: str) -> None:
    """What is raised, said otherwise or taken back by a word says so: identity_merge, identity_split.

    With conflicts a split can give to one what was tied between two, which is a merge.
    """
    for (_, conflicts), same in told.stories.items():
        said = [r for each in same for r in of(each, told.steps[name].news) if r["status"] == "retracted"]
        reasons = {record["reason"] for record in said}
        assert reasons <= ({reason} if not conflicts else {"identity_merge", "identity_split"}), said


def of(place: Village, heard: Read) -> list[Record]:
    """Return all that was said on the alerts and flags of a village."""
    own = {each["customer_id"] for each in heard.records("timelines") if named_in(place, each)}
    return [
        r for topic in ("detractor-alerts", "repeat-contacts") for r in heard.records(topic) if r["customer_id"] in own
    ]


def named_in(place: Village, line: Record) -> bool:
    """Say whether a timeline is named by an identifier of the village."""
    return Identifier(**line["named_by"]) in {one for event in place.events for one in event.identifiers}


def test_something_happened(told: Told) -> None:
    """Customers were merged and told apart, timelines ended, and no worker left."""
    assert told.words["merged"]
    assert told.words["split"]
    for name, topic in (("merged then split", "detractor-alerts"), ("split", "repeat-contacts")):
        assert any(record["status"] == "retracted" for record in told.steps[name].news.records(topic))
    for name in STEPS:
        assert any(line["status"] == "merged" for line in told.steps[name].heard.timelines().values())
    assert told.restarts == []
