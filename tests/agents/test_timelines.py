"""The timelines agent: whatever the chunks, the state and the topics end as the pure core says."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.rows import SortedRows
from agents.timelines import entry_key
from pipeline.flow import Picture, Raised, advance, picture
from pipeline.records import entry as read_entry
from pipeline.touchpoint import Entry
from tests.agents.harness import IDS, INSTALLATION, Bench, bench, decoded, settled, touchpoint_of
from tests.pipeline.touchpoints import at, chat, entry, review, runs, survey, worlds

ALERTS, FLAGS, TIMELINES = "voc.detractor-alerts", "voc.repeat-contacts", "voc.timelines"
SIGNALS = "voc.journey-signals"
ENTRIES, RAISED = "voc.state.entries", "voc.state.raised"
QUICK = settings(max_examples=40, deadline=None)


def _of(customer: str, one: Entry) -> Entry:
    """Return the touchpoint as this customer's own: nobody else has a part in the conversation."""
    item = None if one.item is None else f"{one.item}-{customer}"
    return replace(one, customer_id=customer, keys=tuple(f"{key}-{customer}" for key in one.keys), item=item)


@st.composite
def histories(draw: st.DrawFn) -> list[list[Entry]]:
    """Chunks of touchpoints of two customers, in any order, some heard twice."""
    world = [_of(draw(st.sampled_from(("anna", "ben"))), one) for one in draw(worlds(6))]
    return draw(runs(world, 2))


async def _heard(chunks: Sequence[Sequence[Entry]], most_rows: int = 200_000) -> Bench:
    here = await bench(most_rows)
    for one in chunks:
        await here.take([touchpoint_of(each) for each in one])
    return here


def _known(here: Bench, customer: str) -> Picture:
    rows = here.rows["state.entries"].scan(0, customer.encode() + b"\0")
    stored = [read_entry(INSTALLATION.book.decode("timeline-entry", value)) for _, value in rows]
    return picture(stored, INSTALLATION.policy)


def _truth(chunks: Sequence[Sequence[Entry]]) -> dict[str, Picture]:
    heard = [each for one in chunks for each in one]
    return {
        customer: picture({entry_key(e): e for e in heard if e.customer_id == customer}.values(), INSTALLATION.policy)
        for customer in {e.customer_id for e in heard}
    }


@given(histories())
@QUICK
async def test_state_and_topics_end_as_the_core_says(chunks: list[list[Entry]]) -> None:
    """One row a touchpoint; what readers keep stands exactly where the core, told all at once, finds it."""
    here = await _heard(chunks)
    truth = _truth(chunks)

    for customer, told in truth.items():
        assert set(_known(here, customer).rows) == set(told.rows)
    findings = {name: finding for told in truth.values() for name, finding in told.findings.items()}
    kept = settled(here.read(ALERTS), ALERTS) | settled(here.read(FLAGS), FLAGS)
    kept |= settled(here.read(SIGNALS), SIGNALS)
    standing = {name: record for name, record in kept.items() if record["status"] != "retracted"}
    assert {n: r["version"] for n, r in standing.items()} == {n: f.version for n, f in findings.items()}
    for name, finding in findings.items():
        assert {field: standing[name][field] for field in finding.body} == finding.body
    timelines = settled(here.read(TIMELINES), TIMELINES)
    assert {customer: record["version"] for customer, record in timelines.items()} == {
        customer: len(told.rows) for customer, told in truth.items()
    }


