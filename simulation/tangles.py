"""The hard cases: whose identifiers do not tell who it is, and what can be known all the same.

Rule 1. `person` says who it truly is. `_nobody` says which identifiers tell nothing, and from when on: what
        should be found is written here by hand, nothing of the pipeline is asked.
Rule 2. What shows that an identifier is shared comes first, then the event that would be guessed wrongly.
Rule 3. Nothing here is a detractor's or comes back within the week: a flag or an alert would be a customer who was
        mixed up with another one.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

from simulation import words
from simulation.events import Shared
from simulation.numbers import an_american_number
from simulation.people import Person, person
from simulation.story import Story

PLAIN = "plain"
TANGLE_EVERY = 8
_FIRST_NUMBER, _MOST_PEOPLE = 1_000_000, 10
_LONG = timedelta(days=8)
"""Longer than any window in which a contact counts as coming back."""


def tangle(number: int, dice: Random) -> Story:
    """Return the story of hard case `number`."""
    people = [person(_FIRST_NUMBER + number * _MOST_PEOPLE + place, dice) for place in range(_MOST_PEOPLE)]
    people = [replace(who, phone=an_american_number(number), account_id=None) for who in people]
    story = Story(people[0], dice)
    if people[0].phone is not None:  # there are no more numbers, and so no more hard cases
        TANGLES[number % len(TANGLES)](story, people)
    return story


def family_phone(story: Story, people: Sequence[Person]) -> None:
    """Two people in the CRM have one telephone: a call that only its number is known of is neither's."""
    one, two = _in_crm(people[:2])
    _nobody(story, "crm_id", phone=one.phone)
    for who in (one, two):
        _bill(story, who, customer_id=who.customer_id, email=who.email, phone=who.phone)
    for who in (one, two):
        _call(story, who, customer_id=who.customer_id)
    _call(story, two)


def family_by_mail(story: Story, people: Sequence[Person]) -> None:
    """The same, but the number is only ever seen with their addresses, and those with their CRM ids."""
    one, two = _in_crm(people[:2])
    _nobody(story, "email", phone=one.phone)
    for who in (one, two):
        _bill(story, who, customer_id=who.customer_id, email=who.email)
    for who in (one, two):
        _bill(story, who, email=who.email, phone=who.phone)
    _call(story, two)


def couple(story: Story, people: Sequence[Person]) -> None:
    """Two people of whom nothing but an address each and one telephone is known: they look like `two_addresses`."""
    for who in _not_in_crm(people[:2]):
        _bill(story, who, email=who.email, phone=who.phone)
    _call(story, story.who)


def two_addresses(story: Story, people: Sequence[Person]) -> None:
    """One person with two addresses and one telephone, who is in no CRM."""
    (who,) = _not_in_crm(people[:1])
    _bill(story, who, email=who.email, phone=who.phone)
    _bill(story, who, email=f"second.{who.email}", phone=who.phone)
    _call(story, who)


def switchboard(story: Story, people: Sequence[Person]) -> None:
    """Eight who work at one company and call from its switchboard: eight customers, and one call of nobody's."""
    colleagues = _not_in_crm(people[:8])
    _nobody(story, "email", beyond=3, phone=colleagues[0].phone)
    for who in colleagues:
        _call(story, who, email=who.email)
    _call(story, colleagues[3])


def one_address(story: Story, people: Sequence[Person]) -> None:
    """Two people in the CRM have one e-mail address: a message from it is neither's."""
    one, two = _in_crm(people[:2])
    two = replace(two, email=one.email)
    _nobody(story, "crm_id", email=one.email)
    for who in (one, two):
        _bill(story, who, customer_id=who.customer_id, email=who.email)
    _mail(story, two)


def recycled_phone(story: Story, people: Sequence[Person]) -> None:
    """A number that the telephone company gave to somebody else: calls before and after are nobody's."""
    one, two = _in_crm(people[:2])
    _nobody(story, "crm_id", phone=one.phone)
    _bill(story, one, customer_id=one.customer_id, phone=one.phone)
    _call(story, one)
    story.now += _LONG
    _bill(story, two, customer_id=two.customer_id, phone=two.phone)
    _call(story, two)


def junk(story: Story, people: Sequence[Person]) -> None:
    """Three people whose forms were filled with the same nothings."""
    for who in _in_crm(people[:3]):
        _bill(story, who, customer_id=who.customer_id, email="noreply@example.com", phone="0", visitor_id="null")
        story.who = who
        _chat(story, "unknown", customer_id=who.customer_id)


