"""Builds a customer's touchpoints as the state keeps them, one by one and as small dense worlds.

Rule 1. What is built is valid as it stands, happened at `at(…)`, and says only what the behaviour depends on.
Rule 2. A world is small: few conversations, few times, a customer. So everything that can coincide does, often.
Rule 3. All people are invented.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from pipeline.policy import (
    Channel,
    ContactPolicy,
    DetractorPolicy,
    Points,
    Policy,
    RepeatPolicy,
    Segment,
    SeverityPolicy,
)
from pipeline.touchpoint import Anger, Direction, Entry, Handling, Identifier, Metric, Mood, Origin, Score
from tests.builders import CHANNELS, NOON

Overrides = Any

UNHAPPY = Mood(worst=-0.8, mean=-0.4, sentences=2, truncated=False)
HAPPY = Mood(worst=0.3, mean=0.5, sentences=2, truncated=False)

POLICY = Policy(
    channels={**CHANNELS, "sms": Channel("inbound", contact=True)},
    contact=ContactPolicy(gap_by_channel={"in_store": timedelta(hours=3)}),
    repeat=RepeatPolicy(within_by_topic={"billing": timedelta(days=31), "delivery": timedelta(days=2)}),
    detractor=DetractorPolicy(
        by_channel={"sms": {"worst_at_most": -0.4}, "in_store": {"mean_at_most": -0.9}},
        by_segment={"gold": Segment(tags=frozenset({"gold"}), limits={"stars": Points(3, 5), "nps_at_most": 7})},
    ),
    severity=SeverityPolicy(
        loyal_after=timedelta(days=7), often=2, often_within=timedelta(days=2), high_value_accounts=frozenset({"A-1"})
    ),
)
"""The default windows; *billing* has a longer one, *delivery* a shorter one, and shops have a gap of their own.
Text messages, shops and gold customers have limits of their own, and a week makes a customer loyal.
"""

TOPICS = ("billing", "card", "delivery")
SCALES: dict[Metric, tuple[float, float]] = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7), "stars": (1, 5)}


def at(days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> datetime:
    """Return a time after the noon at which every story begins."""
    return NOON + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def entry(event_id: str, when: datetime, **overrides: Overrides) -> Entry:
    """Return a customer's chat message, in a session of its own."""
    fields: dict[str, Any] = {
        "event_id": event_id,
        "source": "chat",
        "channel": "chat",
        "kind": "message",
        "occurred_at": when,
        "ended_at": None,
        "customer_id": "customer-anna",
        "account_id": None,
        "named_by": Identifier("crm_id", "C-1001"),
        "actor": "customer",
        "direction": "inbound",
        "keys": (f"chat:{event_id}",),
        "item": None,
        "revision": 1,
        "mood": None,
        "topics": (),
        "score": None,
        "handling": None,
        "asks_human": False,
        "company_negations": 0,
        "excerpt": None,
        "origin": Origin("voc.raw.chat", 0, sum(event_id.encode()) * 7 % 997),
        "identifiers": (Identifier("crm_id", "C-1001"),),
    }
    return Entry(**(fields | overrides))


def chat(event_id: str, when: datetime, session: str, **overrides: Overrides) -> Entry:
    """Return a message of a session."""
    return entry(event_id, when, keys=(f"chat:{session}",), **overrides)


def call(  # noqa: PLR0913 -- a call has many sides
    call_id: str,
    when: datetime,
    *,
    lasts: timedelta = timedelta(0),
    outcome: str | None = "answered",
    transferred_from: str | None = None,
    direction: Direction = "inbound",
    **overrides: Overrides,
) -> Entry:
    """Return a finished call."""
    keys = (f"phone:{call_id}",) if transferred_from is None else (f"phone:{call_id}", f"phone:{transferred_from}")
    own = {
        "source": "phone",
        "channel": "phone",
        "kind": "call",
        "ended_at": when + lasts,
        "actor": "customer" if direction == "inbound" else "agent",
        "direction": direction,
        "keys": keys,
        "handling": Handling(outcome=outcome),
    }
    return entry(overrides.pop("event_id", f"call-{call_id}"), when, **(own | overrides))


