"""What the timelines agent keeps of a customer: rows, what was raised, and what it was told of its identifiers.

Rule 1. State is kept per touchpoint (key: customer, event time, event, contents), per output and per identifier, never
        as one value a customer. A row depends on no other, so even a worker that should be dead writes only the truth.
Rule 2. A customer is read from memory where it is hot, else from the store; both are the same.
"""

from dataclasses import dataclass

from agents.exact.loop import Put
from agents.hot import Hot, HotCustomers
from agents.tables import StateTable
from pipeline.advance import Advance, Raised
from pipeline.flow import picture
from pipeline.moved import kin_answer, kin_record, raised, raised_record
from pipeline.placing import Kin
from pipeline.policy import Policy
from pipeline.raised import passed_by
from pipeline.records import entry, entry_record
from pipeline.stitch import contents
from pipeline.touchpoint import Entry, Identifier
from pipeline.wire import SchemaBook

SIGN = 1 << 63


@dataclass(frozen=True, slots=True)
class KeptCustomers:
    """Customers in the three tables of the agent's state, with the hot ones in memory."""

    book: SchemaBook
    policy: Policy
    entries: StateTable
    raised: StateTable
    kin: StateTable
    hot: HotCustomers

    def known(self, partition: int, customer: str) -> Hot:
        """Return what is known of a customer."""
        hot = self.hot.find(partition, customer)
        if hot is None:
            prefix, decode = customer.encode() + b"\0", self.book.decode
            rows = [entry(decode("timeline-entry", row)) for _, row in self.entries.scan(partition, prefix)]
            ever = [raised(decode("raised-output", row)) for _, row in self.raised.scan(partition, prefix)]
            told = [kin_answer(decode("kin-answer", row)) for _, row in self.kin.scan(partition, prefix)]
            kin = Kin({answer.identifier: answer for answer in told})
            hot = Hot(picture(rows, self.policy, None, kin, passed_by(ever)), {one.output_id: one for one in ever})
        return hot

    def holds(self, partition: int, customer: str, identifier: Identifier) -> bool:
        """Say whether the customer was told of this identifier, without reading the rest of what is known."""
        wanted = kin_key(customer.encode(), identifier)
        return any(key == wanted for key, _ in self.kin.scan(partition, wanted))

    def puts(self, customer: str, after: Advance, stamp: int) -> list[Put]:
        """Return the state records of what an advance says to keep."""
        name, encode = customer.encode(), self.book.encode
        return [
            *(Put(self.entries, entry_key(e), encode("timeline-entry", entry_record(e)), stamp) for e in after.entries),
            *(
                Put(self.raised, raised_key(name, one), encode("raised-output", raised_record(one)), stamp)
                for one in after.raised
            ),
            *(
                Put(self.kin, kin_key(name, one.identifier), encode("kin-answer", kin_record(customer, one)), stamp)
                for one in after.kin
            ),
        ]


def entry_key(row: Entry) -> bytes:
    """Return a row's key: customer, event time (milliseconds, so that bytes sort as times do), source, event id, and
    the digest of its contents, so that an event told again with other contents is a row of its own.
    """
    moment = round(row.occurred_at.timestamp() * 1000) + SIGN
    when_and_where = moment.to_bytes(8, "big") + row.source.encode()
    return b"\0".join((row.customer_id.encode(), when_and_where, row.event_id.encode(), contents(row).encode()))


def raised_key(customer: bytes, output: Raised) -> bytes:
    """Return the key of a finding that was raised: customer, its id."""
    return customer + b"\0" + output.output_id.encode()


def kin_key(customer: bytes, identifier: Identifier) -> bytes:
    """Return the key of an answer: the customer told, the identifier."""
    return b"\0".join((customer, identifier.type.encode(), identifier.value.encode()))
