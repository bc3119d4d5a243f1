"""Angry answers, each of a customer of its own, and their alerts: a clock for who measures the workers."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from commands.rehearsal import Rehearsal
from commands.streams import partitions, reading
from pipeline.kin import customer_named_by
from pipeline.touchpoint import Identifier


def customer(number: int) -> str:
    """Return the id of the customer of an answer."""
    return customer_named_by(Identifier("crm_id", f"A-{number}"))


def angry(number: int, at: datetime) -> bytes:
    """Return an answer that raises an alert."""
    return json.dumps(
        {
            "response_id": f"R-{number}",
            "occurred_at": at.isoformat(),
            "metric": "nps",
            "score": 0,
            "customer": {"customer_id": f"A-{number}"},
        }
    ).encode()


@asynccontextmanager
async def alerts(run: Rehearsal) -> AsyncIterator[AsyncIterator[tuple[str, float]]]:
    """Yield the customers of the alerts from now on, with the monotonic second at which each was read."""
    async with reading(run.bootstrap) as consumer:
        consumer.assign(partitions(run.named("detractor-alerts")))
        await consumer.seek_to_end()
        for place in consumer.assignment():
            await consumer.position(place)

        async def told() -> AsyncIterator[tuple[str, float]]:
            async for record in consumer:
                yield record.key.decode(), time.monotonic()

        yield told()
