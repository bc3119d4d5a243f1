"""A world of a few identifiers, its resolver, and Kafka between its customers: who may hear what when.

Rule 1. The resolver is `pipeline.kin`: it tells the home of every identifier that the news reaches all their answers.
        To one home it speaks in order; that is all the order that there is. After a crash it takes the newest claims
        again, under the same epochs.
Rule 2. Intake knows of every identifier any answer that was ever given, or none, each on its own: a directory has many
        partitions. It may admit an event twice, with different knowledge.
Rule 3. A customer's state is stored before anything goes out. A crash forgets what was to go out, and memory; what was
        taken is delivered again.
Rule 4. Touchpoints and moved rows of one customer overtake each other, and come twice.
Rule 5. Whoever holds a customer may look at the clock: what it says goes to the customer by a topic as well.
Rule 6. An erasure is taken by itself; what it deletes is deleted when all is said. A crash before has it taken again.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from pipeline.advance import Advance, Move, Picture, Raised, Row, advance, picture, row_of
from pipeline.due import open_until, time_came
from pipeline.erasing import erased_copies, erased_whole, is_late, late_retractions
from pipeline.findings import Record
from pipeline.kin import (
    Answer,
    Bond,
    Cause,
    Gathered,
    KinRules,
    Limit,
    News,
    Outcome,
    Pair,
    Verdict,
    bonds_of,
    customer_named_by,
    identity_changes,
    owner,
    pair,
    reachable,
    resolve,
)
from pipeline.kin.erasure import erasure
from pipeline.moved import change
from pipeline.placing import Kin
from pipeline.raised import passed_by
from pipeline.resettle import Change, resettle
from pipeline.touchpoint import Entry, Identifier, Told
from tests.pipeline.touchpoints import POLICY, at

T = TypeVar("T")

ERASED = "erased"

RULES = KinRules(
    limits={"email": Limit(1, 10), "phone": Limit(2, 10), "visitor_id": Limit(1, 2), "handle": Limit(3, 20)}
)
"""Low limits, so that a few events park an identifier, or fill one."""

NAMES = tuple(
    Identifier(type_, value)
    for type_, value in (
        ("crm_id", "C1"),
        ("crm_id", "C2"),
        ("email", "a@example.com"),
        ("email", "b@example.com"),
        ("phone", "+442079460001"),
        ("visitor_id", "v1"),
        ("visitor_id", "v2"),
    )
)


@dataclass(frozen=True, slots=True)
class Erasing(Change):
    """That a person was erased: without answers the one whose home it is, else another with these identifiers."""

    epoch: int = 0


@dataclass
class Resolver:
    """The one writer of who is who, its history, and how far each customer id was told."""

    bonds: dict[Pair, Bond] = field(default_factory=dict)
    verdicts: dict[Pair, Verdict] = field(default_factory=dict)
    epoch: int = 0
    log: list[tuple[Sequence[Identifier], News, str]] = field(default_factory=list)
    said: dict[Identifier, list[Told]] = field(default_factory=lambda: defaultdict(list))
    changes: dict[str, deque[Change]] = field(default_factory=lambda: defaultdict(deque))
    forgotten: set[Identifier] = field(default_factory=set)

    def claim(self, identifiers: Sequence[Identifier], event: str) -> None:
        """Take an event's identifiers."""
        news = tuple(bonds_of(identifiers, at(), event, RULES))
        if news:
            self._tell(identifiers, News(bonds=news, event=event), "merged")

    def split(self, identifier: Identifier) -> None:
        """Tell an identifier apart from all others of its customer."""
        answers = self.answers()
        mine = answers.get(identifier)
        others = [i for i, a in answers.items() if mine and i != identifier and a.customer_id == mine.customer_id]
        self._tell([identifier], self._words([(identifier, other) for other in others], together=False), "split")

    def merge(self, one: Identifier, other: Identifier) -> None:
        """Say that two identifiers are one customer's."""
        self._tell([one, other], self._words([(one, other)], together=True), "merged")

    def answers(self) -> Mapping[Identifier, Answer]:
        """Return whose everything is."""
        return resolve(self.bonds.values(), self.verdicts.values(), RULES).answers

    def final(self, identifiers: Sequence[Identifier]) -> str:
        """Return whose an event with these identifiers is; of those that were erased none is anybody's."""
        found = owner([one for one in identifiers if one not in self.forgotten], self.answers())
        assert found is not None
        return found.customer_id

    def erase(self, one: Identifier) -> None:
        """Take a person out, as `agents.forgetting` does."""
        person = erasure([one], self._bonds_at, self._verdicts_at, RULES)
        self.epoch += 1
        self.forgotten |= set(person.identifiers)
        named = tuple(Told(each, customer_named_by(each), each, None, self.epoch) for each in person.identifiers)
        for each in person.identifiers:
            self.said.pop(each, None)
            self.changes[customer_named_by(each)].append(Erasing(ERASED, (), self.epoch))
        for each in person.others.identifiers:
            self.changes[customer_named_by(each)].append(Erasing(ERASED, named, self.epoch))
        self._tell_homes(person.others, self.epoch, Cause(ERASED, at()))
        for bond in person.bonds:
            del self.bonds[bond.pair]
        for verdict in person.verdicts:
            del self.verdicts[verdict.pair]

    def _words(self, pairs: Iterable[Pair], *, together: bool) -> News:
        moment = at(seconds=self.epoch)
        return News(verdicts=tuple(Verdict(pair(one, other, RULES), together, moment) for one, other in pairs))

    def _tell(self, start: Iterable[Identifier], news: News, outcome: str) -> None:
        """Tell the homes of all that the news can change (Rule 1)."""
        self.epoch += 1
        self.log.append((tuple(start), news, outcome))
        self._say(self.epoch, start, news, outcome)

    def die(self, identifiers: Sequence[Identifier], event: str, most: int) -> None:
        """Take an event's identifiers, and die when a part of what follows is out and nothing is stored; then take up
        to `most` claims before it, and it, again.
        """
        news = tuple(bonds_of(identifiers, at(), event, RULES))
        if news:
            self.epoch += 1
            self.log.append((tuple(identifiers), News(bonds=news, event=event), "merged"))
            self._speak(self.epoch, *self.log[-1], heard=lambda home: ord(home[-1]) % 2 == most % 2)
            self.redo(most + 1)

    def redo(self, most: int) -> None:
        """Take the newest claims again, after a crash: under their own epochs, with all that the store has by now."""
        for epoch in range(max(1, self.epoch + 1 - most), self.epoch + 1):
            self._say(epoch, *self.log[epoch - 1])

    def _say(self, epoch: int, start: Iterable[Identifier], news: News, outcome: str) -> None:
        self._speak(epoch, start, news, outcome)
        self._store(news)

    def _speak(
        self,
        epoch: int,
        start: Iterable[Identifier],
        news: News,
        outcome: str,
        heard: Callable[[str], bool] = lambda _home: True,
    ) -> None:
        gathered = reachable(start, self._bonds_at, self._verdicts_at, RULES, news)
        self._tell_homes(gathered, epoch, Cause(outcome, at()), heard)

    def _tell_homes(
        self, gathered: Gathered, epoch: int, cause: Cause, heard: Callable[[str], bool] = lambda _home: True
    ) -> None:
        now = gathered.now.resolved(RULES)
        for one, a in now.answers.items():
            told = Told(one, a.customer_id, a.named_by, a.parked.value if a.parked else None, epoch)
            self.said[one].append(told)
        for record in identity_changes(gathered, now, epoch, cause, RULES):
            if heard(str(record["customer_id"])):
                self.changes[str(record["customer_id"])].append(change(record))

    def _store(self, news: News) -> None:
        for bond in news.bonds:
            self.bonds[bond.pair] = bond.merged(self.bonds[bond.pair]) if bond.pair in self.bonds else bond
        self.verdicts |= {verdict.pair: verdict for verdict in news.verdicts}

    def _bonds_at(self, one: Identifier, type_: str) -> list[Bond]:
        return [bond for bond in self.bonds.values() if one in bond.pair and bond.other(one).type == type_]

    def _verdicts_at(self, one: Identifier) -> list[Verdict]:
        return [verdict for verdict in self.verdicts.values() if one in verdict.pair]


