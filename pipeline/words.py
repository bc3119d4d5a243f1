"""Values in words, as a supervisor would say them."""

from datetime import timedelta

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def duration(span: timedelta) -> str:
    """Return a duration in its two largest units: `2 days 3 h`, `3 h 5 min`, `40 s`."""
    if span < MINUTE:
        return f"{span // SECOND} s"
    if span < HOUR:
        return f"{span // MINUTE} min"
    if span < DAY:
        return _pair(f"{span // HOUR} h", (span % HOUR) // MINUTE, "min")
    days = span // DAY
    return _pair(many(days, "day"), (span % DAY) // HOUR, "h")


def number(value: float) -> str:
    """Return a number without a needless fraction: `3`, `2.5`."""
    return f"{value:.0f}" if value == round(value) else f"{value:g}"


def many(count: int, what: str) -> str:
    """Return how many of something there are: `1 contact`, `2 contacts`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _pair(large: str, small: int, unit: str) -> str:
    return f"{large} {small} {unit}" if small else large
