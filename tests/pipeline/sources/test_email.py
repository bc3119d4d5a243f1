"""What an e-mail says."""

import pytest

from pipeline.refusal import Reason
from pipeline.sources.email import MOST_REFERENCES
from pipeline.touchpoint import Identifier
from tests.builders import email_event, report
from tests.pipeline.sources.refusals import refusal


def test_message_ids_are_the_same_however_written() -> None:
    """Angle brackets and space around an id are the header's, not the id's."""
    written = ["<m1@mail.example.com>", " m1@mail.example.com ", "<m1@mail.example.com> (sent)"]
    assert {report("email", email_event(message_id=one)).natural_key for one in written} == {("m1@mail.example.com",)}


def test_a_message_belongs_to_its_thread() -> None:
    """Its own key comes first, then what it answers, then what it refers to, each once."""
    event = email_event(message_id="<c@x>", in_reply_to="<b@x>", references=["<a@x>", "<b@x>"])
    assert report("email", event).keys == ("email:c@x", "email:b@x", "email:a@x")
    header = email_event(message_id="<c@x>", in_reply_to="<b@x>", references="<a@x>\r\n <b@x>")
    assert report("email", header).keys == report("email", event).keys


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_a_long_thread_is_known_by_its_first_and_newest(more: int) -> None:
    """At most a hundred references are kept: the first and the newest."""
    ids = [f"r{n}@x" for n in range(MOST_REFERENCES + more)]
    keys = report("email", email_event(references=ids)).keys
    assert len(keys) - 1 == min(len(ids), MOST_REFERENCES)
    assert (keys[1], keys[-1]) == ("email:r0@x", f"email:{ids[-1]}")


def test_a_message_id_without_an_id_is_missing() -> None:
    """Empty brackets name no message."""
    assert refusal("email", email_event(message_id="<>")) == (Reason.MISSING_FIELD, "message_id")


def test_the_first_message_says_its_subject() -> None:
    """A thread's first message says its subject, without the prefixes of answers; a later one does not again."""
    first = email_event(subject="Re: FWD: AW[2]: Late parcel", body="Where is it?")
    assert report("email", first).text == "Late parcel\nWhere is it?"
    later = email_event(subject="Re: Late parcel", body="Where is it?", in_reply_to="<m0@x>")
    assert report("email", later).text == "Where is it?"


def test_an_outbound_message_is_the_companys() -> None:
    """Its words are the company's, its agent acted, and the first recipient is the customer."""
    event = email_event(
        direction="outbound",
        agent="agent-7",
        customer=None,
        to=["Anna <anna@example.com>", "boss@example.com"],
    )
    sent = report("email", event)
    assert (sent.actor, sent.text) == ("agent", None)
    assert sent.company_text == "Charged twice\nYou charged me twice for one order."
    assert sent.identifiers == (Identifier("email", "anna@example.com"),)


@pytest.mark.parametrize(
    "to", ["anna@example.com", "Anna <anna@example.com>, Bo <bo@example.com>", ["anna@example.com", "bo@example.com"]]
)
def test_recipients_may_be_a_text_or_a_list(to: object) -> None:
    """JSON sources write `to` either way."""
    event = email_event(direction="outbound", customer=None, to=to)
    assert report("email", event).identifiers == (Identifier("email", "anna@example.com"),)


@pytest.mark.parametrize(
    "sender",
    [
        "anna@example.com",
        "Anna <anna@example.com>",
        '"Example, Anna" <anna@example.com>',
        "Example, Anna <anna@example.com>",
    ],
)
def test_the_sender_identifies_an_inbound_message(sender: str) -> None:
    """With or without a display name."""
    event = email_event(customer=None, **{"from": sender})
    assert report("email", event).identifiers == (Identifier("email", "anna@example.com"),)


def test_an_empty_answer_is_still_a_message() -> None:
    """A message of which all is quoted has no words, and happened."""
    assert report("email", email_event(in_reply_to="<m0@x>", body="> old")).text is None
