"""Message ids of e-mails: the same one however a header wrapped it.

Rule 1. An id is what stands between `<` and `>`; without them, the first word. Case is kept: RFC 5322 gives
        it meaning.
"""

import re

_BRACKETED = re.compile(r"<([^<>]*)>")


def message_id(header: str) -> str:
    """Return the first message id in a header's text; empty if there is none."""
    return next(iter(message_ids(header)), "")


def message_ids(header: str) -> tuple[str, ...]:
    """Return the message ids in a header's text, in order: `<a@x> <b@y>` and `a@x b@y` are both two."""
    found = _BRACKETED.findall(header) or header.replace("<", " ").replace(">", " ").split()
    return tuple(stripped for one in found if (stripped := "".join(one.split())))
