"""What a chunk of one of the agent's topics brings to each customer.

Rule 1. A customer's records of a chunk are one piece of news, in the chunk's order; customers come in the order of
        their first record.
        What came by one topic is of one sort: touchpoints, moved rows, changes, or times that are over.
Rule 2. News carries the newest of its records' timestamps (epoch milliseconds): the raw arrival that it follows from.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agents.exact.chunks import Chunk
from agents.hot import Hot
from pipeline.advance import Advance, Raised
from pipeline.due import time_came
from pipeline.flow import advance
from pipeline.moved import change, move
from pipeline.policy import Policy
from pipeline.records import entry_of, touchpoint
from pipeline.resettle import Change, resettle
from pipeline.touchpoint import Entry
from pipeline.wire import SchemaBook


@dataclass(slots=True)
class News:
    """What comes to one customer: rows, with what was published in their name and why they come; or changes; or times
    that are over.
    """

    stamp: int = 0
    arrivals: list[Entry] = field(default_factory=list)
    brought: list[Raised] = field(default_factory=list)
    because: str | None = None
    changes: list[Change] = field(default_factory=list)
    over: list[datetime] = field(default_factory=list)

    def after(self, known: Hot, policy: Policy) -> Advance:
        """Return what follows from it."""
        if self.over:
            return time_came(known.picture, known.raised, self.over, policy)
        if self.changes:
            return resettle(known.picture, known.raised, self.changes, policy)
        return advance(known.picture, known.raised, self.arrivals, policy, self.brought, self.because)


def _touchpoint(record: Mapping[str, Any]) -> tuple[str, Callable[[News], None]]:
    arrived = entry_of(touchpoint(record))

    def take(news: News) -> None:
        news.arrivals.append(arrived)

    return arrived.customer_id, take


def _moved(record: Mapping[str, Any]) -> tuple[str, Callable[[News], None]]:
    moved = move(record)

    def take(news: News) -> None:
        news.arrivals.append(moved.entry)
        news.brought += moved.raised
        news.because = moved.reason

    return moved.entry.customer_id, take


def _changed(record: Mapping[str, Any]) -> tuple[str, Callable[[News], None]]:
    changed = change(record)

    def take(news: News) -> None:
        news.changes.append(changed)

    return record["customer_id"], take


def _over(record: Mapping[str, Any]) -> tuple[str, Callable[[News], None]]:
    def take(news: News) -> None:
        news.over.append(record["due_at"])

    return record["customer_id"], take


READERS = {"touchpoint": _touchpoint, "moved-entry": _moved, "identity-change": _changed, "deadline": _over}


def news_by_customer(chunk: Chunk, subject: str, book: SchemaBook) -> dict[str, News]:
    """Return what a chunk of records of this subject brings, by customer. Raises `Refused` for one that is none."""
    found: dict[str, News] = {}
    for record in chunk.records:
        customer, take = READERS[subject](book.decode(subject, record.value))
        news = found.setdefault(customer, News())
        news.stamp = max(news.stamp, record.timestamp)
        take(news)
    return found