@dataclass
class Customer:
    """A customer id's state, as `agents.timelines` keeps it, and what it published."""

    rows: dict[Row, Entry] = field(default_factory=dict)
    kin: dict[Identifier, Told] = field(default_factory=dict)
    raised: dict[str, Raised] = field(default_factory=dict)
    published: list[Record] = field(default_factory=list)
    timelines: list[Record] = field(default_factory=list)
    hot: Picture | None = None

    @property
    def known(self) -> Picture:
        """What is known, from memory or from the state."""
        over = passed_by(self.raised.values())
        return self.hot or picture(self.rows.values(), POLICY, None, Kin(self.kin), over)

    def store(self, after: Advance, *, remembers: bool) -> None:
        """Keep what an advance says to keep."""
        self.rows.update({row_of(entry): entry for entry in after.entries})
        self.kin.update({told.identifier: told for told in after.kin})
        self.raised.update({one.output_id: one for one in after.raised})
        self.hot = after.picture if remembers else None

    def forget(self, name: str, told: Erasing, *, dies: bool) -> None:
        """Let go of what an erasure takes; whoever `dies` has said it, and deleted nothing (`agents.erasing`)."""
        whose = [each.identifier for each in told.answers]
        if whose:
            gone = erased_copies(name, self.known, self.raised, whose, POLICY)
        else:
            gone = erased_whole(name, self.known, self.raised, told.epoch, POLICY)
            self.published += [record for _, record in gone.retractions]
            self.timelines.clear()
        if dies:
            self.hot = None
            return
        for row in gone.rows:
            del self.rows[row_of(row)]
        for one in gone.raised:
            del self.raised[one.output_id]
        for identifier in gone.kin:
            del self.kin[identifier]
        self.kin |= {gone.mark.identifier: gone.mark} if gone.mark else {}
        self.hot = gone.picture

    def say(self, after: Advance) -> None:
        """Publish."""
        self.published += [*after.alerts, *after.flags, *after.signals]
        self.timelines += [after.timeline] if after.timeline else []


