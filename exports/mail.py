"""One e-mail as a raw event: headers, direction, and the text that a person would read.

Rule 1. Whoever writes from one of the company's own addresses or domains is the company; anybody else the customer.
Rule 2. The text is the first text/plain part that is no attachment; where there is only HTML, its text.
Rule 3. A message without a Message-ID gets one derived from its bytes: it happened all the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from html.parser import HTMLParser

from pipeline.ids import derived

_BREAKS = {"br", "p", "div", "tr", "li", "h1", "h2", "h3", "blockquote", "table", "ul", "ol"}
_UNSEEN = {"script", "style", "head", "title"}


@dataclass(frozen=True, slots=True)
class Own:
    """The company's own addresses and domains, lower case."""

    addresses: frozenset[str]
    domains: frozenset[str]

    def __contains__(self, address: str) -> bool:
        """True when the address is the company's."""
        low = address.lower()
        return low in self.addresses or low.rpartition("@")[2] in self.domains


def raw_email(message: Message, data: bytes, own: Own) -> dict[str, object]:
    """Return the raw event of a message; what it does not say is left out."""
    senders, recipients = _addresses(message, ["From"]), _addresses(message, ["To", "Cc"])
    outbound = bool(senders) and senders[0] in own
    record: dict[str, object] = {
        "message_id": _one_line(message["Message-ID"]) or f"<{derived('mail', data.hex())}@derived.invalid>",
        "direction": "outbound" if outbound else "inbound",
        "to": [each for each in recipients if not (outbound and each in own)],
        "references": (_one_line(message["References"]) or "").split(),
    }
    optional = {
        "occurred_at": _time(message["Date"]),
        "in_reply_to": _one_line(message["In-Reply-To"]),
        "from": senders[0] if senders else None,
        "subject": _header(message["Subject"]),
        "body": _body(message),
    }
    return record | {name: value for name, value in optional.items() if value is not None}


def _one_line(value: object) -> str | None:
    return " ".join(str(value).split()) or None if value is not None else None


def _header(value: object) -> str | None:
    if value is None:
        return None
    try:
        return str(make_header(decode_header(str(value))))
    except (LookupError, ValueError):  # an unknown or a broken charset: as it is written
        return str(value)


def _addresses(message: Message, names: Iterable[str]) -> list[str]:
    written = [str(value) for name in names for value in message.get_all(name, [])]
    return [address for _, address in getaddresses(written) if "@" in address]


def _time(value: object) -> str | None:
    try:
        when = parsedate_to_datetime(str(value))
    except (TypeError, ValueError, OverflowError):
        return None
    # RFC 5322: -0000 is UTC, from a clock that does not know where it stands.
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).isoformat()


def _body(message: Message) -> str | None:
    shown = [part for part in message.walk() if part.get_content_disposition() != "attachment"]
    for kind, read in (("text/plain", str), ("text/html", _seen)):
        for part in shown:
            if part.get_content_type() == kind and not part.is_multipart():
                return str(read(_decoded(part)))
    return None


def _decoded(part: Message) -> str:
    data = part.get_payload(decode=True)
    raw = data if isinstance(data, bytes) else b""
    try:
        return raw.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        return raw.decode("utf-8", "replace")


def _seen(html: str) -> str:
    reader = _Text()
    reader.feed(html)
    reader.close()
    lines = ("".join(reader.parts)).split("\n")
    return "\n".join(line for each in lines if (line := " ".join(each.split())))


class _Text(HTMLParser):
    """Collects what a person would see of an HTML page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Break the line where the page does."""
        del attrs
        self.unseen += tag in _UNSEEN
        self.parts.append("\n" if tag in _BREAKS else "")

    def handle_endtag(self, tag: str) -> None:
        """As at the start."""
        self.unseen -= tag in _UNSEEN and self.unseen > 0
        self.parts.append("\n" if tag in _BREAKS else "")

    def handle_data(self, data: str) -> None:
        """Keep words that are shown."""
        if not self.unseen:
            self.parts.append(data)