def two_crm_ids(story: Story, people: Sequence[Person]) -> None:
    """One person who is in the CRM twice: they stay two, and what both share is neither's."""
    (once,) = _in_crm(people[:1])
    twice = replace(once, customer_id=f"{once.customer_id}-2")
    _nobody(story, "crm_id", email=once.email, phone=once.phone, visitor_id=once.visitor_id)
    for who in (once, twice):
        _bill(story, who, customer_id=who.customer_id, email=who.email, phone=who.phone)
        _chat(story, who.visitor_id, customer_id=who.customer_id)
    _chat(story, once.visitor_id)


def shared_device(story: Story, people: Sequence[Person]) -> None:
    """One logs in on a device, then another; then somebody chats from it without a log-in: nobody is guessed."""
    one, two = _in_crm(people[:2])
    _nobody(story, "crm_id", visitor_id=one.visitor_id)
    for who in (one, two):
        story.who = who
        _chat(story, one.visitor_id, customer_id=who.customer_id)
    _chat(story, one.visitor_id)


def chain(story: Story, people: Sequence[Person]) -> None:
    """Ten identifiers of one person, two by two, which the last event joins."""
    (who,) = _not_in_crm(people[:1])
    visitors = [f"{who.visitor_id}-{place}" for place in range(6)]
    emails = [f"{place}.{who.email}" for place in range(4)]
    for place in range(4):
        _bill(story, who, email=emails[place], visitor_id=visitors[place])
    _bill(story, who, email=emails[0], visitor_id=visitors[4])
    _bill(story, who, email=emails[2], visitor_id=visitors[5])
    for place in range(3):
        _bill(story, who, email=emails[place + 1], visitor_id=visitors[place])


TANGLES: tuple[Callable[[Story, Sequence[Person]], None], ...] = (
    family_phone, one_address, switchboard, two_crm_ids, shared_device, couple, two_addresses, recycled_phone,
    family_by_mail, junk, chain,
)  # fmt: skip


def _in_crm(people: Sequence[Person]) -> list[Person]:
    return [replace(who, customer_id=f"C-{who.number}") for who in people]


def _not_in_crm(people: Sequence[Person]) -> list[Person]:
    return [replace(who, customer_id=None) for who in people]


def _nobody(story: Story, of: str, *, beyond: int = 1, **identifiers: str | None) -> None:
    """Say that these stand for nobody once they were told with more than `beyond` identifiers of type `of`."""
    story.shared += [
        Shared((type_, value.replace(" ", "")), beyond, of) for type_, value in identifiers.items() if value is not None
    ]


def _bill(story: Story, who: Person, **customer: object) -> None:
    story.who = who
    story.tell(
        "other", story.own_id("o"), {"channel": "invoice", "text": story.says(words.INVOICE), "customer": customer}
    )
    _rest(story)


def _call(story: Story, who: Person, **customer: object) -> None:
    story.who = who
    call_id, began = story.own_id("call"), story.now
    question = [{"speaker": "customer", "text": _question(story)}]
    value: dict[str, object] = {
        "call_id": call_id,
        "kind": "call",
        "direction": "inbound",
        "from": who.phone,
        "customer": customer,
        "queued_at": began,
        "answered_at": began + timedelta(seconds=20),
        "ended_at": began + timedelta(minutes=3),
        "outcome": "answered",
        "transcript": question,
    }
    story.tell("phone", call_id, value)
    _rest(story)


def _chat(story: Story, visitor: str, **customer: object) -> None:
    session = story.own_id("s")
    value: dict[str, object] = {
        "session_id": session,
        "sender": "customer",
        "text": _question(story),
        "customer": {"visitor_id": visitor, **customer},
    }
    story.tell("chat", session, value)
    _rest(story)


def _mail(story: Story, who: Person) -> None:
    story.who = who
    message = f"<{story.own_id('m')}@example.net>"
    value: dict[str, object] = {
        "message_id": message,
        "from": who.email,
        "to": ["help@example.net"],
        "subject": "A question",
        "body": _question(story),
        "customer": {},
    }
    story.tell("email", message, value)
    _rest(story)


def _question(story: Story) -> str:
    return story.says(story.dice.choice(tuple(words.QUESTIONS.values())))


def _rest(story: Story) -> None:
    story.rest(timedelta(hours=3), timedelta(hours=6))
