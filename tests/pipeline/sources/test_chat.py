"""What a chat says."""

import pytest

from pipeline.refusal import Reason
from pipeline.touchpoint import Identifier, Score
from tests.builders import ABSENT, chat_event, report
from tests.pipeline.sources.refusals import refusal


def test_a_message_is_its_senders() -> None:
    """A customer's words are the customer's; an agent's and a bot's are the company's."""
    by_customer = report("chat", chat_event(text="Hello"))
    assert (by_customer.actor, by_customer.text, by_customer.company_text) == ("customer", "Hello", None)
    for sender in ("agent", "bot"):
        by_company = report("chat", chat_event(sender=sender, text="Hello"))
        assert (by_company.actor, by_company.text, by_company.company_text) == (sender, None, "Hello")


@pytest.mark.parametrize("field", ["sender", "text"])
def test_a_message_needs_a_sender_and_words(field: str) -> None:
    """A message by nobody, or of nothing, is refused."""
    assert refusal("chat", chat_event(**{field: ABSENT})) == (Reason.MISSING_FIELD, field)


@pytest.mark.parametrize(
    ("kind", "direction", "actor"),
    [
        ("started", "inbound", "customer"),
        ("started", "outbound", "company"),
        ("transferred", "inbound", "company"),
        ("ended", "inbound", "company"),
    ],
)
def test_who_acts_where_nobody_is_named(kind: str, direction: str, actor: str) -> None:
    """The customer starts an inbound chat; all else is the company's doing."""
    event = chat_event(kind=kind, direction=direction, sender=ABSENT, text=ABSENT)
    assert report("chat", event).actor == actor


def test_a_session_is_one_contact() -> None:
    """Every event of a session has the session's key."""
    assert report("chat", chat_event(session_id="S-9")).keys == ("chat:S-9",)


def test_a_transfer_counts_one_and_says_where_to() -> None:
    """A transfer is counted, with agent and queue."""
    event = chat_event(kind="transferred", sender=ABSENT, text=ABSENT, agent="agent-7", queue="billing")
    handling = report("chat", event).handling
    assert handling is not None
    assert (handling.transfers, handling.agents, handling.queue) == (1, ("agent-7",), "billing")


def test_a_rating_is_an_item_of_its_session() -> None:
    """A rating is CSAT on its scale, one to five unless it says otherwise."""
    ended = chat_event(kind="ended", sender=ABSENT, text=ABSENT, rating={"score": 2})
    assert report("chat", ended).score == Score("csat", 2, 1, 5)
    assert report("chat", ended).item == "chat:S-1:rating"
    scaled = chat_event(rating={"score": 2, "scale_min": 0, "scale_max": 10})
    assert report("chat", scaled).score == Score("csat", 2, 0, 10)


def test_identifiers_are_claimed_as_said() -> None:
    """Everything the source knows is claimed; the account names no person."""
    customer = {
        "customer_id": "C-1",
        "email": "Anna@Example.com",
        "phone": "020 7946 0001",
        "visitor_id": "v-1",
        "handle": "AnnaE",
        "account_id": "A-1",
    }
    understood = report("chat", chat_event(customer=customer))
    assert understood.identifiers == (
        Identifier("crm_id", "C-1"),
        Identifier("email", "Anna@Example.com"),
        Identifier("phone", "020 7946 0001"),
        Identifier("visitor_id", "v-1"),
        Identifier("handle", "chat:AnnaE"),
    )
    assert understood.account_id == "A-1"
