"""A run of the whole pipeline on topics of its own, which are gone afterwards: what `try` and `demo` stand on.

Rule 1. The topics have a prefix of their own, and nothing in them is ever too old: a run sees its own events, all of
        them, and nobody else's.
Rule 2. The workers are those that anybody starts, with settings of the run. Their group's name is never used again, so
        a run begins at the beginning.
Rule 3. Topics are deleted when the block ends, however it ends, unless they are to be kept.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from aiokafka.errors import KafkaError

from agents import topic_admin, topics
from agents.contracts import schema_book
from agents.settings import Settings
from agents.topic_admin import TopicAdminError
from commands.leaving import go_on
from commands.patience import RAW, WORK
from commands.settled import HEARD, Heard
from commands.streams import delete_topics, existing_topics, read_to_the_end

FOR_EVER = {"retention.ms": "-1"}
_COMMIT = "200 ms"
"""Who waits for the end wants to hear of it soon."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The run's Kafka, its topics with their partitions, and the settings of its workers."""

    bootstrap: str
    prefix: str
    topics: Mapping[str, int]
    group: str

    def named(self, *names: str) -> dict[str, int]:
        """Return these topics by their full names, with their partitions."""
        return {self.prefix + name: self.topics[self.prefix + name] for name in names}

    @property
    def raw(self) -> dict[str, int]:
        """The topics that events come in by."""
        return self.named(*RAW)

    @property
    def work(self) -> dict[str, int]:
        """Every topic that the workers read."""
        return self.named(*WORK)

    def worker_settings(self, folder: Path) -> dict[str, str]:
        """Return the environment of the run's workers; their state goes to `folder`."""
        return {
            "TELLONCE_BROKER": self.bootstrap,
            "TELLONCE_PREFIX": self.prefix,
            "TELLONCE_APP_ID": self.group,
            "TELLONCE_PARTITIONS": str(self.topics[f"{self.prefix}touchpoints"]),
            "TELLONCE_STATE_DIR": str(folder),
            "TELLONCE_STORE": "memory",
            "TELLONCE_COMMIT_INTERVAL": _COMMIT,
            "TELLONCE_METRICS_PORT": "0",
            "TELLONCE_CLOCK": "off",  # a rehearsal tells the same whenever it is run
        }

    async def read(self, names: Iterable[str]) -> dict[str, list[dict[str, object]]]:
        """Return every record of these topics, decoded, each partition in its order."""
        book = schema_book()
        subjects = {topic.name: topic.schema.rpartition(".v")[0] for topic in topics.load()}
        found = await read_to_the_end(self.bootstrap, self.named(*names))
        stripped = {topic.removeprefix(self.prefix): records for topic, records in found.items()}
        return {
            name: [book.decode(subjects[name], each.value) for each in records] for name, records in stripped.items()
        }

    async def heard(self) -> Heard:
        """Return everything that was published, decoded."""
        return Heard(self.prefix, await self.read(HEARD))


@asynccontextmanager
async def rehearsal(settings: Settings, bootstrap: str, stem: str, *, keep: bool = False) -> AsyncIterator[Rehearsal]:
    """Yield fresh topics, whose prefix is `stem-N.` with the lowest N that is free."""
    taken = await existing_topics(bootstrap)
    number = next(n for n in range(1, len(taken) + 2) if not any(each.startswith(f"{stem}-{n}.") for each in taken))
    prefix = f"{stem}-{number}."
    wanted = topics.want(topics.load(), prefix=prefix, partitions=settings.partitions)
    lasting = tuple(replace(each, config={**each.config, **FOR_EVER}) for each in wanted)
    made: dict[str, int] = {}
    try:
        await topic_admin.apply(bootstrap, lasting, replication=settings.replication)
        go_on()
        made = {each.name: each.partitions for each in lasting}
        yield Rehearsal(bootstrap, prefix, made, f"{prefix}{secrets.token_hex(4)}")
    except BaseException:
        # What went wrong is what is said, not what could not be tidied after it.
        with suppress(TopicAdminError, KafkaError, RuntimeError):
            if not made:  # our request may still be on its way: once this one is answered, it has been too
                await topic_admin.apply(bootstrap, lasting, replication=settings.replication)
        with suppress(TopicAdminError, KafkaError, RuntimeError):
            await _delete(bootstrap, lasting, keep=keep)
        raise
    await _delete(bootstrap, lasting, keep=keep)


async def _delete(bootstrap: str, made: Iterable[topics.TopicState], *, keep: bool) -> None:
    if not keep:
        # Shielded: a second Ctrl-C must not leave half of them.
        await asyncio.shield(delete_topics(bootstrap, {each.name for each in made}))
