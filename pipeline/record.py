"""A raw record as the broker hands it over, before anyone has looked inside."""

from dataclasses import dataclass
from datetime import datetime

from pipeline.touchpoint import Origin


@dataclass(frozen=True, slots=True)
class RawRecord:
    """Bytes of one raw event with where they stand. `received_at` is the broker's append time, aware UTC."""

    source: str
    origin: Origin
    received_at: datetime
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()
