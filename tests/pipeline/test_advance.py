"""What a customer's arrivals publish, held by the laws of DESIGN: order, versions, crash, duplicates, ids."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import permutations
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.advance import Advance, Picture, Raised, Row, advance, picture, row_of
from pipeline.findings import Record
from pipeline.touchpoint import Entry, Origin
from tests.pipeline.touchpoints import (
    POLICY,
    UNHAPPY,
    at,
    call,
    chat,
    cut,
    email,
    entry,
    retold,
    review,
    runs,
    survey,
    worlds,
)

Body = Mapping[str, object]
PUBLISHING = ("version", "status", "reason")
IDS = ("alert_id", "flag_id", "signal_id")


def id_of(record: Record) -> str:
    """Return the id of an alert, a flag or a signal."""
    return str(record.get("alert_id") or record.get("flag_id") or record["signal_id"])


def body_of(record: Record) -> Body:
    """Return what a record says but for when and why it was published."""
    return {name: value for name, value in record.items() if name not in (*PUBLISHING, *IDS)}


@dataclass
class Worker:
    """A worker as `agents.timelines` runs it: rows and what was raised are stored first, then outputs go out."""

    rows: dict[Row, Entry] = field(default_factory=dict)
    raised: dict[str, Raised] = field(default_factory=dict)
    published: list[Record] = field(default_factory=list)
    hot: Picture | None = None

    def hear(self, chunk: Sequence[Entry], *, dies: bool = False) -> Advance:
        """Advance by a chunk; one that dies has stored, and published nothing."""
        known = self.hot or picture(self.rows.values(), POLICY)
        after = advance(known, self.raised, chunk, POLICY)
        self.rows.update({row_of(entry): entry for entry in after.entries})
        self.raised.update({one.output_id: one for one in after.raised})
        self.hot = None if dies else after.picture
        if not dies:
            self.published += [*after.alerts, *after.flags, *after.signals]
        return after

    def hear_all(self, chunks: Iterable[Sequence[Entry]]) -> "Worker":
        """Advance by each chunk."""
        for chunk in chunks:
            self.hear(chunk)
        return self

    def read(self) -> dict[str, tuple[object, Body]]:
        """Return what a reader holds: of each id the highest version, of equal ones the last; the retracted dropped."""
        held: dict[str, Record] = {}
        for record in self.published:
            if id_of(record) not in held or record["version"] >= held[id_of(record)]["version"]:  # type: ignore[operator]
                held[id_of(record)] = record
        return {id_: (r["version"], body_of(r)) for id_, r in held.items() if r["status"] != "retracted"}


def true_of(entries: Iterable[Entry]) -> dict[str, tuple[object, Body]]:
    """Return what a reader should hold, from one picture of everything."""
    rows = {row_of(entry): entry for entry in entries}.values()
    return {id_: (one.version, one.body) for id_, one in picture(rows, POLICY).findings.items()}


def assert_versions_lawful(published: Sequence[Record]) -> None:
    """Versions of an id never fall, and one version says one thing."""
    newest: dict[str, tuple[int, bool, Body]] = {}
    for record in published:
        version = record["version"]
        assert isinstance(version, int)
        said = version, record["status"] == "retracted", body_of(record)
        before = newest.setdefault(id_of(record), said)
        assert version >= before[0], (before, record)
        assert version > before[0] or said == before, (before, record)
        newest[id_of(record)] = said


# --- laws


@given(worlds().flatmap(lambda world: st.tuples(st.just(world), runs(world))))
def test_any_order_in_any_batches_ends_in_the_same_findings(heard: tuple[list[Entry], list[list[Entry]]]) -> None:
    """Law 2 of the design: same ids, same versions, same bodies as one picture of everything."""
    world, chunks = heard
    assert Worker().hear_all(chunks).read() == true_of(world)


@given(worlds().flatmap(runs))
def test_versions_never_fall_and_each_says_one_thing(chunks: list[list[Entry]]) -> None:
    """A changed body has a higher version; a retraction and a standing record are different bodies."""
    assert_versions_lawful(Worker().hear_all(chunks).published)


@given(worlds().flatmap(runs))
def test_what_no_longer_stands_has_been_taken_back_with_the_highest_version(chunks: list[list[Entry]]) -> None:
    """After every chunk, of each id ever published: it stands, or its last word is a retraction, above all others."""
    worker = Worker()
    for chunk in chunks:
        standing = worker.hear(chunk).picture.findings
        for id_ in {id_of(record) for record in worker.published} - set(standing):
            versions = [(r["version"], r["status"]) for r in worker.published if id_of(r) == id_]
            last, status = versions[-1]
            assert status == "retracted"
            assert all(version < last or other == "retracted" for version, other in versions)  # type: ignore[operator]


@given(worlds().flatmap(lambda w: st.tuples(st.just(w), runs(w))), st.data())
def test_a_crash_between_storing_and_publishing_changes_nothing(
    heard: tuple[list[Entry], list[list[Entry]]], data: st.DataObject
) -> None:
    """What was stored and never published comes again, in other chunks, and the reader ends the same."""
    world, chunks = heard
    dies_at = data.draw(st.integers(0, len(chunks) - 1))
    lost = data.draw(st.integers(1, len(chunks) - dies_at))
    worker = Worker().hear_all(chunks[:dies_at])
    for chunk in chunks[dies_at : dies_at + lost]:
        worker.hear(chunk, dies=True)
    again = [entry for chunk in chunks[data.draw(st.integers(0, dies_at)) :] for entry in chunk]
    worker.hear_all(cut(again, data.draw(st.sets(st.integers(1, len(again))))))
    assert worker.read() == true_of(world)
    assert_versions_lawful(worker.published)


@given(worlds().flatmap(lambda w: st.tuples(runs(w), st.lists(st.sampled_from(w), min_size=1, max_size=4))))
def test_hearing_something_again_is_hearing_it_once(heard: tuple[list[list[Entry]], list[Entry]]) -> None:
    """A repeat tells again what follows from it, under ids and versions already published, and nothing else."""
    chunks, repeats = heard
    worker = Worker().hear_all(chunks)
    before, known = worker.read(), {(id_of(r), r["version"]): body_of(r) for r in worker.published}
    said = len(worker.published)
    worker.hear(repeats)
    worker.hear_all([one] for one in repeats)
    assert worker.read() == before
    for record in worker.published[said:]:
        assert known[id_of(record), record["version"]] == body_of(record)


@given(worlds(6).flatmap(retold).flatmap(lambda told: st.tuples(st.just(told), runs(told))))
def test_an_event_told_again_keeps_the_laws(heard: tuple[list[Entry], list[list[Entry]]]) -> None:
    """With another time or other contents, even out of its contact: versions grow all the same, in any order."""
    told, chunks = heard
    worker = Worker().hear_all(chunks)
    assert worker.read() == true_of(told)
    assert_versions_lawful(worker.published)


@given(worlds().flatmap(runs))
def test_a_picture_made_step_by_step_is_the_picture_made_at_once(chunks: list[list[Entry]]) -> None:
    """What a worker keeps in memory saves work and changes nothing: not a finding, a contact, or the timeline."""
    hot, cold = Worker(), Worker()
    for chunk in chunks:
        cold.hot = None
        kept, made = hot.hear(chunk), cold.hear(chunk)
        assert kept.picture.findings == made.picture.findings
        assert kept.picture.contacts == made.picture.contacts
        assert (kept.alerts, kept.flags, kept.timeline) == (made.alerts, made.flags, made.timeline)
        assert (kept.signals, kept.picture.efforts) == (made.signals, made.picture.efforts)


@given(worlds().flatmap(runs))
def test_every_row_is_written_as_it_is_in_the_picture(chunks: list[list[Entry]]) -> None:
    """What is stored is what was heard: each touchpoint once, whatever came with it."""
    worker = Worker().hear_all(chunks)
    heard = {row_of(entry): entry for chunk in chunks for entry in chunk}
    assert worker.rows == heard


# --- examples


def told(*chunks: Sequence[Entry]) -> list[tuple[object, object, object]]:
    """Return what is published chunk by chunk: status, reason, version."""
    return [(r["status"], r["reason"], r["version"]) for r in Worker().hear_all(chunks).published]


def test_a_review_edited_from_one_star_to_five_is_taken_back() -> None:
    """Raised, then retracted as edited; heard the other way round, nothing was ever wrong."""
    bad, good = review("1", at(), 1), review("1", at(days=1), 5, 2)
    assert told([bad], [good]) == [("raised", "new_touchpoint", 1), ("retracted", "edited", 2)]
    assert told([good], [bad]) == told([bad, good]) == []


def test_a_review_edited_from_five_stars_to_one_is_raised() -> None:
    """Whichever revision arrives first, the alert ends on the latest with both as evidence."""
    good, bad = review("1", at(), 5), review("1", at(days=1), 1, 2)
    assert told([good], [bad]) == [("raised", "edited", 2)]
    assert told([bad], [good]) == [("raised", "edited", 1), ("updated", "late_touchpoint", 2)]
    assert Worker().hear_all([[bad], [good]]).read() == true_of([good, bad])


def test_what_was_taken_back_can_be_raised_again() -> None:
    """Stars of 1, 5 and 1 again, with a chat long after that was heard first: the versions only grow."""
    one, two, three = (review("1", at(days=day), stars, day) for day, stars in ((1, 1), (2, 5), (3, 1)))
    worker = Worker().hear_all([[chat("a", at(days=60), "S")], [one], [two], [three]])
    alerts = [(r["status"], r["version"]) for r in worker.published if "alert_id" in r]
    assert alerts == [("raised", 1), ("retracted", 2), ("updated", 3)]


def test_a_late_email_that_joins_two_contacts_takes_the_flag_back() -> None:
    """The second thread was the first one all along: no repeat, and the flag's reason is joined."""
    first, second, link = email("a", at()), email("b", at(days=1)), email("c", at(days=1, hours=1), "a", "b")
    assert told([first, second], [link]) == [("raised", "new_touchpoint", 2), ("retracted", "joined", 3)]
    assert told([link], [second], [first]) == []


