"""Brings a Kafka's topics to what `schemas/topics.toml` lists, and refuses to work where they are not.

Rule 1: what is missing is made; what is configured otherwise is corrected; settings that the list does not
        name stay. Nothing is deleted, and no number of partitions is changed (docs/decisions/0003).
Rule 2: a worker starts only where every topic exists with its number of partitions and its kind of cleanup:
        a missing topic leaves it idle for ever, a wrong number splits customers, compaction makes holes
        that its sequence check takes for losses.
Rule 3: all topics are asked for, never one by its name: on some Kafkas asking for a name makes the topic.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from agents.topics import Difference, Kind, TopicState, compare

_MOST_REPLICAS = 3
"""Kafka's usual advice: survives one broker down while another is being replaced."""

_UNKNOWN = 3
_ALREADY_EXISTS = 36
_SET_ON_TOPIC = 1
"""Kafka protocol: errors UNKNOWN_TOPIC_OR_PARTITION, TOPIC_ALREADY_EXISTS; config source DYNAMIC_TOPIC_CONFIG."""

_MOST_SAID = 3
"""A message is one line; `tellonce topics diff` prints them all."""

_SETTLE_SECONDS = 20.0
_POLL_SECONDS = 0.1


class TopicAdminError(Exception):
    """Something is wrong between us and the Kafka's topics; the message says what to do.

    TopicAdminError
    ├── Unreachable     no Kafka answers there
    ├── Refused         it answers, and says no
    └── TopicsNotReady  topics are not as a worker needs them
    """


class Unreachable(TopicAdminError):
    """No Kafka answers at the address."""


class Refused(TopicAdminError):
    """Kafka does not want what was asked for."""


class TopicsNotReady(TopicAdminError):
    """A worker cannot start on these topics."""

    def __init__(self, differences: Sequence[Difference]) -> None:
        """Takes what is wrong, at least one difference."""
        said = [str(each) for each in differences[:_MOST_SAID]]
        if len(differences) > _MOST_SAID:
            said.append(f"{len(differences) - _MOST_SAID} more differ")
        super().__init__(f"Topics are not ready: {'; '.join(said)}. {advise(differences)}")
        self.differences = tuple(differences)


def advise(differences: Iterable[Difference]) -> str:
    """Says what to do about differences, in one or two sentences."""
    kinds = {each.kind for each in differences}
    advice = []
    if kinds - {Kind.PARTITIONS}:
        advice.append("Run `tellonce topics apply`.")
    if Kind.PARTITIONS in kinds:
        advice.append(
            "Partitions of a topic with customers in it are not changed: "
            "set TELLONCE_PARTITIONS to what is there, or use fresh topics with another TELLONCE_PREFIX."
        )
    return " ".join(advice)


async def diff(bootstrap: str, wanted: Collection[TopicState]) -> tuple[Difference, ...]:
    """Returns in what the Kafka's topics differ from the wanted ones. Raises `Unreachable`, `Refused`."""
    async with _admin(bootstrap) as admin:
        return compare(await _read(admin, wanted), wanted)


async def apply(
    bootstrap: str, wanted: Collection[TopicState], *, replication: int = 0
) -> tuple[tuple[Difference, ...], tuple[Difference, ...]]:
    """Makes and corrects topics; returns what was mended and what was left (partitions).

    `replication` 0 means one copy a broker, at most three. Raises `Unreachable`, `Refused`.
    """
    async with _admin(bootstrap) as admin:
        before = compare(await _read(admin, wanted), wanted)
        missing = {each.topic for each in before if each.kind is Kind.MISSING}
        if missing:
            await _create(admin, [topic for topic in wanted if topic.name in missing], replication)
        changed = {each.topic for each in before if each.kind is Kind.CONFIG}
        if changed:
            await _correct(admin, [topic for topic in wanted if topic.name in changed])
        left = await _settle(admin, wanted)
        return tuple(each for each in before if each not in left), left


async def require(bootstrap: str, wanted: Collection[TopicState]) -> None:
    """Returns when a worker can start on these topics. Raises `TopicsNotReady`, `Unreachable`, `Refused`."""
    blocking = [each for each in await diff(bootstrap, wanted) if _blocks(each)]
    if blocking:
        raise TopicsNotReady(blocking)


