"""Real text as events: a bank's questions as chats of invented customers, review snippets, whole support chats.

Rule 1. The words are read by path and go nowhere else. Who says them, when and by what channel is invented here, by
        dice with a seed, so every run feeds the same events.
Rule 2. Customers come back by the plots below, whose gaps are counted from the last activity of the contact before:
        just within, exactly at and just beyond each boundary.
Rule 3. A few events come late, and a few of nobody's: those must end as dead letters.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from tests.whole.harness import Raw

START = datetime(2026, 4, 1, tzinfo=UTC)
MS, SECOND, MINUTE, HOUR, DAY = (
    timedelta(milliseconds=1),
    timedelta(seconds=1),
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(days=1),
)
NOW, SAME, OTHER = timedelta(0), True, False

Step = tuple[timedelta, bool, str]
"""The gap since the contact before; whether the question is of the same intent; how it is asked."""

PLOTS: tuple[tuple[Step, ...], ...] = (
    ((NOW, SAME, "chat"),),
    ((NOW, SAME, "chat"), (2 * DAY, SAME, "chat")),
    ((NOW, SAME, "chat"), (10 * DAY, SAME, "chat")),
    ((NOW, SAME, "bot"), (9 * MINUTE, SAME, "chat")),
    ((NOW, SAME, "chat"), (15 * MINUTE - MS, SAME, "chat"), (3 * DAY, OTHER, "chat")),
    ((NOW, SAME, "chat"), (15 * MINUTE, SAME, "chat")),
    ((NOW, SAME, "chat"), (7 * DAY - MS, OTHER, "bot")),
    ((NOW, SAME, "chat"), (7 * DAY, SAME, "rated")),
    ((NOW, SAME, "chat"), (7 * DAY + MS, SAME, "chat")),
    ((NOW, SAME, "rated"), (DAY, OTHER, "chat"), (5 * DAY, OTHER, "rated")),
    ((NOW, SAME, "bot"), (HOUR, SAME, "bot"), (3 * HOUR, SAME, "chat"), (2 * DAY, SAME, "rated")),
    ((NOW, SAME, "outbound"), (DAY, SAME, "chat")),
    ((NOW, SAME, "chat"), (DAY, SAME, "outbound"), (6 * DAY, SAME, "chat")),
    ((NOW, SAME, "gave up"), (5 * MINUTE, SAME, "chat")),
    ((NOW, SAME, "chat"), (20 * DAY, SAME, "chat"), (DAY, OTHER, "chat")),
    ((NOW, SAME, "chat"), (20 * DAY, OTHER, "chat"), (DAY, SAME, "chat")),
    ((NOW, SAME, "chat"), (31 * DAY, SAME, "chat"), (31 * DAY + MS, SAME, "chat")),
    ((NOW, SAME, "message"), (30 * MINUTE, SAME, "message"), (30 * MINUTE + MS, SAME, "message")),
    ((NOW, SAME, "message"), (29 * MINUTE, OTHER, "message"), (4 * DAY, OTHER, "rated")),
    ((NOW, SAME, "chat"), (DAY, SAME, "answered")),
    ((NOW, SAME, "spanning"), (5 * HOUR, SAME, "chat")),
)
REPLIES = (
    "Thank you for asking. I am looking into it now.",
    "I'm afraid we can't do that from here.",
    "We won't need anything else from you.",
    "It will be there in two working days.",
)
NOBODY: tuple[Mapping[str, str], ...] = (
    {},
    {"customer_id": "anonymous"},
    {"phone": "withheld"},
    {"email": "test@none.com"},
)
NAMED = {"customer_id": "BANK-NAIVE"}
EDITED = 25
"""Reviews of each end that are edited."""


@dataclass(slots=True)
class Fed:
    """What is fed: the events in order of arrival, and by key those that must be refused."""

    events: list[tuple[datetime, Raw]] = field(default_factory=list)
    refused: dict[bytes, str] = field(default_factory=dict)

    def add(
        self, source: str, at: datetime, key: str, value: Mapping[str, Any], arrives: datetime | None = None
    ) -> None:
        """Add an event that happened at this moment."""
        stamped = {"occurred_at": at.isoformat(timespec="milliseconds"), **value}
        raw = Raw(source, json.dumps(stamped, ensure_ascii=False).encode(), key.encode())
        self.events.append((arrives or at, raw))

    def in_order(self) -> list[Raw]:
        """Return the events in the order of arrival."""
        return [raw for _, raw in sorted(self.events, key=lambda each: (each[0], each[1].key or b""))]


def questions(folder: Path) -> dict[str, list[str]]:
    """Return the bank's questions by intent."""
    found: dict[str, list[str]] = {}
    with (folder / "banking77" / "train.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["category"], []).append(row["text"])
    return found


def snippets(folder: Path) -> list[tuple[str, float, str]]:
    """Return the review snippets: id, people's mean rating from -4 to 4, text."""
    lines = (folder / "vader-gold" / "amazonReviewSnippets_GroundTruth.txt").read_text("utf-8").splitlines()
    rows = (line.split("\t", 2) for line in lines if line.strip())
    return [(name.strip(), float(rating), text.strip()) for name, rating, text in rows]


def banking(fed: Fed, folder: Path, number: int, dice: Random) -> None:
    """Add so many of the bank's questions, asked by customers who live the plots in turn."""
    pool = questions(folder)
    for asked in pool.values():
        dice.shuffle(asked)
    intents = sorted(pool)
    left, customer = number, 0
    while left > 0:
        plot = PLOTS[customer % len(PLOTS)]
        teller = _Teller(fed, customer, START + timedelta(milliseconds=dice.randrange(30 * 86_400_000)), dice)
        intent = dice.choice(intents)
        for gap, same, how in plot:
            intent = intent if same else dice.choice([each for each in intents if each != intent])
            if not pool[intent]:
                intent = next(each for each in intents if pool[each])
            teller.come(gap, "" if how == "gave up" else pool[intent].pop(), how)
            left -= how != "gave up"
        customer += 1


@dataclass(slots=True)
class _Teller:
    """One invented customer; `last` is when the last contact had its last activity."""

    fed: Fed
    number: int
    last: datetime
    dice: Random
    steps: int = 0

    @property
    def who(self) -> dict[str, str]:
        if self.number % 3 == 0:
            return {"email": f"client{self.number}@example.com", "phone": "+44 20 7946 0958"}
        own = {"customer_id": f"BANK-{self.number:05}"}
        if self.number % 3 == 1:  # logs in the second time, and only then it is known whose the address is
            address = {"email": f"client{self.number}@example.com"}
            return address if self.steps % 2 else own | address
        return own

    def come(self, gap: timedelta, question: str, how: str) -> None:
        """Begin a contact this long after the last activity."""
        at = self.last + gap
        self.steps += 1
        session = f"b{self.number}-{self.steps}"
        if how == "message":
            self._tell("other", at, session, {"channel": "messaging", "text": question})
            self.last = at
        elif how == "gave up":
            self.last = at + 4 * MINUTE
            times = {"queued_at": at.isoformat(), "ended_at": self.last.isoformat()}
            self._tell("phone", at, session, {"call_id": session, "kind": "call", "outcome": "abandoned", **times})
        else:
            self._chat(at, session, question, how)

    def _chat(self, at: datetime, session: str, question: str, how: str) -> None:
        chat: dict[str, Any] = {"session_id": session, "kind": "message"}
        if how == "outbound":
            chat["direction"] = "outbound"
            opening = {**chat, "sender": "agent", "agent": "Ash", "text": "This is your bank with news."}
            self._tell("chat", at - 30 * SECOND, f"{session}/0", opening)
        company = {"sender": "bot"} if how == "bot" else {"sender": "agent", "agent": self.dice.choice(("Ash", "Cleo"))}
        self._tell("chat", at, f"{session}/1", {**chat, "sender": "customer", "text": question})
        self.last = at + 40 * SECOND
        self._tell("chat", self.last, f"{session}/2", {**chat, **company, "text": self.dice.choice(REPLIES)})
        if how == "spanning":  # goes on for days, while the customer comes by elsewhere
            self._tell("chat", at + 2 * DAY, f"{session}/3", {**chat, **company, "text": REPLIES[-1]})
        if how == "rated":
            low, high = self.dice.choice(((1, 5), (0, 10), (1, 7)))
            rating = {"score": self.dice.randint(low, high), "scale_min": low, "scale_max": high}
            self.last += MINUTE
            self._tell("chat", self.last, f"{session}/4", {"session_id": session, "kind": "ended", "rating": rating})
        if how == "answered":
            answer = {"response_id": session, "metric": "nps", "score": self.dice.randint(0, 10)}
            about = {"about_source": "chat", "about_id": session}
            self._tell("survey", self.last + DAY, f"{session}/5", {**answer, **about})

    def _tell(self, source: str, at: datetime, key: str, value: Mapping[str, Any]) -> None:
        late = at + self.dice.random() * 2 * DAY if self.dice.random() < 0.05 else None
        own = {"event_id": f"e-{key}"} if self.number % 2 else {}
        self.fed.add(source, at, key, {**own, "customer": self.who, **value}, late)


def reviews(fed: Fed, folder: Path, number: int, dice: Random) -> dict[str, tuple[float, str]]:
    """Add so many snippets as reviews without stars, each of its own author.

    The best and the worst are edited: the one's words become the other's. Returns the rating and the text of those
    that were not edited, by the review's id.
    """
    rows = sorted(dice.sample(snippets(folder), number), key=lambda row: (row[1], row[0]))
    for place, (own, _, text) in enumerate(rows):
        at = START + timedelta(milliseconds=dice.randrange(50 * 86_400_000))
        review = {"site": "bazaar", "review_id": own, "author": f"reader-{own}", "body": text}
        fed.add("review", at, f"r-{own}", review)
        if not EDITED <= place < number - EDITED:
            edit = {**review, "revision": 2, "body": rows[number - 1 - place][2]}
            # Every other edit is heard before what it edits.
            fed.add("review", at + 3 * DAY, f"r-{own}/2", edit, at - HOUR if place % 2 else None)
    return {own: (rating, text) for own, rating, text in rows[EDITED : number - EDITED]}


def chats(fed: Fed, folder: Path) -> Iterator[tuple[str, int]]:
    """Add every whole chat, under its customer's own identifiers; yield each one's session and number of messages."""
    sides = {"customer": {"sender": "customer"}, "agent": {"sender": "agent"}, "action": {"sender": "bot"}}
    for place, chat in enumerate(json.loads((folder / "abcd" / "abcd_sample.json").read_text("utf-8"))):
        personal = chat["scenario"]["personal"]
        known = {"email": personal.get("email"), "phone": personal.get("phone"), "handle": personal.get("username")}
        session = f"abcd-{chat['convo_id']}"
        for line, (speaker, text) in enumerate(chat["original"]):
            at = START + place * DAY + line * 20 * SECOND
            value = {"session_id": session, "customer": known, "text": text, **sides[speaker]}
            fed.add("chat", at, f"{session}/{line}", value)
        yield session, len(chat["original"])


def strangers(fed: Fed, folder: Path, number: int) -> None:
    """Add so many questions of nobody: without an identifier that counts, or at no particular time."""
    asked = questions(folder)["age_limit"]
    for place in range(number):
        value = {"session_id": f"n{place}", "sender": "customer", "text": asked[place], "customer": NOBODY[place % 4]}
        fed.add("chat", START + place * HOUR, f"nobody/{place}", value)
        fed.refused[f"nobody/{place}".encode()] = "no_identifier"
    for place in range(number):
        value = {"session_id": f"t{place}", "sender": "customer", "text": asked[place], "customer": NAMED}
        naive = {**value, "occurred_at": "2026-04-03T10:00:00"}
        fed.add("chat", START + place * HOUR, f"naive/{place}", naive)
        fed.refused[f"naive/{place}".encode()] = "naive_time"