def test_a_late_handover_proof_takes_the_flag_back() -> None:
    """A call ten minutes before the chat, heard late: the chat continues it, and the call is what repeats."""
    first, proof, came = call("1", at()), call("2", at(days=1)), chat("c", at(days=1, minutes=10), "S")
    assert told([first, came], [proof]) == [
        ("raised", "new_touchpoint", 2),
        ("raised", "late_touchpoint", 2),
        ("retracted", "handed_over", 3),
    ]
    assert told([first], [proof], [came]) == [("raised", "new_touchpoint", 2)]


def test_a_late_outbound_beginning_takes_the_flag_back() -> None:
    """The company wrote first, which was heard last: an answer to it is no contact of the customer."""
    call_before, ours, answer = (
        call("1", at()),
        email("a", at(days=1), direction="outbound"),
        email("b", at(days=2), "a"),
    )
    assert told([call_before, answer], [ours])[-1] == ("retracted", "late_touchpoint", 3)


def test_a_late_touchpoint_updates_what_stands_after_it() -> None:
    """A contact in between shortens the gap and lengthens the story: the flag is updated, and says why."""
    first, between, last = (chat(name, at(days=day), name) for name, day in (("a", 0), ("b", 2), ("c", 4)))
    worker = Worker().hear_all([[first], [last], [between]])
    assert told([first], [last], [between]) == [
        ("raised", "new_touchpoint", 2),
        ("raised", "late_touchpoint", 2),
        ("updated", "late_touchpoint", 3),
    ]
    assert (worker.published[-1]["gap_seconds"], worker.published[-1]["chain_length"]) == (2 * 86_400, 3)


