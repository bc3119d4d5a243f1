"""The events that everybody works on: invented customers, invented words, the same for every round.

Rule 1. They come from a seed, so that two runs measure the same; nothing in them is of anybody.
Rule 2. A customer's events are in one partition (murmur2 of the customer, as Kafka's own clients place it), in the
        order of their times.
"""

from collections.abc import Iterator
from random import Random
from typing import Any

CHANNELS = ("chat", "phone", "email", "review", "survey")
OPENINGS = (
    "I have been waiting for three weeks", "The parcel came this morning", "Your colleague was kind",
    "The router restarts every night", "Nobody answers my messages", "I changed my address last month",
    "The refund is still missing", "My invoice shows the wrong amount", "The new app works nicely",
)  # fmt: skip
ENDINGS = (
    "and I am really angry now!", "but the driver was very friendly.", "and that is not acceptable.",
    "so please tell me what to do.", "thank you for the quick help.", "and it is a terrible service, honestly.",
    "which is fine for me.", "and I will not recommend you to anyone.", "and I love it :)",
)  # fmt: skip
START = 1_780_000_000_000
"""Epoch milliseconds of the first event."""


def events(count: int, customers: int, seed: int = 6) -> Iterator[dict[str, Any]]:
    """Yield `count` events of `customers` customers, about 90 characters of words in each."""
    dice = Random(seed)
    for number in range(count):
        words = f"{dice.choice(OPENINGS)} (order {dice.randrange(10_000)}), {dice.choice(ENDINGS)} Please call me back."
        yield {
            "event_id": f"event-{number:09}",
            "customer_id": f"customer-{dice.randrange(customers):07}",
            "channel": dice.choice(CHANNELS),
            "at": START + number,
            "text": words,
        }
