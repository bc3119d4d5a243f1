"""The identifiers that an event carries, read off its value as anybody could.

Rule 1. This is the simulation's own reading, in canonical form; nothing of the pipeline is asked.
Rule 2. What stands for nobody (`JUNK`) is left out.
"""

from collections.abc import Mapping

from simulation.events import Name

STRONGEST_FIRST = ("crm_id", "email", "phone", "visitor_id", "handle")
JUNK = frozenset({"anonymous", "null", "0", "unknown", "test@example.com", "noreply@example.com"})
"""What the hard cases write where nothing is known."""

_FIELDS = {"customer_id": "crm_id", "email": "email", "phone": "phone", "visitor_id": "visitor_id"}


def identifiers_in(source: str, value: Mapping[str, object]) -> tuple[Name, ...]:
    """Return the identifiers of one event, strongest first."""
    customer = value.get("customer")
    said = [(_FIELDS[k], v) for k, v in customer.items() if k in _FIELDS] if isinstance(customer, Mapping) else []
    side = value.get("to" if value.get("direction") == "outbound" else "from")
    if source == "phone" and side is not None:
        said.append(("phone", side))
    if source == "email" and side is not None:
        said.append(("email", side[0] if isinstance(side, list) else side))
    if source == "review" and "author" in value:
        said.append(("handle", f"{value['site']}:{value['author']}"))
    found = {_canonical(type_, str(text)) for type_, text in said if text not in JUNK}
    return tuple(sorted(found, key=rank))


def rank(name: Name) -> tuple[int, str]:
    """Return an identifier's place: the stronger type first, then the smaller value."""
    return STRONGEST_FIRST.index(name[0]), name[1]


def _canonical(type_: str, text: str) -> Name:
    if type_ == "phone":
        return type_, text.replace(" ", "")
    if type_ == "email":
        return type_, text.rpartition("<")[2].rstrip(">").lower()
    return type_, text