def test_a_retraction_is_told_again_when_its_cause_comes_again() -> None:
    """After a crash the retraction that nobody heard is published, with the version that it always has."""
    bad, good = review("1", at(), 1), review("1", at(days=1), 5, 2)
    worker = Worker().hear_all([[bad]])
    worker.hear([good], dies=True)
    worker.hear([good])
    assert [(r["status"], r["version"]) for r in worker.published] == [("raised", 1), ("retracted", 2)]


def test_a_duplicate_elsewhere_in_the_log_moves_no_version() -> None:
    """Sent twice by the source: the alert is told again, at its version, on the first of the two places."""
    first = entry("a", at(), mood=UNHAPPY, origin=Origin("voc.raw.chat", 0, 5))
    second = replace(first, origin=Origin("voc.raw.chat", 1, 2))
    for order in permutations((first, second)):
        worker = Worker().hear_all([one] for one in order)
        assert [(r["status"], r["version"]) for r in worker.published] == [("raised", 1)] * 2
        assert worker.read() == true_of([first])


def test_an_event_told_again_at_the_same_time_with_other_contents_raises_a_version() -> None:
    """Both tellings are rows that count; the greater contents stand, in either order and heard again."""
    one = entry("a", at(), mood=UNHAPPY, excerpt="a")
    other = replace(one, excerpt="b")
    for order in permutations((one, other)):
        worker = Worker().hear_all([[telling] for telling in (*order, one, other)])
        assert_versions_lawful(worker.published)
        assert worker.read() == true_of([one, other])
        assert [body["words"] for _, body in worker.read().values()] == ["b"]


