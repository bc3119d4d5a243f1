"""Amounts as people write them in files and settings: "30 days", "250 ms", "8 MiB".

Rule 1: a number, a space or none, a unit. No unit, no meaning: a bare number is refused.
Rule 2: what is said back can be read again.
"""

from __future__ import annotations

import re
from datetime import timedelta

_DURATIONS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "days": timedelta(days=1),
}
_ALIASES = {"day": "days", "d": "days", "hours": "h", "hour": "h", "minutes": "min", "seconds": "s"}
_SIZES = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_AMOUNT = re.compile(r"(?a)\s*(\d{1,9}(?:\.\d{1,3})?)\s*([A-Za-z]+)\s*")
"""Nine digits: as many days as a `timedelta` can hold."""


def parse_duration(text: str) -> timedelta:
    """Reads "30 days", "12 h", "5 min", "10 s" or "250 ms". Raises `ValueError` for anything else."""
    number, unit = _split(text)
    step = _DURATIONS.get(_ALIASES.get(unit, unit))
    if step is None:
        raise ValueError(f"{text!r} has no unit of time ({', '.join(_DURATIONS)})")
    return float(number) * step


def parse_size(text: str) -> int:
    """Reads "8 MiB" and the like as bytes. Raises `ValueError` for anything else."""
    number, unit = _split(text)
    if unit not in _SIZES:
        raise ValueError(f"{text!r} has no unit of size ({', '.join(_SIZES)})")
    return round(float(number) * _SIZES[unit])


def say_duration(duration: timedelta) -> str:
    """Says a duration in the largest unit that divides it."""
    for unit, step in reversed(_DURATIONS.items()):
        if not duration % step:
            return f"{duration // step} {'day' if unit == 'days' and duration == step else unit}"
    return f"{duration / _DURATIONS['ms']:g} ms"


def say_size(size: int) -> str:
    """Says a number of bytes in the largest unit that divides it."""
    unit, step = next((unit, step) for unit, step in reversed(_SIZES.items()) if not size % step)
    return f"{size // step} {unit}"


def _split(text: str) -> tuple[str, str]:
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no amount: a number and a unit are expected")
    return found[1], found[2]