@dataclass
class Company:
    """All customers, and the topics between them. `choose` returns a number under its argument."""

    choose: Callable[[int], int]
    resolver: Resolver = field(default_factory=Resolver)
    customers: dict[str, Customer] = field(default_factory=lambda: defaultdict(Customer))
    touchpoints: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    moves: dict[str, list[Move]] = field(default_factory=lambda: defaultdict(list))
    deadlines: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    steps: int = 0

    def admit(self, event: Entry) -> None:
        """Send a touchpoint to the customer that some directory would name (Rule 2)."""
        known: dict[Identifier, Told] = {}
        for i in event.identifiers:
            heard = self.resolver.said[i][: self.choose(len(self.resolver.said[i]) + 1)]
            if heard:
                known[i] = heard[-1]
        found = owner(event.identifiers, {i: answer(told) for i, told in known.items()})
        assert found is not None
        epochs: list[int] = []
        for i in event.identifiers:
            epochs.append(known[i].epoch if i in known else 0)
            if i not in known or known[i].parked is None:
                break
        sent = replace(event, customer_id=found.customer_id, named_by=found.named_by, epoch=min(epochs))
        self.touchpoints[found.customer_id].append(sent)

    def look_at_the_clock(self) -> bool:
        """Say of each customer which promises' times are over, all of them; return whether there were any."""
        for name, customer in list(self.customers.items()):
            self.deadlines[name] += open_until(customer.known)
        return any(self.deadlines.values())

    @property
    def waiting(self) -> list[tuple[str, str]]:
        """Where something is to be taken: the topic, and the customer id."""
        topics: dict[str, Mapping[str, Sized]] = {
            "changes": self.resolver.changes,
            "touchpoints": self.touchpoints,
            "moves": self.moves,
            "deadlines": self.deadlines,
        }
        return sorted((name, customer) for name, queues in topics.items() for customer, q in queues.items() if q)

    def step(self) -> None:
        """Let some customer take some of what waits for it; perhaps it crashes, perhaps it takes it again."""
        self.steps += 1
        topic, name = self.waiting[self.choose(len(self.waiting))]
        customer = self.customers[name]
        fate = self.choose(8) if self.steps < 200 else 7
        after = self._taken(topic, name, fate)
        if after is None:
            return
        customer.store(after, remembers=fate > 3)
        if fate not in (0, 1):
            customer.say(after)
            for move in after.moves:
                self.moves[move.entry.customer_id].append(move)

    def _taken(self, topic: str, name: str, fate: int) -> Advance | None:
        """Let a customer take some of a topic; whoever dies early (a `fate` under 3) has it come again."""
        customer = self.customers[name]
        if topic == "changes":
            return self._heard(name, fate)
        if topic == "moves":
            return self._moved(name, fate)
        if topic == "deadlines":
            over = self._some(self.deadlines[name])
            if fate < 3:
                self.deadlines[name] += over
            return time_came(customer.known, customer.raised, over, POLICY)
        arrivals = self._some(self.touchpoints[name])
        if fate < 3:
            self.touchpoints[name] += arrivals
        return advance(customer.known, customer.raised, arrivals, POLICY)

    def _moved(self, name: str, fate: int) -> Advance | None:
        """Let a customer take some rows that were sent to it; nothing follows where all are late."""
        customer, moved = self.customers[name], self._some(self.moves[name])
        for late in [one for one in moved if is_late(one.entry, customer.known)]:
            customer.published += [record for _, record in late_retractions(late, POLICY)]
            moved.remove(late)
        if not moved:
            return None
        if fate < 3:
            self.moves[name] += moved
        brought = [one for move in moved for one in move.raised]
        rows = [move.entry for move in moved]
        return advance(customer.known, customer.raised, rows, POLICY, brought, moved[-1].reason)

    def _heard(self, name: str, fate: int) -> Advance | None:
        """Let a customer hear some of what the resolver told it; nothing follows where it forgot (Rule 6)."""
        customer, queue = self.customers[name], self.resolver.changes[name]
        first = queue[0]
        if isinstance(first, Erasing):
            customer.forget(name, first, dies=fate < 3)
            if fate > 2:
                queue.popleft()
            return None
        upto = next((n for n, each in enumerate(queue) if isinstance(each, Erasing)), len(queue))
        changes = [queue.popleft() for _ in range(1 + self.choose(upto))]
        if fate < 3:
            queue.extendleft(reversed(changes))
        return resettle(customer.known, customer.raised, changes, POLICY)

    def settle(self) -> None:
        """Let everything be taken."""
        while self.waiting:
            self.step()
            assert self.steps < 3000, "rows are sent in circles"

    def _some(self, queue: list[T]) -> list[T]:
        return [queue.pop(self.choose(len(queue))) for _ in range(1 + self.choose(min(3, len(queue))))]


def answer(told: Told) -> Answer:
    """Return an answer as the core has it."""
    return Answer(told.customer_id, told.named_by, Outcome(told.parked) if told.parked else None)
