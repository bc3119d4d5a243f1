"""aiokafka by hand: take what there is, send all that follows, wait for the acknowledgements, commit.

Not guaranteed: an event that is delivered again is counted twice; a process that was paused writes on; after a
rebalance it goes on with histories that another one has changed.
"""

import asyncio
import os

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from bench import work

prefix, kafka = os.environ["BENCH_PREFIX"], os.environ["BENCH_KAFKA"]
analyser = SentimentIntensityAnalyzer()


async def histories() -> dict[bytes, list[float]]:
    """Return what the changelog has."""
    found: dict[bytes, list[float]] = {}
    async with AIOKafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest") as reader:
        places = [TopicPartition(prefix + work.STATE, number) for number in range(4)]
        reader.assign(places)
        ends = await reader.end_offsets(places)
        while any([await reader.position(place) < ends[place] for place in places]):
            for records in (await reader.getmany(timeout_ms=1000)).values():
                found.update((record.key, work.moods(record.value)) for record in records)
    return found


async def main() -> None:
    """Work until it is ended."""
    known = await histories()
    consumer = AIOKafkaConsumer(
        work.EVENTS,
        bootstrap_servers=kafka,
        group_id=f"{prefix}aiokafka",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_poll_records=2000,
    )
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", linger_ms=5)
    async with consumer, producer:
        while True:
            sent = []
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                for record in records:
                    event = work.event(record.value)
                    mood = analyser.polarity_scores(event["text"])["compound"]
                    history = known[record.key] = work.extended(known.get(record.key, []), mood)
                    state, output = work.moods_bytes(history), work.output_bytes(work.output(event, history))
                    sent.append(await producer.send(prefix + work.STATE, state, record.key))
                    sent.append(await producer.send(prefix + work.OUTPUTS, output, record.key))
                    alert = work.alert(event, history)
                    if alert is not None:
                        sent.append(await producer.send(prefix + work.ALERTS, work.alert_bytes(alert), record.key))
            if sent:
                await asyncio.gather(*sent)
                await consumer.commit()


if __name__ == "__main__":
    asyncio.run(main())
