"""Many customers in state, each with ten touchpoints: their rows, the store that holds them, and chats of theirs.

Rule 1. Rows are those of one customer as the agents write them; a customer's own differ from them in its number, so
        they are as long and as hard to read.
Rule 2. They are put by the agents' own table code into the store where a worker looks for it. What is not there is
        Kafka's copy: a worker starts with them as after a restart, and has nothing to recover.
Rule 3. Who comes today is any of them, and chats: so many messages, in turns with all others who chat.
"""

import gc
import json
import os
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from agents.app import make_app
from agents.contracts import schema_book
from agents.exact.outbox import partition_of
from agents.installation import Installation
from agents.kept import entry_key
from agents.metrics import Metrics
from agents.settings import Settings
from bench.events import ENDINGS, OPENINGS
from bench.product import group_of
from pipeline.kin import customer_named_by
from pipeline.records import entry_record
from pipeline.touchpoint import Entry, Identifier, Mood, Origin

CHATS = {20: 4, 5: 3, 2: 3}
"""A customer's chats so far: how many days ago, how many messages. The last came back within a week."""

EACH = sum(CHATS.values())
"""Touchpoints a customer has."""

MESSAGES = 5
"""In a chat of today, as in the simulation's (5.4); the first one's customer has to be read from the store."""

AT_ONCE = 2000
"""Chats that are going on: with fewer, a chat's messages would come in one chunk, and be one piece of work."""

NOBODY = "0000000"
"""The number in the pattern's rows; a customer's own has as many digits."""

SEED = 6


def customer(number: int) -> str:
    """Return a customer's id."""
    return customer_named_by(Identifier("crm_id", f"C-{number:07}"))


def pattern(now: datetime) -> list[tuple[bytes, bytes]]:
    """Return the rows of customer 0."""
    book, named = schema_book(), Identifier("crm_id", f"C-{NOBODY}")
    mood = Mood(0.1, 0.1, 2, truncated=False)
    rows = []
    for days, messages in CHATS.items():
        for number in range(messages):
            row = Entry(
                event_id=f"E-{NOBODY}-{days}-{number}", source="chat", channel="chat", kind="message",
                occurred_at=now - timedelta(days=days) + timedelta(minutes=number), ended_at=None,
                customer_id=customer(0), account_id=None, named_by=named, actor="customer", direction="inbound",
                keys=(f"chat:S-{NOBODY}-{days}",), item=None, revision=1, mood=mood, topics=("delivery",), score=None,
                handling=None, asks_human=False, company_negations=0, excerpt="Where is my parcel?",
                origin=Origin("raw.chat", 0, 0), identifiers=(named,),
            )  # fmt: skip
            rows.append((entry_key(row), book.encode("timeline-entry", entry_record(row))))
    return rows


def rows_of(number: int, like: list[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    """Yield a customer's rows, after the pattern."""
    first, own = customer(0).encode(), customer(number).encode()
    nobody, digits = NOBODY.encode(), f"{number:07}".encode()
    for key, value in like:
        yield key.replace(first, own).replace(nobody, digits), value.replace(first, own).replace(nobody, digits)


def data_of(state: Path, prefix: str) -> Path:
    """Return the data folder of the first worker of a run; `state` is its state folder."""
    return state / "workers" / f"{prefix}{group_of(prefix)}-0"


def fill(data: Path, customers: int, now: datetime) -> None:
    """Write the customers' rows into a worker's data folder."""
    data.mkdir(parents=True)
    settings = Settings.model_validate({"broker": "localhost:9092", "prefix": "fill."})  # nobody is asked
    tables: Any = make_app(Installation.of(settings, settings.bootstrap, data), Metrics()).tables
    store = tables["state-entries"].data
    like = pattern(now)
    for number in range(customers):
        partition = partition_of(customer(number).encode(), settings.partitions)
        store.write(partition, rows_of(number, like))
    for partition in range(settings.partitions):
        store._db_for_partition(partition).close()  # noqa: SLF001 -- Faust closes a store with its app only
    gc.collect()


def copied(data: Path, to: Path) -> None:
    """Copy a data folder; the store's files, which never change, are the same ones."""

    def copy(source: str, target: str) -> None:
        if source.endswith(".sst"):
            os.link(source, target)
        else:
            shutil.copy2(source, target)

    shutil.copytree(data, to, copy_function=copy)


def messages(count: int, customers: int, each: int, now: datetime) -> Iterator[tuple[bytes, bytes]]:
    """Yield so many messages of today, `each` a chat: key and value on the topic raw.chat."""
    dice = Random(SEED)
    begin = now - timedelta(hours=12)
    chats = [(0, 0)] * AT_ONCE
    for number in range(count):
        place = number % AT_ONCE
        said, whose = chats[place]
        if said % each == 0:
            whose = dice.randrange(customers)
        chats[place] = said + 1, whose
        session = f"T-{place}-{said // each}"
        event = {
            "event_id": f"N-{number:09}",
            "occurred_at": (begin + number * timedelta(hours=12) / count).isoformat(),
            "session_id": session,
            "customer": {"customer_id": f"C-{whose:07}"},
            "sender": "customer",
            "text": f"{dice.choice(OPENINGS)} (order {dice.randrange(10_000)}), {dice.choice(ENDINGS)}",
        }
        yield session.encode(), json.dumps(event).encode()
