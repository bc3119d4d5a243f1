"""A time said in words, as a moment: "within 24 hours", "by 5 pm", "tomorrow afternoon", "by Friday".

Rule 1. A time is relative to when it was said, in the business's time zone; the moment returned is its latest reading,
        in UTC. So a moment that has passed has passed whichever way it was meant.
Rule 2. A day lasts until its midnight, a morning until noon, an afternoon until 18:00; a week until its Friday's
        midnight, on a weekend until its Sunday's. "before Friday" is Friday's first moment.
Rule 3. Minutes and hours are counted on; days and weeks end with their last day. Working days are Monday to Friday.
Rule 4. An hour without am or pm is in the afternoon from 1 to 7; from 8 to 11 it is in the morning, but in the evening
        where the morning's is over or the evening is named. From 13 on it is one of a clock of 24.
Rule 5. The weekday that it is today is today's in a week. "next Friday" is next week's.
Rule 6. What is vague (soon, a few days, some hours, working hours) is no time, and neither is what lies more than 90
        days ahead.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

LONGEST = timedelta(days=90)
"""How far ahead a promise is believed: a quarter, as long as a timeline is shown."""

DAY = timedelta(days=1)
NOON, AFTERNOON_ENDS, MIDNIGHT = 12, 18, 24
_FRIDAY, _SUNDAY = 4, 6  # Monday is 0
_FIRST_HOUR = 8  # nobody promises a call at 7 in the morning

_NUMBERS = {"a": 1, "an": 1, "the": 1, "one": 1, "two": 2, "couple of": 2, "a couple of": 2, "three": 3, "four": 4}
_NUMBERS |= {"five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12, "fifteen": 15}
_NUMBERS |= {"twenty": 20, "thirty": 30}
_NUMBER = r"(?:\d{1,3}|a couple of|couple of|" + "|".join(word for word in _NUMBERS if " " not in word) + ")"
_UNIT = (
    r"(?P<unit>minutes?|mins?|hours?|hrs?|h|(?:working|business|work|week) ?days?|workdays?|days?|weeks?)\b"
    r"(?! (?:ago|before|earlier))(?P<or_two> or two)?"
)
_SPAN = re.compile(
    r"\b(?:within|in|inside|under|than|next|to|after|maximum of|most|be|take)(?: about| around| approximately| up to)?"
    rf"(?: the)?(?: next| coming| following)? (?:(?P<half>half an? )|(?:{_NUMBER} ?(?:-|to|or|–) ?)?"
    rf"(?P<number>{_NUMBER}) ?)"
    rf"(?:\(\d+\) )?{_UNIT}"
)
_CLOCK = re.compile(
    r"\b(?P<how>by|before|at|until|till|than|around|about)(?: about| around| the latest| latest)? "
    r"(?:(?P<word>noon|midday|midnight)\b|(?P<hour>\d{1,2})(?:"
    r"(?:[:.](?P<minute>[0-5]\d))? ?(?P<half>am|pm|a\.m|p\.m"
    r"|in the (?:morning|afternoon|evening)|at night)\b"
    r"|[:.](?P<minutes>[0-5]\d)(?: ?(?:h|hrs|hours|o'clock)\b)?(?![\d%])"
    r"| ?(?:o'clock|h\b)"
    r"|(?= ?(?:$|[,;!?)]|\.(?!\d)|(?:today|tonight|tomorrow|on|this|at the latest|latest|and|or|so)\b))))"
)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY = r"(?P<weekday>mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b"
_PART = r"(?: (?P<part>morning|afternoon|evening|night|lunchtime|noon))?\b"
_DAY = re.compile(
    r"\b(?:"
    rf"(?P<tomorrow>tomorrow){_PART}"
    r"|(?P<tonight>tonight)"
    r"|this (?P<today_part>morning|afternoon|evening)"
    r"|(?P<today>today|(?:the )?end of (?:the |this )?(?:business |working )?day|end of business"
    r"|close of (?:business|play)|eod|cob)"
    r"|(?P<this_week>(?:the )?end of (?:the |this )?(?:working )?week|this week)"
    r"|(?P<next_week>next week(?!days?)|early next week)"
    rf"|(?:(?P<how>by|before|on|this|next|coming|until|till|than) )(?:the )?(?P<next>next |coming )?{_WEEKDAY}"
    r"(?: (?P<weekday_part>morning|afternoon|evening|night))?"
    r")"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<{}>" + "|".join(_MONTHS) + r")[a-z]{{0,6}}\b"
_DATE = re.compile(
    r"\b(?:by|before|on|until|till|than)(?: the)? (?:"
    rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {_MONTH.format('month')}"
    rf"|{_MONTH.format('month_first')} (?P<day_last>\d{{1,2}})(?:st|nd|rd|th)?\b)"
)
_PARTS = {"morning": NOON, "noon": NOON, "lunchtime": 14, "afternoon": AFTERNOON_ENDS}


def moment(said: str, at: datetime, zone: tzinfo) -> datetime | None:
    """Return the moment that folded words name, said `at` a time (aware), as UTC; None where they name none."""
    found = _span(said, at, zone) or _day_and_clock(said, at.astimezone(zone))
    if found is None:
        return None
    due = found.astimezone(UTC)
    return due if at < due <= at + LONGEST else None


def _span(said: str, at: datetime, zone: tzinfo) -> datetime | None:
    span = _SPAN.search(said)
    if span is None:
        return None
    unit, word = span["unit"], span["number"]
    number = 0.5 if span["half"] else float(_NUMBERS[word] if word in _NUMBERS else int(word))
    number += span["or_two"] is not None
    if unit.startswith("min"):
        return at + timedelta(minutes=number)
    if unit.startswith("h"):
        return at + timedelta(hours=number)
    if number != int(number):
        return None
    today = at.astimezone(zone)
    if unit.startswith(("working", "business", "work", "week day", "weekday")):
        return _until(_working_days(today, int(number)))
    return _until(today + int(number) * (7 if unit.startswith("week") else 1) * DAY)


def _working_days(today: datetime, number: int) -> datetime:
    day = today
    for _ in range(min(number, LONGEST.days)):
        day += DAY
        while day.weekday() > _FRIDAY:
            day += DAY
    return day


@dataclass(frozen=True, slots=True)
class _Day:
    """A day that was named: the hour at which what was named of it ends, whether that part is late in the day, and
    whether it is due before that day.
    """

    date: datetime
    ends: int = MIDNIGHT
    late: bool = False
    before: bool = False


def _day_and_clock(said: str, today: datetime) -> datetime | None:
    day, clock = _day(said, today), _CLOCK.search(said)
    if clock is None:
        return None if day is None else _until(day.date - DAY if day.before else day.date, day.ends)
    minute = int(clock["minute"] or clock["minutes"] or 0)
    hours = _hours(clock)
    if day is None or (day.date == today and not day.late):
        times = [_until(today, hour, minute) for hour in hours]
        times += [_until(today + DAY, hours[0], minute)] if day is None else []
        return next((due for due in times if due is not None and due > today), None)
    return _until(day.date, hours[-1] if day.late else hours[0], minute)


def _day(said: str, today: datetime) -> _Day | None:
    date = _DATE.search(said)
    if date is not None:
        month = _MONTHS.index(date["month"] or date["month_first"]) + 1
        found = _next_date(today, month, int(date["day"] or date["day_last"]))
        return None if found is None else _Day(found, before=date[0].startswith("before"))
    days = list(_DAY.finditer(said))
    if not days:
        return None
    day = next((each for each in days if not each["today"]), days[0])  # "by the end of the day tomorrow"
    part = day["part"] or day["today_part"] or day["weekday_part"] or ("night" if day["tonight"] else "")
    ends, late = _PARTS.get(part, MIDNIGHT), part in ("afternoon", "evening", "night")
    if day["tomorrow"]:
        return _Day(today + DAY, ends, late, before=said[: day.start()].endswith("before "))
    if day["tonight"] or day["today"] or day["today_part"]:
        return _Day(today, ends, late)
    if day["this_week"] or day["next_week"]:
        last = _FRIDAY if today.weekday() <= _FRIDAY else _SUNDAY
        return _Day(today + ((_FRIDAY + 7 if day["next_week"] else last) - today.weekday()) * DAY)
    ahead = (_WEEKDAYS.index(day["weekday"][:3]) - today.weekday()) % 7 or 7
    if "next" in (day["how"], (day["next"] or "").strip()) and today.weekday() + ahead <= _SUNDAY:
        ahead += 7
    return _Day(today + ahead * DAY, ends, late, before=day["how"] == "before")


def _next_date(today: datetime, month: int, day: int) -> datetime | None:
    for year in (today.year, today.year + 1):
        try:
            found = today.replace(year=year, month=month, day=day)
        except ValueError:  # the 30th of February
            continue
        if found >= today:
            return found
    return None


def _hours(clock: re.Match[str]) -> list[int]:
    """Return the hours of the day that the clock may mean, the earlier first; none of a day's where there is none."""
    if clock["word"]:
        return [MIDNIGHT if clock["word"] == "midnight" else NOON]
    hour = int(clock["hour"])
    if clock["half"]:
        morning = clock["half"] in ("am", "a.m", "in the morning")
        return [hour % NOON + (0 if morning else NOON)] if 1 <= hour <= NOON else [MIDNIGHT + 1]
    if hour in range(_FIRST_HOUR, NOON):
        return [hour, hour + NOON]
    return [hour + NOON] if 1 <= hour < _FIRST_HOUR else [hour]


def _until(day: datetime, hour: int = MIDNIGHT, minute: int = 0) -> datetime | None:
    """Return a time of a day on the wall's clock; None where the clock has no such time."""
    if hour > MIDNIGHT or (hour == MIDNIGHT and minute):
        return None
    day, hour = (day + DAY, 0) if hour == MIDNIGHT else (day, hour)
    return datetime.combine(day.date(), time(hour, minute), day.tzinfo)
