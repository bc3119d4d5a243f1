"""What customers send and are told about identity, as Avro records and back: moves, findings raised, answers, changes.

Rule 1. There and back again is the same value, as `pipeline.records` has it for touchpoints.
"""

from collections.abc import Mapping
from typing import Any

from pipeline.advance import Move, Raised
from pipeline.records import entry, entry_record, told, told_record
from pipeline.resettle import Change
from pipeline.touchpoint import Told


def raised_record(raised: Raised) -> dict[str, Any]:
    """Return the record of raised-output.v1.avsc."""
    return {
        "output_id": raised.output_id,
        "kind": raised.kind,
        "anchor": raised.anchor,
        "first_version": raised.first_version,
        "keeper": raised.keeper,
        "customer_id": raised.customer_id,
        "due_at": raised.due,
    }


def raised(record: Mapping[str, Any]) -> Raised:
    """Return what a record of raised-output.v1.avsc says was raised."""
    names = ("output_id", "kind", "anchor", "first_version", "keeper", "customer_id", "due_at")
    return Raised(*(record[name] for name in names))


def move_record(move: Move) -> dict[str, Any]:
    """Return the record of moved-entry.v1.avsc. Raises ValueError as `entry_record` does."""
    return {
        "entry": entry_record(move.entry),
        "raised": [raised_record(one) for one in move.raised],
        "reason": move.reason,
    }


def move(record: Mapping[str, Any]) -> Move:
    """Return the move of a record of moved-entry.v1.avsc."""
    return Move(entry(record["entry"]), tuple([raised(one) for one in record["raised"]]), record["reason"])


def kin_record(customer: str, answer: Told) -> dict[str, Any]:
    """Return the record of kin-answer.v1.avsc: what one customer id was told."""
    said = told_record(answer)
    return {**said, "customer_id": customer, "owner_id": said["customer_id"]}


def kin_answer(record: Mapping[str, Any]) -> Told:
    """Return the answer of a record of kin-answer.v1.avsc."""
    return told({**record, "customer_id": record["owner_id"]})


def change(record: Mapping[str, Any]) -> Change:
    """Return what a record of identity-change.v1.avsc tells its customer id."""
    return Change(record["outcome"], tuple([told(answer) for answer in record["answers"]]))
