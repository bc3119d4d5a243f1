"""What operators say in the tests of identity: the words as `tellonce identity` sends them, and what they must mean.

Rule 1. A word goes to identity-claims as `commands.words` writes it; whoever sends many does not wait for each answer.
Rule 2. What it means is the pure core's verdicts on all bonds and verdicts so far. Words of different villages have
        nothing to do with each other, so their order does not matter.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from aiokafka import AIOKafkaProducer

from agents.installation import Installation
from agents.settings import Settings
from commands.words import Spoken
from pipeline.kin import Bond, KinRules, NotMerged, Pair, Verdict, World, customer_named_by, merge, reachable, split
from pipeline.touchpoint import Identifier
from tests.whole.harness import Stage
from tests.whole.reader import Truth, bonds, truth
from tests.whole.village import Event, Village

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)


@cache
def rules_of(at: str) -> KinRules:
    """Return the rules that the workers of a Kafka have: the default ones."""
    return Installation.of(Settings(), at, Path("/nowhere")).identifiers.kin


@dataclass
class Operators:
    """Those who speak, and all that they have said."""

    at: Stage
    events: Sequence[Event]
    spoken: list[Verdict] = field(default_factory=list)
    words: int = 0
    forgotten: set[Identifier] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)

    @property
    def rules(self) -> KinRules:
        """How identifiers link."""
        return rules_of(self.at.bootstrap)

    @property
    def truth(self) -> Truth:
        """Who is who by now."""
        return truth(self.events, self.rules, self.spoken, forgotten=self.forgotten, gone=self.gone)

    def merged(self, one: Identifier, other: Identifier) -> Spoken | None:
        """Return the word that two are one, and remember what it means; None where it means nothing."""
        at = self._moment()
        verdicts = merge(one, other, self._world((one, other)), self.rules, at)
        if isinstance(verdicts, NotMerged) or not verdicts:
            return None
        self.spoken += verdicts
        return Spoken(kind="merge", identifiers=(one, other), by="ann", why="she said so", at=at)

    def split(self, one: Identifier) -> Spoken | None:
        """Return the word that one is somebody else's, and remember what it means; None where it means nothing."""
        at = self._moment()
        verdicts = split(one, self._world((one,)), self.rules, at)
        self.spoken += verdicts
        return Spoken(kind="split", identifiers=(one,), by="ann", why="he said no", at=at) if verdicts else None

    def erased(self, one: Identifier) -> Spoken:
        """Return the word that takes a person out, and remember what it means."""
        before = self.truth
        whose = before.resolution.answers[one].customer_id
        own = {each for each, answer in before.resolution.answers.items() if answer.customer_id == whose}
        self.gone |= before.customers.get(whose, set())
        self.forgotten |= own
        self.spoken = [verdict for verdict in self.spoken if own.isdisjoint(verdict.pair)]
        return Spoken(kind="erase", identifiers=(one,), by="ann", why="asked to", at=self._moment())

    def mergeable(self, place: Village) -> tuple[Identifier, Identifier] | None:
        """Return two identifiers of two customers of a village that may be one, neither of them parked."""
        answers = self.truth.resolution.answers
        own = sorted({one for event in place.events for one in event.identifiers} & answers.keys())
        crm = {answers[one].customer_id for one in own if one.type == "crm_id"}
        free = [one for one in own if answers[one].parked is None]
        for one in free:
            for other in free:
                both = {answers[one].customer_id, answers[other].customer_id}
                if len(both) == 2 and len(both & crm) < 2 and self._touched(place, one, other):
                    return one, other
        return None

    def splittable(self, place: Village) -> tuple[Identifier, Identifier] | None:
        """Return an identifier of a village's customer that has others, and another that it stood with."""
        answers = self.truth.resolution.answers
        for event in place.events:
            for one in event.identifiers[1:]:
                lead = event.identifiers[0]
                if one not in answers or lead not in answers:  # erased since
                    continue
                same = answers[one].customer_id == answers[lead].customer_id
                if same and answers[one].parked is answers[lead].parked is None:
                    return one, lead
        return None

    def _touched(self, place: Village, *names: Identifier) -> bool:
        return all(any(one == event.identifiers[0] for event in place.events) for one in names)

    def _moment(self) -> datetime:
        self.words += 1
        return NOON + timedelta(seconds=self.words)

    def _world(self, start: Collection[Identifier]) -> World:
        every = {both: bond for both, bond in bonds(self.events, self.rules).items() if self.forgotten.isdisjoint(both)}
        newest: dict[Pair, Verdict] = {each.pair: each for each in sorted(self.spoken, key=lambda v: v.at)}

        def bonds_at(one: Identifier, type_: str) -> Iterable[Bond]:
            return [bond for bond in every.values() if one in bond.pair and bond.other(one).type == type_]

        def verdicts_at(one: Identifier) -> Iterable[Verdict]:
            return [verdict for verdict in newest.values() if one in verdict.pair]

        return reachable(start, bonds_at, verdicts_at, self.rules).now


async def say(at: Stage, words: Iterable[Spoken | None]) -> int:
    """Send words as `commands.words` does, and return how many."""
    producer = AIOKafkaProducer(bootstrap_servers=at.bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    said = 0
    try:
        for word in words:
            if word is None:
                continue
            key = customer_named_by(word.identifiers[0]).encode()
            value = at.book.encode("identity-claim", word.record)
            stamp = round(word.at.timestamp() * 1000)
            await producer.send_and_wait(f"{at.prefix}identity-claims", value, key, partition=0, timestamp_ms=stamp)
            said += 1
    finally:
        await producer.stop()
    return said
