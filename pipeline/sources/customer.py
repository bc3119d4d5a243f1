"""What a source claims about who the customer is, before anyone checks the claims.

Rule 1. Claims are as said; `pipeline.identifiers` makes them canonical and drops the junk.
Rule 2. What the source knows of the customer comes first, what the event itself shows (a calling number)
        after it.
Rule 3. A handle is only a name together with the place where it is used, so it is claimed as
        `place:handle`.
Rule 4. An account names a company, and a segment many people, so neither is an identifier. Segments become tags.
"""

from pipeline.sources.fields import Fields
from pipeline.touchpoint import Identifier

_FIELDS = {"crm_id": "customer_id", "email": "email", "phone": "phone", "visitor_id": "visitor_id"}


def claims(fields: Fields, place: str, *shown: Identifier) -> tuple[Identifier, ...]:
    """Return the identifiers of the event's `customer` record, then those that the event itself shows."""
    customer = fields.record("customer")
    said = [(type_, customer.optional(customer.name, field)) for type_, field in _FIELDS.items()]
    handle = customer.optional(customer.name, "handle")
    said.append(("handle", handle and f"{place}:{handle}"))
    return (*(Identifier(type_, value) for type_, value in said if value), *shown)


def account(fields: Fields) -> str | None:
    """Return the B2B account that the customer belongs to, where the source names one."""
    customer = fields.record("customer")
    return customer.optional(customer.name, "account_id")


def segments(fields: Fields) -> tuple[str, ...]:
    """Return the groups of customers that the company counts the customer to, where the source names any."""
    return fields.record("customer").names("segments")
