"""Ids are functions of causes."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pipeline.advance import picture
from pipeline.ids import derived
from pipeline.touchpoint import Entry, Identifier
from tests.pipeline.touchpoints import POLICY, worlds

PARTS = st.lists(st.text(max_size=4), max_size=4)


@given(PARTS, PARTS)
def test_two_causes_have_two_ids_and_one_cause_has_one(one: list[str], other: list[str]) -> None:
    """Where the parts differ the ids do, however the parts are cut."""
    assert (derived("flag", *one) == derived("flag", *other)) == (one == other)


def test_where_one_part_ends_makes_a_difference() -> None:
    """`ab, c` is not `a, bc`, and a prefix is not a part."""
    assert len({derived("x", "ab", "c"), derived("x", "a", "bc"), derived("x", "abc"), derived("xa", "bc")}) == 4


def test_an_id_is_the_same_on_every_machine() -> None:
    """The digest is pinned: a change of it would orphan every alert ever published."""
    assert derived("alert", "explicit", "review:site:1") == "alert-r7upt4fxnvbpswrhdw6yclbaky"


def test_half_a_surrogate_pair_has_an_id_too() -> None:
    """A source can smuggle in what UTF-8 cannot hold; naming it raises nothing."""
    assert derived("x", "\ud800") != derived("x", "\udc00")


@given(worlds(), st.text(min_size=1, max_size=5))
def test_each_customer_has_findings_of_its_own(world: list[Entry], name: str) -> None:
    """One conversation told of two customers is one contact and two findings: neither hides the other's."""
    renamed = [replace(e, customer_id=name, named_by=Identifier("email", "ada@example.com")) for e in world]
    before, after = picture(world, POLICY), picture(renamed, POLICY)
    assert [c.contact_id for c in before.contacts] == [c.contact_id for c in after.contacts]
    assert [(f.kind, f.version) for f in before.findings.values()] == [
        (f.kind, f.version) for f in after.findings.values()
    ]
    assert not set(before.findings) & set(after.findings)
