"""What a touchpoint of any other channel says."""

import pytest

from pipeline.refusal import Reason, Refused
from pipeline.touchpoint import Identifier
from tests.builders import other_event, report
from tests.pipeline.sources.refusals import refusal


def test_a_channel_that_the_policy_does_not_list_is_refused_with_those_it_does() -> None:
    """Whoever sent it reads the channels that there are."""
    event = other_event(channel="telex")
    assert refusal("other", event) == (Reason.UNKNOWN_CHANNEL, "channel")
    with pytest.raises(Refused, match="in_store, invoice, social"):
        report("other", event)


def test_the_channel_says_the_direction_where_the_event_does_not() -> None:
    """An invoice goes out; a post comes in; an event may say otherwise."""
    assert report("other", other_event(channel="invoice")).direction == "outbound"
    assert report("other", other_event()).direction == "inbound"
    assert report("other", other_event(direction="outbound")).direction == "outbound"


def test_words_are_the_customers_when_inbound() -> None:
    """Else the company's, by its agent where one is named."""
    post, invoice = report("other", other_event()), report("other", other_event(channel="invoice", agent="agent-7"))
    assert (post.actor, post.text, post.company_text) == ("customer", "Still no kettle.", None)
    assert (invoice.actor, invoice.text, invoice.company_text) == ("agent", None, "Still no kettle.")


def test_a_conversation_is_a_key() -> None:
    """Without one there is none."""
    assert report("other", other_event()).keys == ("other:T-1",)
    assert report("other", other_event(conversation_id=None)).keys == ()


def test_a_handle_belongs_to_its_channel() -> None:
    """The same name elsewhere may be somebody else."""
    event = other_event(customer={"handle": "@anna"})
    assert report("other", event).identifiers == (Identifier("handle", "social:@anna"),)