@given(histories())
@QUICK
async def test_each_chunk_is_what_advance_says_customer_by_customer(chunks: list[list[Entry]]) -> None:
    """Rows and records, whole and in order: customers as the chunk has them, from what the store has."""
    here = await _heard([])
    raised: dict[str, dict[str, Raised]] = {}
    for one in chunks:
        puts: list[tuple[str, str]] = []
        sends: list[tuple[Any, ...]] = []
        for customer in dict.fromkeys(each.customer_id for each in one):
            arrivals = [each for each in one if each.customer_id == customer]
            before = raised.setdefault(customer, {})
            after = advance(_known(here, customer), before, arrivals, INSTALLATION.policy)
            raised[customer] = before | {each.output_id: each for each in after.raised}
            puts += [(ENTRIES, each.event_id) for each in after.entries]
            puts += [(RAISED, each.output_id) for each in after.raised]
            sends += [(ALERTS, each["alert_id"], each["version"], each["status"]) for each in after.alerts]
            sends += [(FLAGS, each["flag_id"], each["version"], each["status"]) for each in after.flags]
            sends += [(SIGNALS, each["signal_id"], each["version"], each["status"]) for each in after.signals]
            sends += [(TIMELINES, customer, after.timeline["version"], "current")]

        arrived = [touchpoint_of(each) for each in one]
        effects = await here.agent(here.chunk(arrived))

        names = {ENTRIES: "event_id", RAISED: "output_id"}
        wrote = [(put.table.changelog, decoded(put.table.changelog, put.value or b"")) for put in effects.puts]
        assert [(topic, row[names[topic]]) for topic, row in wrote] == puts
        sent = [(send.topic, decoded(send.topic, send.value or b"")) for send in effects.sends]
        assert [(topic, r[IDS[topic]], r["version"], r.get("status")) for topic, r in sent] == sends
        await here.take(arrived)


@given(histories(), st.data())
@QUICK
async def test_a_chunk_taken_twice_says_the_same_twice(chunks: list[list[Entry]], data: st.DataObject) -> None:
    """A worker died before it could commit: ids and versions are sent again, and readers are where they were."""
    twice = data.draw(st.integers(0, len(chunks) - 1))
    here = await _heard(chunks[: twice + 1])
    sent = {topic: here.read(topic) for topic in IDS}
    state = {name: {p: dict(rows) for p, rows in kept.rows.items()} for name, kept in here.rows.items()}

    died = await bench(rows=here.rows)  # what was in its memory is gone
    again = [touchpoint_of(each) for each in chunks[twice]]
    await died.take(again)

    assert state == {name: {p: dict(rows) for p, rows in kept.rows.items()} for name, kept in died.rows.items()}
    for topic in IDS:
        before, after = settled(sent[topic], topic), settled([*sent[topic], *died.read(topic)], topic)
        assert {n: (r["version"], r.get("status") == "retracted") for n, r in before.items()} == {
            n: (r["version"], r.get("status") == "retracted") for n, r in after.items()
        }


@given(histories())
@QUICK
async def test_what_was_sent_only_in_part_is_sent_again(chunks: list[list[Entry]]) -> None:
    """The last chunk's state was stored, and none of its outputs went out: the next worker sends them all."""
    whole = await _heard(chunks)
    here = await _heard(chunks[:-1])
    effects = await here.agent(here.chunk([touchpoint_of(each) for each in chunks[-1]]))
    for put in effects.puts:
        put.table.write(0, [(put.key, put.value)])

    after = await bench(rows=here.rows)
    await after.take([touchpoint_of(each) for each in chunks[-1]])

    for topic in IDS:
        kept = settled([*here.read(topic), *after.read(topic)], topic)
        expected = settled(whole.read(topic), topic)
        assert {n: r["version"] for n, r in kept.items()} == {n: r["version"] for n, r in expected.items()}
        assert {n for n, r in kept.items() if r.get("status") == "retracted"} == {
            n for n, r in expected.items() if r.get("status") == "retracted"
        }


@given(histories())
@QUICK
async def test_memory_makes_no_difference(chunks: list[list[Entry]]) -> None:
    """With every customer held, with hardly any, and with the group in a new generation each time: the same records."""
    held, hardly = await _heard(chunks), await _heard(chunks, most_rows=1)
    forgetful = await bench()
    for one in chunks:
        await forgetful.take([touchpoint_of(each) for each in one])
        forgetful.world.rebalance()
        forgetful.world.committed_offset = forgetful.next
    assert held.producer.logs == hardly.producer.logs == forgetful.producer.logs


async def test_a_new_generation_reads_what_another_worker_wrote() -> None:
    """In between the partition was another's: what it stored counts, not what we remember."""
    here = await _heard([[chat("e1", at(0), "1")]])
    other = await bench(rows=here.rows)
    other.next = here.next
    other.world.committed_offset = other.next
    await other.take([touchpoint_of(chat("e2", at(0, minutes=1), "1"))])

    here.world.rebalance()
    here.next = other.next
    here.world.committed_offset = here.next
    await here.take([touchpoint_of(chat("e3", at(0, minutes=2), "1"))])
    assert here.read(TIMELINES)[-1]["version"] == 3


