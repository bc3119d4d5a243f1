"""One module a source: each understands what its source says, and tells it as a `Report`.

Rule 1. Any mapping at all gives a `Report` or raises `Refused`, nothing else.
Rule 2. A record that names its own source (`{"source": "phone", …}`) must name the one that it came from.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from pipeline.refusal import Reason
from pipeline.sources.chat import chat
from pipeline.sources.email import email
from pipeline.sources.fields import Fields, Reading
from pipeline.sources.other import other
from pipeline.sources.phone import phone
from pipeline.sources.review import review
from pipeline.sources.survey import survey
from pipeline.touchpoint import Report

__all__ = ["SOURCES", "Fields", "Reading", "Source"]

Source = Callable[[Fields, Reading], Report]

_READERS: dict[str, Source] = {
    "chat": chat,
    "phone": phone,
    "email": email,
    "review": review,
    "survey": survey,
    "other": other,
}


def _checked(source: str, read: Source) -> Source:
    def checked(fields: Fields, reading: Reading) -> Report:
        if not fields.absent("source") and fields.name("source") != source:
            fields.refuse(Reason.UNKNOWN_CHANNEL, "source", f"{source} here; there are: {', '.join(_READERS)}")
        return read(fields, reading)

    return checked


SOURCES: Mapping[str, Source] = MappingProxyType({name: _checked(name, read) for name, read in _READERS.items()})
"""The sources by name. Each takes the event's fields and raises only `Refused`."""
