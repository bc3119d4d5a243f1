"""A picture of some of the rows saves work, and changes nothing: neither what counts, nor where the others are."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pipeline.kin import customer_named_by
from pipeline.picture import Picture, picture
from pipeline.placing import NOBODY, Kin
from pipeline.touchpoint import Entry, Identifier, Told
from tests.pipeline.touchpoints import POLICY, at, chat

ANNA, BEN = Identifier("email", "anna@example.com"), Identifier("crm_id", "C-2")
HERE, ELSEWHERE = customer_named_by(ANNA), customer_named_by(BEN)
STAYS = Kin({ANNA: Told(ANNA, HERE, ANNA, None, 5), BEN: Told(BEN, ELSEWHERE, BEN, None, 5)})
MERGED = Kin({ANNA: Told(ANNA, ELSEWHERE, BEN, None, 8), BEN: Told(BEN, ELSEWHERE, BEN, None, 8)})
KINS = st.sampled_from([NOBODY, STAYS, MERGED])

ROWS = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from([ANNA, BEN]), st.sampled_from([0, 5, 6, 9])), max_size=8, unique=True
).map(lambda drawn: [_row(*each) for each in drawn])
"""Hours, whose identifier it carries, and the resolution that sent it here: above what was heard it waits."""


def _row(hours: int, identifier: Identifier, epoch: int) -> Entry:
    row = chat(f"c{hours}-{identifier.type}-{epoch}", at(hours=hours), f"s{hours}")
    return replace(row, identifiers=(identifier,), customer_id=HERE, named_by=identifier, epoch=epoch)


def _places(found: Picture) -> list[list[str]]:
    return [sorted(each.event_id for each in group) for group in (found.rows, found.gone, found.waiting)]


@given(rows=ROWS, cut=st.integers(0, 8), kin=KINS)
def test_what_was_known_changes_nothing(rows: list[Entry], cut: int, kin: Kin) -> None:
    """Contacts, findings and versions too."""
    at_once, by_and_by = (
        picture(rows, POLICY, None, kin),
        picture(rows, POLICY, picture(rows[:cut], POLICY, None, kin), kin),
    )
    assert _places(by_and_by) == _places(at_once)
    assert (by_and_by.contacts, by_and_by.findings) == (at_once.contacts, at_once.findings)
    assert by_and_by.version == at_once.version


@given(rows=ROWS, before=KINS, now=KINS)
def test_by_other_answers_all_rows_are_placed_again(rows: list[Entry], before: Kin, now: Kin) -> None:
    """Where a row was by what was known then says nothing of where it is now."""
    assert _places(picture(rows, POLICY, picture(rows, POLICY, None, before), now)) == _places(
        picture(rows, POLICY, None, now)
    )
