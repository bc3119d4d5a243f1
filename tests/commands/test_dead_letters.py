"""`tellonce dead-letters` on the real Kafka: letters as workers write them, and what comes back out."""

import asyncio
import base64
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from aiokafka.structs import ConsumerRecord
from click.testing import CliRunner, Result

from commands.letters import TOPIC
from commands.main import tellonce
from commands.streams import read_to_the_end, writing
from pipeline.dead_letters import ATTEMPTS, LETTER, dead_letter, tried_before
from pipeline.flow import admit
from pipeline.record import RawRecord
from pipeline.refusal import Reason, Rejected, Stage
from pipeline.sources import SOURCES
from pipeline.touchpoint import Origin, Touchpoint
from tests.builders import RAW_EVENTS, RECEIVED
from tests.commands.people_on_kafka import installation, make_topics
from tests.simulation.intake import the_intake

GARBAGE = b"\xff\xfe\x00garbage"
BAD = json.dumps(RAW_EVENTS["chat"](text="Hello")).encode()


class Drawer:
    """Dead letters on a Kafka of one's own topics."""

    def __init__(self, kafka: str, prefix: str) -> None:
        """Make the topics."""
        self.at, self.prefix = installation(kafka, prefix), prefix
        asyncio.run(make_topics(self.at))

    def letter(self, offset: int, value: bytes | None, reason: Reason = Reason.EMPTY, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return a letter; `topic`, `partition`, `key`, `headers`, `attempts` and `source` as they should differ."""
        topic = more.get("topic", f"{self.prefix}raw.chat")
        record = RawRecord(
            more.get("source", "chat"),
            Origin(topic, more.get("partition", 1), offset),
            RECEIVED,
            more.get("key", b"a key"),
            value,
            more.get("headers", (("content-type", b"text/plain"),)),
        )
        return dead_letter(
            Rejected(Stage.DECODE, reason, None, "something else"), record, "tellonce/test", more.get("attempts", 1)
        )

    def fill(self, letters: Sequence[dict[str, Any]]) -> None:
        """Write letters, as intake does."""

        async def write() -> None:
            async with writing(self.at.bootstrap) as writer:
                for one in letters:
                    key = f"{one['topic']}/{one['partition']}/{one['offset']}".encode()
                    await writer.send(self.at.name(TOPIC), key, self.at.book.encode("dead-letter", one))

        asyncio.run(write())

    def read(self, topic: str) -> list[ConsumerRecord]:
        """Return a topic's records."""
        name = self.at.name(topic)
        partitions = next(state.partitions for state in self.at.wanted() if state.name == name)
        return asyncio.run(read_to_the_end(self.at.bootstrap, {name: partitions}))[name]


@pytest.fixture
def drawer(kafka: str, prefix: str, monkeypatch: pytest.MonkeyPatch) -> Drawer:
    """Yields a drawer that the commands look into."""
    for name, value in {"BROKER": kafka, "PREFIX": prefix, "PARTITIONS": "2"}.items():
        monkeypatch.setenv(f"TELLONCE_{name}", value)
    return Drawer(kafka, prefix)


def _run(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(tellonce, ["dead-letters", *arguments])
    assert result.exit_code == code, result.output
    return result


def _rows(*arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in _run(*arguments, "--json").output.splitlines()]


def test_letters_are_counted_by_source_stage_and_reason(drawer: Drawer) -> None:
    """A letter heard twice is one; each filter narrows; nothing is a sentence of its own."""
    assert _run("list").output == "There are no such dead letters.\n"
    one = drawer.letter(1, GARBAGE)
    drawer.fill([one, one, drawer.letter(2, None), drawer.letter(3, BAD, Reason.TOO_OLD, source="phone")])

    counts = {(row["source"], row["reason"]): row["letters"] for row in _rows("list")}
    assert counts == {("chat", "empty"): 2, ("phone", "too_old"): 1}
    assert [row["reason"] for row in _rows("list", "--source", "phone")] == ["too_old"]
    assert [row["letters"] for row in _rows("list", "--reason", "empty", "--since", "1 h")] == [2]
    assert _rows("list", "--since", "2999-01-01T00:00:00Z") == []
    assert len(_rows("list", "--ids")) == 3
    head, first, _ = _run("list").output.splitlines()
    assert head.split() == ["source", "stage", "reason", "letters", "replayed", "newest"]
    assert first.split()[:5] == ["chat", "decode", "empty", "2", "0"]


def test_nothing_of_an_event_is_listed(drawer: Drawer) -> None:
    """Neither counted nor by id does a list say what customers said."""
    drawer.fill([drawer.letter(1, BAD)])
    for arguments in (["list"], ["list", "--ids"], ["list", "--json"], ["list", "--ids", "--json"]):
        assert "Hello" not in _run(*arguments).output
        assert "anna" not in _run(*arguments).output


def test_reading_is_bounded(drawer: Drawer) -> None:
    """More than asked for is not read, and that is said."""
    drawer.fill([drawer.letter(number, GARBAGE) for number in range(3)])
    assert "There are more than 2 records to read: narrow it with --since" in _run("list", "--most", "2", code=1).output
    assert [row["letters"] for row in _rows("list", "--most", "3")] == [3]


def test_a_letter_is_shown_with_its_bytes(drawer: Drawer) -> None:
    """Text as text, anything else as hex or base64; control characters never reach the terminal."""
    text, bytes_ = drawer.letter(1, b"a\x1b[31m red \xc3\xa4"), drawer.letter(2, GARBAGE)
    drawer.fill([text, bytes_])

    shown = _run("show", text["dead_letter_id"]).output
    assert "\x1b" not in shown
    assert "red ä" in shown
    assert "header content-type: text/plain" in shown
    assert f"value: {GARBAGE.hex()}" in _run("show", bytes_["dead_letter_id"]).output
    assert base64.b64encode(GARBAGE).decode() in _run("show", bytes_["dead_letter_id"], "--bytes", "base64").output
    record = json.loads(_run("show", bytes_["dead_letter_id"], "--json").output)
    assert base64.b64decode(record["value_base64"]) == GARBAGE
    assert record["value_text"] is None
    assert "no dead letter 'nobody'" in _run("show", "nobody", code=1).output


def test_a_letter_is_sent_again_once_as_it_was(drawer: Drawer) -> None:
    """Bytes, key, headers, topic and partition are the event's own; a second call has nothing to do."""
    letter = drawer.letter(41, BAD, attempts=2, headers=(("h", None), (ATTEMPTS, b"1"), (LETTER, b"older")))
    drawer.fill([letter, letter, drawer.letter(42, GARBAGE, Reason.TOO_OLD)])
    arguments = ("replay", "--reason", "empty", "--by", "ops")

    dry = _run(*arguments, "--dry-run").output
    assert dry == f"would send 1 again to {drawer.prefix}raw.chat\n"
    assert drawer.read("raw.chat") == []

    assert _run(*arguments).output == f"sent 1 again to {drawer.prefix}raw.chat\n"
    (again,) = drawer.read("raw.chat")
    assert (again.partition, again.key, again.value) == (1, b"a key", BAD)
    own = ((LETTER, letter["dead_letter_id"].encode()), (ATTEMPTS, b"3"))
    assert again.headers == (("h", None), *own)
    assert tried_before(again.headers) == 3

    assert _run(*arguments).output == "1 had been sent again before\nNothing to send.\n"
    assert len(drawer.read("raw.chat")) == 1
    row = next(row for row in _rows("list") if row["reason"] == "empty")
    assert (row["letters"], row["replayed"]) == (1, 1)
    record = json.loads(_run("show", letter["dead_letter_id"], "--json").output)
    assert record["replayed_by"] == "ops"
    assert base64.b64decode(record["value_base64"]) == BAD


def test_the_record_that_a_letter_was_sent_again_has_no_bytes(drawer: Drawer) -> None:
    """The event's bytes are not kept a second time."""
    drawer.fill([drawer.letter(1, BAD)])
    _run("replay", "--source", "chat", "--by", "ops")
    mark = drawer.at.book.decode("dead-letter", drawer.read(TOPIC)[-1].value)
    assert (mark["key"], mark["value"], mark["headers"]) == (None, None, [])
    assert mark["replayed_at"] is not None


def test_the_next_letter_of_the_same_event_counts_on() -> None:
    """What fails again was tried once more; a header that somebody made up counts nothing."""
    rejected = Rejected(Stage.DECODE, Reason.EMPTY, None, "a value")
    for value, attempts in ((b"3", 4), (b"", 1), (b"-3", 1), (b"many", 1), (b"9" * 9, 1), ("٣".encode(), 1), (None, 1)):
        record = RawRecord("chat", Origin("voc.raw.chat", 0, 1), RECEIVED, None, None, ((ATTEMPTS, value),))
        assert dead_letter(rejected, record, "tellonce/test")["attempts"] == attempts


def test_a_letter_without_a_topic_stays(drawer: Drawer) -> None:
    """A topic that is gone is not made; the others are sent, and the exit code says that something stayed."""
    drawer.fill([drawer.letter(1, BAD), drawer.letter(2, BAD, topic=f"{drawer.prefix}gone.raw.chat")])
    said = _run("replay", "--since", "1 h", "--by", "ops", code=1).output
    assert said.splitlines() == [
        f"sent 1 again to {drawer.prefix}raw.chat",
        f"1 stay: there is no topic {drawer.prefix}gone.raw.chat",
    ]
    report = json.loads(_run("replay", "--since", "1 h", "--by", "ops", "--json", code=1).output)
    assert report["sent_before"] == 1
    assert report["no_topic"] == {f"{drawer.prefix}gone.raw.chat": 1}


def test_a_partition_that_is_gone_gives_way_to_the_key(drawer: Drawer) -> None:
    """The topic has fewer partitions than it had: the event goes where its key says."""
    drawer.fill([drawer.letter(1, BAD, partition=7), drawer.letter(2, BAD, partition=8)])
    _run("replay", "--reason", "empty", "--by", "ops")
    assert len({record.partition for record in drawer.read("raw.chat")}) == 1


def test_by_id_only_that_letter_is_sent(drawer: Drawer) -> None:
    """The others stay."""
    one, other = drawer.letter(1, BAD), drawer.letter(2, GARBAGE)
    drawer.fill([one, other])
    _run("replay", other["dead_letter_id"], "--by", "ops")
    assert [record.value for record in drawer.read("raw.chat")] == [GARBAGE]


def test_an_id_of_no_letter_is_said(drawer: Drawer) -> None:
    """The others are sent; that one was slipped past is no success."""
    one = drawer.letter(1, BAD)
    drawer.fill([one])
    said = _run("replay", one["dead_letter_id"], "dead-nobody", "--by", "ops", code=1).output
    assert "There is no dead letter 'dead-nobody', or no more." in said
    assert [record.value for record in drawer.read("raw.chat")] == [BAD]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--by", "ops"], "Say which: by ID, --reason, --source or --since."),
        (["--reason", "empty"], "Missing option '--by'"),
        (["--since", "yesterday", "--by", "ops"], "neither a duration"),
        (["--since", "2026-03-01T00:00:00", "--by", "ops"], "neither a duration"),
        (["--reason", "malformed_jason", "--by", "ops"], "'malformed_jason' is not one of"),
    ],
    ids=["nothing asked for", "nobody says so", "no time", "no offset", "no reason"],
)
def test_an_order_that_is_not_clear_sends_nothing(arguments: list[str], why: str) -> None:
    """Nothing is sent by a slip of the hand."""
    assert why in _run("replay", *arguments, code=2).output


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_an_event_sent_twice_is_one_event(source: str) -> None:
    """Wherever and whenever it is heard, the same bytes name the same event, also without an id of its own."""
    value = json.dumps(RAW_EVENTS[source]()).encode()
    places = (Origin("voc.raw", 0, 1), Origin("voc.raw", 3, 77))
    heard = [
        admit(RawRecord(source, place, RECEIVED + timedelta(days=day), None, value), the_intake())
        for day, place in enumerate(places)
    ]
    assert all(isinstance(one, Touchpoint) for one in heard)
    assert len({one.event_id for one in heard}) == 1


def test_a_touchpoint_that_crashed_a_worker_keeps_its_time(drawer: Drawer) -> None:
    """Age and delay are measured from the raw event's arrival, also when its touchpoint is sent again."""
    topic = f"{drawer.prefix}touchpoints"
    drawer.fill([drawer.letter(1, b"touchpoint", Reason.CRASHED, topic=topic, source="touchpoints")])
    _run("replay", "--reason", "crashed", "--by", "ops")
    (again,) = drawer.read("touchpoints")
    assert again.timestamp == round(RECEIVED.timestamp() * 1000)


def test_an_event_without_key_and_value_is_sent_again_too(drawer: Drawer) -> None:
    """Nothing at all is an event as well: it comes out as it went in, with what we say of it."""
    letter = drawer.letter(1, None, key=None, headers=())
    drawer.fill([letter])
    _run("replay", "--reason", "empty", "--by", "ops")
    (again,) = drawer.read("raw.chat")
    assert (again.partition, again.key, again.value) == (1, None, None)
    assert again.headers == ((LETTER, letter["dead_letter_id"].encode()), (ATTEMPTS, b"1"))
