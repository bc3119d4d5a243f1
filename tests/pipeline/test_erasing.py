"""What an erasure takes out of a customer's state, what it leaves to others, and what it says."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pipeline.advance import EPOCH, Advance, Picture, advance, picture
from pipeline.erasing import MARK, erased_copies, erased_whole, is_late
from pipeline.findings import ID_FIELDS
from pipeline.kin import customer_named_by
from pipeline.placing import Kin
from pipeline.touchpoint import Entry, Identifier, Told
from tests.pipeline.touchpoints import POLICY, at, call, chat, review

ANNA, BEN = Identifier("email", "anna@example.com"), Identifier("crm_id", "C-2")
HERE, ELSEWHERE = customer_named_by(ANNA), customer_named_by(BEN)


def of(row: Entry, identifier: Identifier = ANNA, customer: str = HERE) -> Entry:
    """Return the row with an identifier, at a customer."""
    return replace(row, identifiers=(identifier,), customer_id=customer, named_by=identifier)


def known(*rows: Entry) -> Advance:
    """Return what is known of Anna after these."""
    return advance(picture((), POLICY), {}, rows, POLICY)


UNHAPPY = (
    of(call("p1", at(), topics=("delivery",))),
    of(call("p2", at(days=1), topics=("delivery",))),
    of(review("r1", at(days=2), 1)),
)


def test_everything_goes_and_what_stands_is_retracted_without_a_name() -> None:
    """Each alert and flag once, reason erased, above every version that it had; nothing of the person is said."""
    before = known(*UNHAPPY)
    raised = {one.output_id: one for one in before.raised}
    gone = erased_whole(HERE, before.picture, raised, 9, POLICY)
    assert set(gone.rows) == set(UNHAPPY)
    assert set(gone.raised) == set(before.raised)
    assert gone.picture.held == ()
    told = {
        str(next(record[name] for name in ID_FIELDS.values() if name in record)): record
        for _, record in gone.retractions
    }
    assert set(told) == set(before.picture.findings)
    for name, record in told.items():
        assert (record["status"], record["reason"], record["words"], record["evidence"]) == (
            "retracted",
            "erased",
            None,
            [],
        )
        assert int(str(record["version"])) > before.picture.findings[name].version
    assert ANNA.value not in repr(gone.retractions)


@given(epoch=st.integers(1, 50), days=st.integers(0, 20))
def test_a_person_who_comes_back_is_heard(epoch: int, days: int) -> None:
    """As a new customer; the same finding, if it is one, has a version above its retraction."""
    before = known(*UNHAPPY)
    gone = erased_whole(HERE, before.picture, {one.output_id: one for one in before.raised}, epoch, POLICY)
    again = advance(gone.picture, {}, [of(review("r1", at(days=days), 1))], POLICY)
    assert again.timeline["touchpoint_count"] == 1
    retracted = max(int(str(record["version"])) for _, record in gone.retractions)
    assert all(finding.version > retracted for finding in again.picture.findings.values())


def test_erasing_twice_says_nothing_more() -> None:
    """Nobody is there any more; the mark moves on."""
    gone = erased_whole(HERE, known(*UNHAPPY).picture, {}, 9, POLICY)
    again = erased_whole(HERE, gone.picture, {}, 12, POLICY)
    assert (again.rows, again.raised, again.kin, again.retractions) == ((), (), (), ())
    assert again.mark == Told(MARK, HERE, MARK, None, 12)


def test_the_others_keep_what_counts_and_lose_what_moved_on() -> None:
    """A touchpoint of Anna that lay at Ben's once goes; Ben's own stay, and what they look like."""
    own = of(chat("c1", at(), "s1"), BEN, ELSEWHERE)
    moved_on = of(chat("c2", at(), "s2"), ANNA, ELSEWHERE)
    told = Told(ANNA, HERE, ANNA, None, 5)
    before = picture((own, moved_on), POLICY, None, Kin({ANNA: told}))
    assert before.gone == (moved_on,)
    gone = erased_copies(ELSEWHERE, before, {}, [ANNA], POLICY)
    assert (gone.rows, gone.kin, gone.retractions) == ((moved_on,), (ANNA,), ())
    assert (gone.picture.rows, gone.picture.gone) == ((own,), ())
    assert gone.picture.version_at(at()) == before.version_at(at())


def test_the_others_forget_what_they_were_told() -> None:
    """Of identifiers that no touchpoint of theirs carries; their versions do not fall, nothing of theirs is late."""
    own = of(chat("c1", at(), "s1"), BEN, ELSEWHERE)
    told = {ANNA: Told(ANNA, HERE, ANNA, None, 5), BEN: Told(BEN, ELSEWHERE, BEN, None, 4)}
    before = picture((own,), POLICY, None, Kin(told))
    gone = erased_copies(ELSEWHERE, before, {}, [ANNA], POLICY)
    assert (gone.rows, gone.kin) == ((), (ANNA,))
    assert gone.picture.version == before.version
    assert not is_late(replace(own, epoch=1), gone.picture)


def test_where_nothing_lies_nothing_changes() -> None:
    """A customer who only once stood on an event with the person."""
    before = picture((of(chat("c1", at(), "s1"), BEN, ELSEWHERE),), POLICY)
    gone = erased_copies(ELSEWHERE, before, {}, [ANNA], POLICY)
    assert (gone.rows, gone.raised, gone.kin, gone.mark) == ((), (), (), None)
    assert gone.picture is before


def test_what_was_under_way_by_an_older_word_is_late() -> None:
    """Sent just before the erasure, by the erasure's own word, and after; never late where nobody was erased."""
    after: Picture = erased_whole(HERE, picture((), POLICY), {}, 9, POLICY).picture
    rows = [replace(UNHAPPY[0], epoch=epoch) for epoch in (8, 9, 10)]
    assert [is_late(row, after) for row in rows] == [True, False, False]
    assert not is_late(rows[0], picture((), POLICY))


def test_versions_after_an_erasure_begin_at_its_resolution() -> None:
    """So that readers, who keep the highest, hear of what comes."""
    gone = erased_whole(HERE, known(*UNHAPPY).picture, {}, 9, POLICY)
    assert gone.picture.version_at(at()) == 9 * EPOCH