def test_a_score_corrected_under_its_own_id_and_time_is_revised() -> None:
    """A source that corrects 1 to 5 and changes neither id nor time: of two tellings the greater counts, for ever."""
    bad, good = survey("1", at(), "csat", 1), survey("1", at(), "csat", 5)
    worker = Worker().hear_all([[bad], [good]])
    assert [(r["status"], r["version"] > 1) for r in worker.published] == [("raised", False), ("retracted", True)]  # type: ignore[operator]
    assert Worker().hear_all([[good], [bad]]).read() == worker.read() == {}


def test_a_survey_about_a_chat_raises_the_version_of_the_chats_alert_only() -> None:
    """Feedback is a touchpoint of its contact; a later contact's findings count it, an earlier one's do not."""
    early = entry("a", at(), mood=UNHAPPY)
    chatted = chat("b", at(days=20), "S", mood=UNHAPPY)
    answer = survey("1", at(days=21), "nps", 9, about="chat:S")
    assert told([early], [chatted], [answer]) == [
        ("raised", "new_touchpoint", 1),
        ("raised", "new_touchpoint", 2),
        ("updated", "new_touchpoint", 3),
    ]


def test_one_more_touchpoint_republishes_only_what_it_can_change() -> None:
    """A new contact in order publishes its own findings and the timeline, and repeats no older ones."""
    worker = Worker().hear_all([chat(f"e{i}", at(days=i), f"{i}", mood=UNHAPPY)] for i in range(5))
    before = len(worker.published)
    worker.hear([chat("last", at(days=5), "last")])
    assert [id_of(r)[:4] for r in worker.published[before:]] == ["flag"]


def test_the_timelines_version_is_how_many_touchpoints_were_heard() -> None:
    """A repeat does not raise it; a new one does."""
    worker = Worker()
    versions = [worker.hear([e]).timeline["version"] for e in (chat("a", at(), "S"), *[chat("b", at(1), "S")] * 2)]
    assert versions == [1, 2, 2]


# --- cost


def _cost(entries: Sequence[Entry]) -> float:
    times = []
    for _ in range(5):
        began = process_time()  # what others do on this machine does not count
        picture(entries, POLICY)
        times.append(process_time() - began)
    return min(times)


STORIES = {
    "a contact every six hours": lambda n: [chat(f"e{i}", at(hours=6 * i), f"{i}", topics=("card",)) for i in range(n)],
    "all within a week": lambda n: [chat(f"e{i}", at(minutes=20) + i * timedelta(minutes=4), f"{i}") for i in range(n)],
    "one session": lambda n: [chat(f"e{i}", at(seconds=i), "S", mood=UNHAPPY) for i in range(n)],
}


@pytest.mark.parametrize("story", STORIES)
def test_the_cost_of_a_picture_does_not_grow_with_the_square(story: str) -> None:
    """Ten times the touchpoints cost well under a hundred times the work."""
    few, many = _cost(STORIES[story](200)), _cost(STORIES[story](2000))
    assert many < 40 * few, f"{many / few:.0f} times the work for ten times the touchpoints"
