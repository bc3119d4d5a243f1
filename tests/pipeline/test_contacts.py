"""Touchpoints grouped into contacts."""

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given

from pipeline.contacts import Contact, as_of, contacts
from pipeline.stitch import stitched
from pipeline.touchpoint import Entry, Handling
from tests.pipeline import slowly
from tests.pipeline.touchpoints import POLICY, TIMES, at, call, chat, email, entries, other, review, survey, worlds


def contacts_of(*heard: Entry) -> tuple[Contact, ...]:
    """Return the contacts of what was heard, in any order."""
    return contacts(stitched(heard), POLICY)


# --- laws


@given(worlds())
def test_every_touchpoint_is_in_exactly_one_contact(world: list[Entry]) -> None:
    """Contacts partition the timeline."""
    found = contacts_of(*world)
    assert sorted(e.event_id for c in found for e in c.entries) == sorted(e.event_id for e in world)
    assert len({c.contact_id for c in found}) == len(found)
    assert all(c.entries == stitched(c.entries) for c in found)


@given(worlds())
def test_contacts_are_those_of_the_slow_answer(world: list[Entry]) -> None:
    """Merging until no two groups belong together finds the same contacts, ids and directions."""
    fast = {c.contact_id: (c.entries, c.inbound) for c in contacts_of(*world)}
    slow = {slowly.contact_id(g): (tuple(g), slowly.inbound(g, POLICY)) for g in slowly.grouped(world, POLICY)}
    assert fast == slow


@given(worlds(), entries("late"))
def test_more_facts_only_ever_join_contacts(world: list[Entry], late: Entry) -> None:
    """What was one contact stays in one contact, whatever comes late."""
    home = {e.event_id: c.contact_id for c in contacts_of(*world, late) for e in c.entries}
    for contact in contacts_of(*world):
        assert len({home[e.event_id] for e in contact.entries}) == 1


@given(worlds(), TIMES)
def test_as_of_a_moment_only_what_happened_by_then_is_known(world: list[Entry], moment: object) -> None:
    """Contacts as of a moment are the contacts of the timeline cut there."""
    known = [e for e in world if e.occurred_at <= moment]  # type: ignore[operator]
    assert as_of(contacts_of(*world), moment, POLICY) == contacts_of(*known)  # type: ignore[arg-type]


# --- examples


def test_a_transferred_call_is_one_contact() -> None:
    """A call that says which call it was transferred from continues that one, in either order of arrival."""
    first, second = call("1", at()), call("2", at(minutes=20), transferred_from="1")
    for order in permutations((first, second)):
        (contact,) = contacts_of(*order)
        assert contact.entries == (first, second)
        assert contact.inbound


def test_a_chat_session_is_one_contact_however_long_its_silence() -> None:
    """The source's own id decides where there is one; a gap of a day does not."""
    (contact,) = contacts_of(chat("a", at(), "S"), chat("b", at(days=1), "S"))
    assert (contact.began_at, contact.ended_at) == (at(), at(days=1))


def test_a_late_email_joins_two_contacts() -> None:
    """Two threads are one as soon as a message refers to both; the smallest key names it."""
    one, two, link = email("a", at()), email("b", at(days=1)), email("c", at(days=2), "a", "b")
    apart = contacts_of(one, two)
    for order in permutations((one, two, link)):
        (contact,) = contacts_of(*order)
        assert contact.contact_id == apart[0].contact_id


@pytest.mark.parametrize(("seconds", "count"), [(29 * 60 + 59, 1), (30 * 60, 1), (30 * 60 + 1, 2)])
def test_without_a_conversation_a_longer_silence_than_the_gap_ends_a_contact(seconds: int, count: int) -> None:
    """The gap of 30 minutes belongs to the contact; a second more does not. The order of arrival does not matter."""
    posts = other("a", at()), other("b", at(seconds=seconds))
    for order in permutations(posts):
        assert len(contacts_of(*order)) == count


