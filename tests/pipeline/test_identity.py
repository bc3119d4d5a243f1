"""Who the customer of an event is, while nothing but the event is known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.identifiers import IdentifierRules
from pipeline.identity import StrongestIdentifier, identified
from pipeline.ids import derived
from pipeline.refusal import Reason, Refused, Stage
from pipeline.touchpoint import Identifier

RULES = IdentifierRules(junk_exact={"any": frozenset({"unknown"})})
CRM, EMAIL, PHONE = (
    Identifier("crm_id", "C-1001"),
    Identifier("email", "anna@example.com"),
    Identifier("phone", "+442079460001"),
)


@given(st.permutations([CRM, EMAIL, PHONE]))
def test_the_strongest_identifier_names_the_customer(claims: list[Identifier]) -> None:
    """In whatever order they are claimed, the CRM's id wins."""
    identity = identified(tuple(claims), RULES, StrongestIdentifier())
    assert identity.customer_id == derived("customer", "crm_id", "C-1001")
    assert (identity.named_by, identity.identifiers) == (CRM, (CRM, EMAIL, PHONE))


def test_spellings_of_one_identifier_are_one_customer() -> None:
    """The id is derived from the canonical form."""
    said = [Identifier("phone", "020 7946 0001"), PHONE]
    assert len({identified((one,), RULES, StrongestIdentifier()).customer_id for one in said}) == 1


def test_the_same_value_of_another_type_is_another_customer() -> None:
    """A visitor numbered C-1001 is not the CRM's C-1001."""
    visitor = Identifier("visitor_id", "C-1001")
    ids = {identified((one,), RULES, StrongestIdentifier()).customer_id for one in (CRM, visitor)}
    assert len(ids) == 2


@pytest.mark.parametrize("claims", [(), (Identifier("crm_id", "unknown"),), (Identifier("phone", "101"),)])
def test_an_event_of_nobody_is_refused(claims: tuple[Identifier, ...]) -> None:
    """Without one identifier that counts there is no customer."""
    with pytest.raises(Refused) as caught:
        identified(claims, RULES, StrongestIdentifier())
    assert (caught.value.rejected.stage, caught.value.rejected.reason) == (Stage.IDENTIFY, Reason.NO_IDENTIFIER)
