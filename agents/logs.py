"""What the libraries may say: enough to see that Kafka is away, not a line for each of a thousand tries a second.

Rule 1. Faust and mode from INFO whatever the root logger says, for at DEBUG there is a line with key and value for
        every send; aiokafka from WARNING.
Rule 2. Each message of the Kafka client comes once in SELDOM, whatever it is filled in with; the next one says how many
        were left out. With a broker away the client tries again without a pause (docs/upstream.md).
"""

import logging
import time
from collections.abc import Callable

SELDOM = 10.0
"""Seconds between two of the same message."""

LEVELS = {"faust": logging.INFO, "mode": logging.INFO, "aiokafka": logging.WARNING, "mode.timers": logging.ERROR}
"""mode.timers warns when a commit took longer than its interval."""

CLIENTS = (
    "aiokafka",
    "aiokafka.conn",
    "aiokafka.consumer.fetcher",
    "aiokafka.consumer.group_coordinator",
    "aiokafka.producer.sender",
)
"""The loggers that repeat themselves. A filter hears only its own logger."""


class Seldom(logging.Filter):
    """Rule 2 for one logger."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Take a clock of seconds that never goes back."""
        super().__init__()
        self._clock = clock
        self._said: dict[str, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether a message is due; where some were left out before it, it says so."""
        message, now = str(record.msg), self._clock()
        last, left_out = self._said.get(message, (None, 0))
        if last is not None and now - last < SELDOM:
            self._said[message] = last, left_out + 1
            return False
        self._said[message] = now, 0
        if left_out:
            record.msg = f"{message} ({left_out} more of these since the last)"
        return True


def quieten(clock: Callable[[], float] = time.monotonic) -> None:
    """Have the libraries speak as the rules say."""
    for name, level in LEVELS.items():
        logging.getLogger(name).setLevel(level)
    for name in CLIENTS:
        logger = logging.getLogger(name)
        if not any(isinstance(each, Seldom) for each in logger.filters):
            logger.addFilter(Seldom(clock))