def email(message_id: str, when: datetime, *answers: str, direction: Direction = "inbound", **more: Overrides) -> Entry:
    """Return an e-mail that refers to the messages it answers."""
    own = {
        "source": "email",
        "channel": "email",
        "actor": "customer" if direction == "inbound" else "agent",
        "direction": direction,
        "keys": tuple(dict.fromkeys(f"email:{one}" for one in (message_id, *answers))),
    }
    return entry(more.pop("event_id", f"mail-{message_id}"), when, **(own | more))


def review(review_id: str, when: datetime, stars: float | None, revision: int = 1, **overrides: Overrides) -> Entry:
    """Return a revision of a review, with stars of 1 to 5 or none."""
    item = f"review:site:{review_id}"
    own = {
        "source": "review",
        "channel": "review",
        "kind": "review",
        "keys": (item,),
        "item": item,
        "revision": revision,
        "score": None if stars is None else Score("stars", stars, 1, 5),
    }
    return entry(overrides.pop("event_id", f"review-{review_id}-{revision}"), when, **(own | overrides))


def survey(  # noqa: PLR0913 -- an answer has many sides
    response_id: str,
    when: datetime,
    metric: Metric,
    value: float,
    scale: tuple[float, float] | None = None,
    *,
    about: str | None = None,
    revision: int = 1,
    **overrides: Overrides,
) -> Entry:
    """Return an answer to a survey; `about` is a conversation's key."""
    own = {
        "source": "survey",
        "channel": "survey",
        "kind": metric,
        "keys": () if about is None else (about,),
        "item": f"survey:{response_id}",
        "revision": revision,
        "score": Score(metric, value, *(scale or SCALES[metric])),
    }
    return entry(overrides.pop("event_id", f"survey-{response_id}-{revision}"), when, **(own | overrides))


def other(event_id: str, when: datetime, channel: str = "social", **overrides: Overrides) -> Entry:
    """Return a touchpoint of a channel without conversations; an invoice is sent by the company."""
    inbound = POLICY.channels[channel].direction == "inbound"
    own = {
        "source": "other",
        "channel": channel,
        "kind": channel,
        "actor": "customer" if inbound else "company",
        "direction": "inbound" if inbound else "outbound",
        "keys": (),
    }
    return entry(event_id, when, **(own | overrides))


_STEPS = tuple(
    timedelta(minutes=minutes, seconds=seconds)
    for minutes, seconds in ((0, 0), (0, 1), (5, 0), (14, 59), (15, 0), (15, 1), (30, 0), (31, 0), (90, 0))
)
_DAYS = tuple(timedelta(days=days) for days in (0, 0, 0, 1, 2, 7, 8, 31))
TIMES = st.builds(lambda days, step, less: NOON + days + step - less, st.sampled_from(_DAYS), st.sampled_from(_STEPS),
                  st.sampled_from((timedelta(0), timedelta(0), timedelta(seconds=1))))  # fmt: skip
"""Few times, dense around hand-overs, gaps and windows; often equal."""

_FEW = st.sampled_from(("1", "2", "3"))
_MOODS = st.sampled_from(
    (None, None, HAPPY, UNHAPPY, Mood(-0.5, -0.05, 1, truncated=False), Mood(-0.4, -0.3, 1, truncated=False))
)
_TOPICS = st.lists(st.sampled_from(TOPICS), max_size=2, unique=True).map(lambda topics: tuple(sorted(topics)))
_DIRECTIONS: st.SearchStrategy[Direction] = st.sampled_from(("inbound", "inbound", "inbound", "outbound"))
_ABOUT = st.sampled_from((None, "chat:1", "phone:1", "email:1"))
_STARS = st.sampled_from((None, 1, 2, 3, 5))
_METRICS: st.SearchStrategy[tuple[Metric, float]] = st.sampled_from(
    (("nps", 6), ("nps", 7), ("csat", 2), ("csat", 3), ("ces", 3), ("ces", 4))
)