def _blocks(difference: Difference) -> bool:
    return difference.kind is not Kind.CONFIG or difference.setting == "cleanup.policy"


async def cluster_id(bootstrap: str) -> str:
    """Returns the id that the Kafka was given when its storage was made. Raises `Unreachable`, `Refused`."""
    async with _admin(bootstrap) as admin:
        return str((await admin.describe_cluster())["cluster_id"])


@asynccontextmanager
async def _admin(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=15_000)
    try:
        try:
            await admin.start()
        except (KafkaError, OSError):
            raise Unreachable(f"No Kafka answers at {bootstrap}") from None
        try:
            yield admin
        except KafkaError as error:
            raise Refused(f"The Kafka at {bootstrap} failed: {error}") from error
        except TimeoutError:
            raise Unreachable(f"The Kafka at {bootstrap} has stopped answering") from None
    finally:
        await admin.close()


async def _read(admin: AIOKafkaAdminClient, wanted: Collection[TopicState]) -> dict[str, TopicState]:
    names = {topic.name for topic in wanted}
    counts = {
        each["topic"]: len(each["partitions"])
        for each in await admin.describe_topics()
        if each["topic"] in names and not each["error_code"]
    }
    configs = await _read_configs(admin, counts)
    return {
        name: TopicState(name, count, {setting: value for setting, (value, _) in configs[name].items()})
        for name, count in counts.items()
        if name in configs
    }


async def _read_configs(admin: AIOKafkaAdminClient, names: Iterable[str]) -> dict[str, dict[str, tuple[str, int]]]:
    """Returns each topic's settings with where each comes from; none of a topic that a broker has yet to hear of."""
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    found: dict[str, dict[str, tuple[str, int]]] = {}
    for response in await admin.describe_configs(asked):
        for resource in response.to_object()["resources"]:
            if resource["error_code"] == _UNKNOWN:
                continue
            if resource["error_code"]:
                raise Refused(f"{resource['resource_name']}: {resource['error_message']}")
            found[resource["resource_name"]] = {
                entry["config_names"]: (entry["config_value"], entry["config_source"])
                for entry in resource["config_entries"]
            }
    return found


async def _create(admin: AIOKafkaAdminClient, topics: Iterable[TopicState], replication: int) -> None:
    brokers = len((await admin.describe_cluster())["brokers"])
    copies = replication or min(_MOST_REPLICAS, brokers)
    asked = [NewTopic(each.name, each.partitions, copies, topic_configs=dict(each.config)) for each in topics]
    answer = await admin.create_topics(asked)
    for name, code, message in answer.topic_errors:
        # Two who apply at once: the other one made it, and it is compared again below.
        if code not in (0, _ALREADY_EXISTS):
            raise Refused(f"Kafka does not create {name}: {message}")


async def _correct(admin: AIOKafkaAdminClient, topics: Collection[TopicState]) -> None:
    # This request forgets every setting that it does not name, so the topic's own are sent along.
    current = await _read_configs(admin, [topic.name for topic in topics])
    asked = []
    for topic in topics:
        if topic.name not in current:
            raise Refused(f"Not every broker knows {topic.name} yet; run it again")
        own = {name: value for name, (value, source) in current[topic.name].items() if source == _SET_ON_TOPIC}
        asked.append(ConfigResource(ConfigResourceType.TOPIC, topic.name, {**own, **topic.config}))
    for response in await admin.alter_configs(asked):
        for resource in response.to_object()["resources"]:
            if resource["error_code"]:
                raise Refused(f"Kafka does not change {resource['resource_name']}: {resource['error_message']}")


async def _settle(admin: AIOKafkaAdminClient, wanted: Collection[TopicState]) -> tuple[Difference, ...]:
    # What Kafka has agreed to do is seen by all its brokers a moment later.
    deadline = asyncio.get_running_loop().time() + _SETTLE_SECONDS
    while True:
        left = compare(await _read(admin, wanted), wanted)
        if all(each.kind is Kind.PARTITIONS for each in left):
            return left
        if asyncio.get_running_loop().time() > deadline:
            said = "; ".join(str(each) for each in left)
            raise Refused(f"Kafka agreed, and yet after {_SETTLE_SECONDS:g} s: {said}")
        await asyncio.sleep(_POLL_SECONDS)
