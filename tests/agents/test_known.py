"""The directory's memory: any order and any repetition of what is said ends in the same answers, by epoch."""

import tracemalloc
from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agents.known import Known, identifier_key
from pipeline.identity import DirectoryAnswer
from pipeline.ids import derived
from pipeline.kin import Answer, Outcome, customer_named_by
from pipeline.touchpoint import Identifier

PEOPLE = [Identifier("email", f"person{n}@example.com") for n in range(4)]
PAIRS = [f"pair-{n}" for n in range(3)]
Entry = Mapping[str, Any]


def entry(one: Identifier, named_by: Identifier, epoch: int, parked: Outcome | None = None) -> Entry:
    """Return what the resolver says of an identifier."""
    return {
        "identifier": {"type": one.type, "value": one.value},
        "customer_id": customer_named_by(named_by),
        "named_by": {"type": named_by.type, "value": named_by.value},
        "parked": None if parked is None else parked.value,
        "epoch": epoch,
        "pair": None,
    }


def known_pair(digest: str) -> Entry:
    """Return what the resolver says of a pair."""
    return {"identifier": None, "customer_id": None, "named_by": None, "parked": None, "epoch": 1, "pair": digest}


@st.composite
def said(draw: st.DrawFn) -> list[Entry]:
    """Return what was said: each identifier at most once in a resolution, as it is."""
    places = draw(st.sets(st.tuples(st.sampled_from(PEOPLE), st.integers(1, 6))))
    people, parked = st.sampled_from(PEOPLE), st.none() | st.sampled_from(list(Outcome))
    answers = [entry(one, draw(people), epoch, draw(parked)) for one, epoch in sorted(places)]
    return answers + [known_pair(digest) for digest in draw(st.sets(st.sampled_from(PAIRS)))]


def heard(entries: list[Entry]) -> Known:
    """Return a memory that was told so."""
    known = Known()
    for each in entries:
        known.hear(each)
    return known


@given(said(), st.data())
def test_neither_order_nor_repetition_matters(entries: list[Entry], data: st.DataObject) -> None:
    """The answer of the greatest epoch stands, and a pair once known stays known: held against a plain dictionary."""
    again = data.draw(st.lists(st.sampled_from(entries)) if entries else st.just([]))
    known = heard(data.draw(st.permutations(entries + again)))

    plain: dict[str, Entry] = {}
    for each in sorted((e for e in entries if e["pair"] is None), key=lambda e: int(e["epoch"])):
        plain[each["identifier"]["value"]] = each
    answers = known.answers(PEOPLE)
    assert {one.value for one in answers} == set(plain)
    for one, answer in answers.items():
        wanted = plain[one.value]
        named_by = Identifier(**wanted["named_by"])
        parked = None if wanted["parked"] is None else Outcome(wanted["parked"])
        assert answer == DirectoryAnswer(Answer(customer_named_by(named_by), named_by, parked), wanted["epoch"])
    assert {digest for digest in PAIRS if known.knows_pair(digest)} == {e["pair"] for e in entries if e["pair"]}


def test_a_lower_epoch_changes_nothing_an_equal_or_higher_one_does() -> None:
    """Just below, exactly at, just above: a redelivered resolution says what it knows now, so equal replaces."""
    for epoch, named in ((4, PEOPLE[0]), (5, PEOPLE[1]), (6, PEOPLE[1])):
        known = heard([entry(PEOPLE[2], PEOPLE[0], 5), entry(PEOPLE[2], PEOPLE[1], epoch)])
        assert known.answers(PEOPLE)[PEOPLE[2]].answer.named_by == named


def test_who_only_names_a_customer_is_not_answered_for() -> None:
    """Its own answer has not come yet."""
    known = heard([entry(PEOPLE[2], PEOPLE[0], 5)])
    assert list(known.answers(PEOPLE)) == [PEOPLE[2]]


def test_what_is_erased_is_forgotten() -> None:
    """The answer, the text that named others, and the pair; and it may be heard of again."""
    known = heard([entry(PEOPLE[0], PEOPLE[0], 5), entry(PEOPLE[1], PEOPLE[0], 5), known_pair("pair-0")])
    known.forget(identifier_key(PEOPLE[0]))
    known.forget(b"pair-0")
    known.forget(b"never heard of")
    assert known.answers(PEOPLE) == {}
    assert not known.knows_pair("pair-0")

    known.hear(entry(PEOPLE[0], PEOPLE[0], 6))
    assert known.answers(PEOPLE)[PEOPLE[0]].epoch == 6


def test_an_identifier_with_a_pair_takes_less_than_330_bytes() -> None:
    """Three identifiers and three pairs a customer: the texts of two of three identifiers are not kept."""
    many = 3000
    tracemalloc.start()
    known = Known()
    for number in range(many):
        crm = Identifier("crm_id", f"C-{number}")
        for type_ in ("crm_id", "email", "phone"):
            one = Identifier(type_, crm.value if type_ == "crm_id" else f"{type_}-of-{number}@example.com")
            known.hear(entry(one, crm, number))
            known.hear(known_pair(f"pair-{type_}-{number}"))
    derived.cache_clear()  # the ids that this test made
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (known.identifiers, known.pairs) == (3 * many, 3 * many)
    assert size / (3 * many) < 330