_JOURNEYS: st.SearchStrategy[dict[str, Any]] = st.sampled_from((
    {}, {}, {}, {},
    {"asks_human": True},
    {"anger": (Anger("unfair", "not fair"),)},
    {"anger": (Anger("ignored", "nobody cares"), Anger("unfair", "not fair"))},
    {"company_negations": 2, "company_words": 60},
    {"company_negations": 4, "company_words": 40},
))  # fmt: skip
_PROMISED = st.sampled_from((None, None, None, timedelta(minutes=5), timedelta(hours=1), timedelta(days=1)))


@st.composite
def entries(draw: st.DrawFn, event_id: str) -> Entry:
    """Any touchpoint of a small world, under this event id."""
    when, kind = draw(TIMES), draw(st.sampled_from(("chat", "call", "email", "review", "survey", "other")))
    words: dict[str, Any] = {"event_id": event_id, "topics": draw(_TOPICS), "mood": draw(_MOODS)}
    words["excerpt"] = event_id if words["mood"] else None
    words["tags"] = draw(st.sampled_from(((), (), (), ("gold",))))
    words["account_id"] = draw(st.sampled_from((None, None, None, "A-1")))
    words |= draw(_JOURNEYS)
    promised = draw(_PROMISED)
    words["promised_by"] = None if promised is None else when + promised
    if kind in {"chat", "email", "other"}:
        words["thanks_only"] = draw(st.sampled_from((False, False, False, True)))
    if kind == "chat":
        actor = draw(st.sampled_from(("customer", "customer", "agent", "bot")))
        direction: Direction = "inbound" if actor == "customer" else "outbound"
        return chat(when=when, session=draw(_FEW), actor=actor, direction=direction, **words)
    if kind == "call":
        lasts = draw(st.sampled_from((timedelta(0), timedelta(minutes=5), timedelta(days=1))))
        outcome = draw(st.sampled_from((None, "answered", "abandoned")))
        agents = draw(st.lists(st.sampled_from(("AG-1", "AG-2")), max_size=2, unique=True))
        words["handling"] = Handling(outcome=outcome, transfers=draw(st.integers(0, 2)), agents=tuple(agents))
        before, direction = draw(st.none() | _FEW), draw(_DIRECTIONS)
        return call(
            draw(_FEW), when, lasts=lasts, outcome=outcome, transferred_from=before, direction=direction, **words
        )
    if kind == "email":
        return email(draw(_FEW), when, *draw(st.lists(_FEW, max_size=2)), direction=draw(_DIRECTIONS), **words)
    if kind == "review":
        return review(draw(_FEW), when, draw(_STARS), draw(st.integers(1, 3)), **words)
    if kind == "survey":
        metric, value = draw(_METRICS)
        about, revision = draw(_ABOUT), draw(st.integers(1, 3))
        return survey(draw(_FEW), when, metric, value, about=about, revision=revision, **words)
    return other(when=when, channel=draw(st.sampled_from(("social", "in_store", "sms", "invoice"))), **words)


@st.composite
def worlds(draw: st.DrawFn, most: int = 9) -> list[Entry]:
    """One customer's touchpoints, each once, in any order of arrival."""
    return [draw(entries(f"e{i}")) for i in range(draw(st.integers(1, most)))]


@st.composite
def retold(draw: st.DrawFn, world: Sequence[Entry]) -> list[Entry]:
    """The world, with some of its events heard once more as something else: same source and id, other contents."""
    again: list[Entry] = []
    for one in draw(st.lists(st.sampled_from(world), max_size=3)):
        telling = draw(entries(one.event_id))
        again.append(replace(telling, source=one.source))
    return [*world, *again]


@st.composite
def runs(draw: st.DrawFn, world: Sequence[Entry], repeats: int = 3) -> list[list[Entry]]:
    """The world as a worker may hear it: in any order, some of it again, cut into chunks anywhere."""
    heard = draw(st.permutations([*world, *draw(st.lists(st.sampled_from(world), max_size=repeats))]))
    return cut(heard, draw(st.sets(st.integers(1, len(heard)), max_size=len(heard))))


def cut(heard: Sequence[Entry], at_: set[int]) -> list[list[Entry]]:
    """Return what was heard as chunks that end at these places."""
    ends = sorted({end for end in at_ if end < len(heard)} | {len(heard)})
    return [list(heard[begin:end]) for begin, end in zip([0, *ends], ends, strict=False)]
