"""Topics on the real Kafka: made once, corrected without loss, and refused by a worker when they are not right."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from agents import topic_admin
from agents.topic_admin import Refused, TopicsNotReady, Unreachable
from agents.topics import Difference, Kind, TopicState, load, want

TWO = ("one", "two")


def _topics(prefix: str, partitions: int = 2, config: Mapping[str, str] | None = None) -> tuple[TopicState, ...]:
    settings = {"retention.ms": "60000", "cleanup.policy": "delete", **(config or {})}
    return tuple(TopicState(prefix + name, partitions, settings) for name in TWO)


async def test_applying_twice_is_applying_once(kafka: str, prefix: str) -> None:
    """The list that we ship is made whole; the second time there is nothing to do."""
    wanted = want(load(), prefix=prefix, partitions=2)

    made, left = await topic_admin.apply(kafka, wanted)
    assert [(each.topic, each.kind) for each in made] == [(topic.name, Kind.MISSING) for topic in wanted]
    assert left == ()

    assert await topic_admin.apply(kafka, wanted) == ((), ())
    assert await topic_admin.diff(kafka, wanted) == ()
    await topic_admin.require(kafka, wanted)


async def test_two_who_apply_at_once_both_succeed(kafka: str, prefix: str) -> None:
    """Whoever comes second finds the topic made, and that is no error."""
    wanted = _topics(prefix)

    results = await asyncio.gather(*(topic_admin.apply(kafka, wanted) for _ in range(3)))

    assert [left for _, left in results] == [()] * 3
    assert await topic_admin.diff(kafka, wanted) == ()


async def test_correcting_a_setting_keeps_those_of_others(kafka: str, prefix: str) -> None:
    """An operator's own setting, which our list does not name, survives a correction of ours."""
    theirs = _topics(prefix, config={"retention.ms": "1000", "segment.bytes": "2000000"})
    await topic_admin.apply(kafka, theirs)

    mended, left = await topic_admin.apply(kafka, _topics(prefix))

    assert mended == tuple(Difference(prefix + name, Kind.CONFIG, "retention.ms", "1000", "60000") for name in TWO)
    assert left == ()
    assert await topic_admin.diff(kafka, _topics(prefix, config={"segment.bytes": "2000000"})) == ()


@pytest.mark.parametrize("partitions", [1, 3])
async def test_partitions_are_left_as_they_are(kafka: str, prefix: str, partitions: int) -> None:
    """One fewer and one more are both said, not done; a worker refuses to start on either."""
    await topic_admin.apply(kafka, _topics(prefix))
    wanted = _topics(prefix, partitions)
    differences = tuple(Difference(prefix + name, Kind.PARTITIONS, "partitions", "2", str(partitions)) for name in TWO)

    assert await topic_admin.apply(kafka, wanted) == ((), differences)
    with pytest.raises(TopicsNotReady, match="set TELLONCE_PARTITIONS to what is there") as caught:
        await topic_admin.require(kafka, wanted)
    assert caught.value.differences == differences


async def test_a_worker_refuses_missing_topics_and_says_what_to_run(kafka: str, prefix: str) -> None:
    """The message names the topic and the command."""
    await topic_admin.apply(kafka, _topics(prefix)[:1])

    with pytest.raises(TopicsNotReady) as caught:
        await topic_admin.require(kafka, _topics(prefix))

    assert str(caught.value) == f"Topics are not ready: {prefix}two is missing. Run `tellonce topics apply`."


async def test_a_worker_refuses_a_compacted_source(kafka: str, prefix: str) -> None:
    """Compaction makes holes, which its sequence check would take for losses."""
    await topic_admin.apply(kafka, _topics(prefix, config={"cleanup.policy": "compact"}))

    with pytest.raises(TopicsNotReady, match=r"cleanup\.policy=compact, not delete"):
        await topic_admin.require(kafka, _topics(prefix))


async def test_a_worker_starts_on_another_retention(kafka: str, prefix: str) -> None:
    """How long an operator keeps records is no reason not to work; `diff` still says it."""
    await topic_admin.apply(kafka, _topics(prefix, config={"retention.ms": "1000"}))

    await topic_admin.require(kafka, _topics(prefix))

    assert len(await topic_admin.diff(kafka, _topics(prefix))) == 2


async def test_a_long_list_of_differences_is_still_one_line(kafka: str, prefix: str) -> None:
    """Three are named, the others are counted."""
    wanted = want(load(), prefix=prefix, partitions=2)

    with pytest.raises(TopicsNotReady, match=rf"is missing; {len(wanted) - 3} more differ\. Run"):
        await topic_admin.require(kafka, wanted)


async def test_what_kafka_refuses_is_said_in_its_words(kafka: str, prefix: str) -> None:
    """More copies than brokers, or a setting that does not exist, is an error with the topic's name."""
    with pytest.raises(Refused, match=f"does not create {prefix}one: .*replication"):
        await topic_admin.apply(kafka, _topics(prefix)[:1], replication=2)

    await topic_admin.apply(kafka, _topics(prefix))
    broken = [replace(topic, config={"retention.ms": "soon"}) for topic in _topics(prefix)]
    with pytest.raises(Refused, match=f"does not change {prefix}(one|two): .*soon"):
        await topic_admin.apply(kafka, broken)


async def test_no_kafka_is_said_with_its_address() -> None:
    """A closed port is one line, and no traceback of a client's."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{closed.getsockname()[1]}"

        with pytest.raises(Unreachable, match=f"^No Kafka answers at {address}$"):
            await topic_admin.diff(address, _topics("x."))


class SlowCluster:
    """A cluster of which the broker that is asked for settings hears of a new topic one look later."""

    def __init__(self, topic: TopicState, late: int) -> None:
        """Take the topic, and how many looks come too early."""
        self.topic, self.late = topic, late

    async def describe_topics(self) -> list[dict[str, Any]]:
        """It is there."""
        return [{"topic": self.topic.name, "partitions": [{}] * self.topic.partitions, "error_code": 0}]

    async def describe_configs(self, _: object) -> list[Any]:
        """Kafka's answer, as its library has it."""
        entries = [
            {"config_names": name, "config_value": value, "config_source": 1}
            for name, value in self.topic.config.items()
        ]
        self.late -= 1
        found = {"error_code": 3 if self.late >= 0 else 0, "error_message": "", "resource_name": self.topic.name}
        return [SimpleNamespace(to_object=lambda: {"resources": [{**found, "config_entries": entries}]})]


@pytest.mark.parametrize("late", [0, 1, 2])
async def test_a_broker_that_hears_of_a_new_topic_later_is_waited_for(late: int) -> None:
    """On a cluster another broker made it; this one says that there is none, which is no refusal."""
    [topic, *_] = _topics("slow.")
    admin: Any = SlowCluster(topic, late)
    assert await topic_admin._settle(admin, [topic]) == ()
    assert admin.late < 0
