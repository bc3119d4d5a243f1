"""The list of topics is one list, refuses nonsense by its name, and is compared without judgement."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.topics import (
    Cleanup,
    Difference,
    Kind,
    Timestamp,
    Topic,
    TopicsError,
    TopicState,
    compare,
    load,
    parse,
    want,
)
from tests.conftest import ROOT

ENTRY = {
    "name": '"touchpoints"',
    "schema": '"touchpoint.v1"',
    "key": '"the customer"',
    "partitions": '"shared"',
    "retention": '"30 days"',
    "cleanup": '"delete"',
    "timestamp": '"CreateTime"',
    "max_message": '"8 MiB"',
    "writers": '["intake"]',
    "readers": '["timelines"]',
    "why": '"every admitted event"',
}


def _list(**changed: str | None) -> str:
    """Returns a list of one topic, with fields changed or (None) left out."""
    fields = {key: value for key, value in (ENTRY | changed).items() if value is not None}
    return "[[topic]]\n" + "".join(f"{key} = {value}\n" for key, value in fields.items())


TOPICS = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d"]),
    st.builds(
        TopicState,
        name=st.just(""),
        partitions=st.integers(1, 3),
        config=st.dictionaries(st.sampled_from(["x", "y"]), st.sampled_from(["1", "2"])),
    ),
).map(lambda found: {name: replace(topic, name=name) for name, topic in found.items()})


@given(TOPICS)
def test_what_is_as_wanted_does_not_differ(topics: dict[str, TopicState]) -> None:
    """A Kafka that has exactly what is wanted needs nothing."""
    assert compare(topics, topics.values()) == ()


@given(TOPICS, TOPICS)
def test_what_nobody_asked_for_is_no_difference(existing: dict[str, TopicState], wanted: dict[str, TopicState]) -> None:
    """Topics of others on the same Kafka change nothing in the answer."""
    named = {name: topic for name, topic in existing.items() if name in wanted}

    assert compare(existing, wanted.values()) == compare(named, wanted.values())


@given(TOPICS, TOPICS)
def test_every_difference_mended_is_none_left(existing: dict[str, TopicState], wanted: dict[str, TopicState]) -> None:
    """Doing what the differences say, and nothing else, ends in no difference, and takes nothing away."""
    mended = dict(existing)
    by_name = {topic.name: topic for topic in wanted.values()}
    for each in compare(existing, wanted.values()):
        if each.kind is Kind.MISSING:
            mended[each.topic] = by_name[each.topic]
        elif each.kind is Kind.PARTITIONS:
            mended[each.topic] = replace(mended[each.topic], partitions=int(each.wanted))
        else:
            found = mended[each.topic]
            mended[each.topic] = replace(found, config={**found.config, each.setting: each.wanted})

    assert compare(mended, wanted.values()) == ()
    assert mended.keys() >= existing.keys()


def test_differences_are_stated_one_by_one() -> None:
    """A missing topic is one difference; partitions and each setting of one that is there are one each."""
    existing = {"b": TopicState("b", 3, {"retention.ms": "1", "segment.bytes": "7"})}
    wanted = [TopicState("a", 4), TopicState("b", 4, {"retention.ms": "2", "cleanup.policy": "delete"})]

    assert compare(existing, wanted) == (
        Difference("a", Kind.MISSING, "", "", ""),
        Difference("b", Kind.PARTITIONS, "partitions", "3", "4"),
        Difference("b", Kind.CONFIG, "cleanup.policy", "", "delete"),
        Difference("b", Kind.CONFIG, "retention.ms", "1", "2"),
    )
    assert [str(each) for each in compare(existing, wanted)] == [
        "a is missing",
        "b has 3 partitions, not 4",
        "b has cleanup.policy=nothing, not delete",
        "b has retention.ms=1, not 2",
    ]


def test_an_entry_is_read_whole() -> None:
    """Every field of the file has its type in the value."""
    assert parse(_list()) == (
        Topic(
            name="touchpoints",
            schema="touchpoint.v1",
            key="the customer",
            partitions=None,
            retention=timedelta(days=30),
            cleanup=Cleanup.DELETE,
            timestamp=Timestamp.CREATE_TIME,
            max_message=8 * 1024 * 1024,
            writers=("intake",),
            readers=("timelines",),
            why="every admitted event",
        ),
    )


@pytest.mark.parametrize(("retention", "expected"), [('"30 days"', "2592000000"), ('"forever"', "-1")])
def test_settings_are_in_the_words_of_kafka(retention: str, expected: str) -> None:
    """Retention becomes milliseconds, for ever becomes -1."""
    (topic,) = parse(_list(retention=retention))

    assert topic.config == {
        "cleanup.policy": "delete",
        "max.message.bytes": "8388608",
        "message.timestamp.type": "CreateTime",
        "retention.ms": expected,
    }


@pytest.mark.parametrize(("cleanup", "expected"), [('"compact"', "gzip"), ('"delete"', None)])
def test_what_stays_until_it_is_replaced_is_kept_compressed(cleanup: str, expected: str | None) -> None:
    """What is dropped after a while stays as its writer sent it."""
    (topic,) = parse(_list(cleanup=cleanup))

    assert topic.config.get("compression.type") == expected


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("schema", "7"),
        ("key", '" "'),
        ("partitions", "0"),
        ("partitions", "true"),
        ("partitions", '"many"'),
        ("retention", '"0 days"'),
        ("retention", '"a while"'),
        ("retention", "30"),
        ("cleanup", '"burn"'),
        ("timestamp", '"Yesterday"'),
        ("max_message", '"0 B"'),
        ("max_message", '"8 MB"'),
        ("writers", "[]"),
        ("readers", '[""]'),
        ("why", '""'),
    ],
)
def test_nonsense_is_refused_by_topic_and_field(field: str, value: str) -> None:
    """The message names the topic, the field, the value and what is allowed."""
    with pytest.raises(TopicsError, match=rf"^topic 'touchpoints': {field} = .*, but allowed is "):
        parse(_list(**{field: value}))


@pytest.mark.parametrize("field", sorted(ENTRY.keys() - {"name"}))
def test_a_field_that_is_not_there_is_named(field: str) -> None:
    """No field has a default: each topic says all of itself."""
    with pytest.raises(TopicsError, match=f"^topic 'touchpoints' does not say its {field}$"):
        parse(_list(**{field: None}))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "made of"),
        ("topic = 1", "made of"),
        ("[[topics]]", "made of"),
        ("[[topic", "no TOML"),
        (_list(color='"red"'), "'color', which is no field"),
        (_list(name='"No Spaces"'), "name = 'No Spaces'"),
        (_list() + _list(), "listed twice"),
    ],
)
def test_a_file_that_is_no_list_of_topics_is_refused(text: str, said: str) -> None:
    """Other tables, unknown fields, illegal names and repeats are refused."""
    with pytest.raises(TopicsError, match=said):
        parse(text)


def test_shared_topics_have_one_number_of_partitions() -> None:
    """The setting is theirs; a topic with a number of its own keeps it."""
    topics = (*parse(_list()), *parse(_list(name='"identity"', partitions="1")))

    assert [(each.name, each.partitions) for each in want(topics, prefix="x.", partitions=7)] == [
        ("x.touchpoints", 7),
        ("x.identity", 1),
    ]


def test_the_list_we_ship_keeps_its_promises() -> None:
    """Every co-partitioned topic is shared, and no topic that is read by a sequence check is compacted."""
    topics = {topic.name: topic for topic in load()}

    state = {"state.entries", "state.raised", "state.kin"}
    co_partitioned = {"touchpoints", "moves", "identity-changes", "deadlines", "timelines", *state}
    assert {topics[name].partitions for name in co_partitioned} == {None}
    read_in_sequence = [topic for topic in topics.values() if {"intake", "timelines"} & set(topic.readers)]
    assert {topic.name for topic in read_in_sequence if topic.cleanup is Cleanup.COMPACT} == state


def test_a_dead_letter_has_room_for_every_raw_event() -> None:
    """Raw event, then what is said about it, then what the broker takes at all: each has room for the last."""
    topics = {topic.name: topic for topic in load()}
    largest_raw = max(topic.max_message for name, topic in topics.items() if name.startswith("raw."))
    properties = (ROOT / "deploy" / "broker" / "server.properties").read_text().splitlines()
    (broker,) = [int(line.partition("=")[2]) for line in properties if line.startswith("message.max.bytes=")]
    sizes = [largest_raw, topics["dead-letters"].max_message, broker]

    assert all(small < large for small, large in pairwise(sizes))


def test_every_topic_has_its_schema_and_every_schema_its_topic() -> None:
    """An orphan in either direction is a mistake."""
    schemas = {path.name.removesuffix(".avsc") for path in (ROOT / "schemas").glob("*.avsc")}

    assert {topic.schema for topic in load()} == schemas
