"""What a customer's arrivals publish, held by the laws of DESIGN: order, versions, crash, duplicates, ids."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from pipeline.advance import Advance, Picture, Raised, Row, advance, picture, row_of
from pipeline.findings import Record
from pipeline.touchpoint import Entry
from tests.pipeline.touchpoints import POLICY, cut, runs, worlds

Body = Mapping[str, object]
PUBLISHING = ("version", "status", "reason")


def id_of(record: Record) -> str:
    """Return the id of an alert or a flag."""
    return str(record.get("alert_id") or record["flag_id"])


def body_of(record: Record) -> Body:
    """Return what a record says but for when and why it was published."""
    return {name: value for name, value in record.items() if name not in (*PUBLISHING, "alert_id", "flag_id")}


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
            self.published += [*after.alerts, *after.flags]
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
    return {id_: (one.version, one.body) for id_, one in picture(entries, POLICY).findings.items()}


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
