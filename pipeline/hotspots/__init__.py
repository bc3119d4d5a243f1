"""Where the friction is: contacts by topic, channel, queue and week, and what changed against the weeks before.

Rule 1. What is counted is an *experience*: a contact that the customer began, or any other that holds an answer of the
        customer's or an alert. It stands in the week (Monday to Sunday, UTC) in which it began; in one cell for each of
        its topics, or in the cell of no topic.
Rule 2. Cells count whole numbers, and numbers of parts add up to those of the whole; so neither the order of the
        touchpoints nor their division changes anything.
Rule 3. Change is judged by customers, not by contacts: one who writes twenty times is no trend. Only weeks that were
        heard from end to end are judged, against up to `BASELINE` such weeks before.
Rule 4. Tests are exact, so that small numbers are safe, and two-sided. Those that could not speak, whatever had been
        counted, are not made. Over all tests of a week the false discovery rate is held (Benjamini and Hochberg 1995).
Rule 5. Bad is an experience with a detractor alert. Good is one that is not bad, with an answer as far from the scale's
        other end as a detractor's is from this one, or without any answer with words that are glad throughout.
"""

from pipeline.hotspots.change import ALPHA, Change, adjusted, rate_change, share_change
from pipeline.hotspots.evidence import Cell, Evidence, Path, Weighed, week_of
from pipeline.hotspots.trend import BASELINE, Heard, Hotspot, Trend, hotspots
from pipeline.hotspots.weigh import weighed

__all__ = [
    "ALPHA",
    "BASELINE",
    "Cell",
    "Change",
    "Evidence",
    "Heard",
    "Hotspot",
    "Path",
    "Trend",
    "Weighed",
    "adjusted",
    "hotspots",
    "rate_change",
    "share_change",
    "week_of",
    "weighed",
]
