"""mbox: many e-mails in one file, as mail programs and archives export them."""

import mailbox
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

from exports.event import BadExport, Exported, as_json, exported, too_large
from exports.mail import Own, raw_email


def read_mailbox(path: Path, name: str, own: Own, *, longest: int) -> Iterator[Exported]:
    """Yield the mailbox's events, counted from 1. Raises `BadExport` where the file is no mbox."""
    with path.open("rb") as file:
        begins = file.read(5)
    if begins and begins != b"From ":
        raise BadExport(f"{name} is no mbox: its first line has to begin with `From `")
    box = mailbox.mbox(path, create=False)
    try:
        for number, key in enumerate(box.iterkeys(), start=1):
            yield _event(box.get_bytes(key), name, number, own, longest)
    finally:
        box.close()


def _event(data: bytes, name: str, number: int, own: Own, longest: int) -> Exported:
    try:
        record = raw_email(message_from_bytes(data), data, own)
        found = exported("email", as_json(record), record, name, number)
    except Exception:  # noqa: BLE001 -- Python's e-mail parser raises many things on junk; the junk goes on as it is
        found = exported("email", data, None, name, number)
    return found if found.size <= longest else too_large("email", found.size, name, number)