async def test_what_goes_out_carries_the_newest_arrival_of_its_customer() -> None:
    """Age and delay are measured from when Kafka had the event; each customer has its own."""
    here = await bench()
    effects = await here.agent(
        here.chunk(
            [
                touchpoint_of(replace(one, customer_id=name))
                for one, name in ((review("r1", at(0), 1), "anna"), (chat("e2", at(0), "1"), "ben"))
            ]
        )
    )
    begin = 1_767_000_000_000
    assert {(send.key, send.timestamp) for send in effects.sends} == {(b"anna", begin), (b"ben", begin + 1)}
    assert {(put.key.split(b"\0")[0], put.timestamp) for put in effects.puts} == {
        (b"anna", begin),
        (b"ben", begin + 1),
    }


async def test_alerts_and_flags_are_counted_when_they_are_done() -> None:
    """By their few words; the timeline's delay once for each record."""
    here = await bench()
    detractor = survey("s1", at(0), "nps", 2)
    effects = await here.agent(here.chunk([touchpoint_of(detractor)]))
    value = here.agent.metrics.registry.get_sample_value
    labels = {"basis": "explicit", "status": "raised"}
    assert value("tellonce_alerts_total", labels) is None
    effects.done()
    assert value("tellonce_alerts_total", labels) == 1
    assert value("tellonce_touchpoints_stitched_total") == value("tellonce_end_to_end_seconds_count") == 1


async def test_a_touchpoint_that_cannot_be_read_is_an_error() -> None:
    """Only we write that topic: the worker leaves; skipping it would lose the event."""
    here = await bench()
    broken = here.chunk([touchpoint_of(chat("e1", at(0), "1"))])
    broken.records[0].value = b"\x00\x00\x00\x00\x00"
    with pytest.raises(Exception, match="decode"):
        await here.agent(broken)


TIMES = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(  # noqa: DTZ001 -- made aware on the next line
    lambda moment: moment.replace(tzinfo=UTC, microsecond=moment.microsecond // 1000 * 1000)
)
NAMES = st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=4)


def _row(when: datetime, customer: str = "anna", event: str = "e") -> Entry:
    return entry(event, when, customer_id=customer)


@given(TIMES, TIMES)
def test_keys_sort_as_times_do(one: datetime, other: datetime) -> None:
    """A scan reads a customer in event-time order, before 1970 too."""
    first, second = entry_key(_row(one)), entry_key(_row(other))
    assert (first < second) == (one < other)
    assert (first == second) == (one == other)


@pytest.mark.parametrize("year", [1, 1969, 1970, 2026, 9999])
def test_a_millisecond_makes_another_key(year: int) -> None:
    """Just before, exactly at, just after, at both ends of what a time can be."""
    moment = datetime(year, 6, 1, tzinfo=UTC)
    step = timedelta(milliseconds=1)
    keys = [entry_key(_row(moment + step * n)) for n in (-1, 0, 1)]
    assert sorted(set(keys)) == keys


@given(NAMES, NAMES, TIMES, NAMES)
def test_no_customers_rows_are_anothers(one: str, other: str, when: datetime, event: str) -> None:
    """The prefix of one customer begins no key of another's, however alike their names."""
    key = entry_key(_row(when, one, event))
    assert key.startswith(other.encode() + b"\0") == (one == other)


@given(TIMES, NAMES, NAMES, st.sampled_from(("chat", "phone")), st.sampled_from(("chat", "phone")))
def test_two_events_never_share_a_row(when: datetime, one: str, other: str, source: str, another: str) -> None:
    """An event is its source and its id; the same one at the same time, saying the same, is the same row."""
    first, second = replace(_row(when, event=one), source=source), replace(_row(when, event=other), source=another)
    assert (entry_key(first) == entry_key(second)) == ((source, one) == (another, other))


def test_state_begins_empty() -> None:
    """A row that was never written is not there."""
    assert list(SortedRows().scan(0, b"anna\0")) == []