@pytest.mark.parametrize(("hours", "count"), [(2, 1), (3, 1), (3.01, 2)])
def test_a_channel_may_have_a_gap_of_its_own(hours: float, count: int) -> None:
    """A shop's visit lasts while nobody was away for more than three hours."""
    assert len(contacts_of(other("a", at(), "in_store"), other("b", at(hours=hours), "in_store"))) == count


def test_a_late_post_fills_a_silence() -> None:
    """Two posts an hour apart are two contacts until one between them arrives; the first one names the contact."""
    first, between, last = other("a", at()), other("b", at(minutes=30)), other("c", at(minutes=60))
    apart = contacts_of(first, last)
    assert len(apart) == 2
    (joined,) = contacts_of(first, last, between)
    assert joined.contact_id == apart[0].contact_id


def test_two_channels_without_conversations_are_two_contacts() -> None:
    """A post and a text message of one minute are not one conversation."""
    assert len(contacts_of(other("a", at()), other("b", at(), "sms"))) == 2


def test_a_survey_answer_belongs_to_a_contact_and_lengthens_none() -> None:
    """Feedback on a chat is in it, and the chat ended when the chat ended."""
    (contact,) = contacts_of(chat("a", at(), "S"), survey("1", at(days=3), "nps", 9, about="chat:S"))
    assert len(contact.entries) == 2
    assert (contact.ended_at, contact.newest_at) == (at(), at(days=3))


def test_feedback_alone_is_no_contact_of_the_customer() -> None:
    """An answer about a call that was never heard is not inbound, and begins when it was given."""
    (contact,) = contacts_of(survey("1", at(), "nps", 2, about="phone:gone"))
    assert not contact.inbound
    assert (contact.began_at, contact.channel) == (at(), "survey")


@pytest.mark.parametrize(
    ("heard", "inbound"),
    [
        (call("1", at()), True),
        (call("1", at(), direction="outbound"), False),
        (email("1", at()), True),
        (email("1", at(), direction="outbound"), False),
        (chat("a", at(), "S", actor="agent", direction="outbound"), False),
        (chat("a", at(), "S", actor="bot"), False),
        (review("1", at(), 3), True),
        (other("a", at()), True),
        (other("a", at(), "invoice"), False),
        (other("a", at(), "invoice", direction="inbound", actor="customer"), False),
    ],
)
def test_only_what_the_customer_began_is_inbound(heard: Entry, inbound: bool) -> None:  # noqa: FBT001 -- a table
    """Calls, mails, reviews and posts of the customer are; what the company sent, said or billed is not."""
    assert contacts_of(heard)[0].inbound is inbound


def test_the_companys_reply_does_not_make_a_contact_outbound() -> None:
    """An answered e-mail stays the customer's contact."""
    (contact,) = contacts_of(email("1", at()), email("2", at(hours=1), "1", direction="outbound"))
    assert contact.inbound


def test_of_an_edited_review_the_highest_revision_counts() -> None:
    """Topics are the latest revision's, whichever arrived last; the contact began with the first."""
    first, second = review("1", at(), 1, topics=("card",)), review("1", at(days=1), 5, 2, topics=("delivery",))
    for order in permutations((first, second)):
        (contact,) = contacts_of(*order)
        assert contact.current == (second,)
        assert contact.topics == {"delivery"}
        assert contact.began_at == at()


def test_a_contact_says_its_last_queue_and_outcome() -> None:
    """Whoever had it last is asked first; what tells nothing changes nothing."""
    parts = [
        call("1", at(minutes=minute), event_id=str(minute), handling=handling)
        for minute, handling in enumerate(
            (Handling(queue="front"), Handling(queue="billing", outcome="answered"), Handling(), None)
        )
    ]
    (contact,) = contacts_of(*parts)
    assert (contact.queue, contact.outcome) == ("billing", "answered")


def test_activity_is_cut_at_the_moment_asked_for() -> None:
    """A call of an hour was active until half past, when asked at half past."""
    (contact,) = contacts_of(call("1", at(), lasts=timedelta(hours=1)))
    assert contact.active_until(at(minutes=30)) == at(minutes=30)
    assert contact.active_until(at(hours=2)) == at(hours=1)
