"""confluent-kafka by hand: take a batch, send all that follows, flush, commit.

Not guaranteed: an event that is delivered again is counted twice; a process that was paused writes on; after a
rebalance it goes on with histories that another one has changed.
"""

import os
from typing import Any

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from bench import work

prefix, kafka = os.environ["BENCH_PREFIX"], os.environ["BENCH_KAFKA"]
group = {"bootstrap.servers": kafka, "auto.offset.reset": "earliest", "enable.auto.commit": False}
analyser = SentimentIntensityAnalyzer()
failures: list[KafkaError] = []


def acknowledged(error: KafkaError | None, _message: Any) -> None:  # noqa: ANN401 -- the client's own
    """Take note of what the broker did not take."""
    if error is not None:
        failures.append(error)


def histories() -> dict[bytes, list[float]]:
    """Return what the changelog has."""
    found: dict[bytes, list[float]] = {}
    reader = Consumer({**group, "group.id": f"{prefix}restore"})
    for number in range(4):
        low, high = reader.get_watermark_offsets(TopicPartition(prefix + work.STATE, number), timeout=10)
        if high > low:
            reader.assign([TopicPartition(prefix + work.STATE, number, low)])
            at = low
            while at < high:
                for message in reader.consume(1000, 1.0):
                    found[message.key()] = work.moods(message.value())
                    at = message.offset() + 1
    reader.close()
    return found


def main() -> None:
    """Work until it is ended."""
    known = histories()
    consumer = Consumer({**group, "group.id": f"{prefix}confluent"})
    producer = Producer({"bootstrap.servers": kafka, "acks": "all", "linger.ms": 5})
    consumer.subscribe([work.EVENTS])

    def send(topic: str, value: bytes, key: bytes) -> None:
        while True:
            try:
                producer.produce(prefix + topic, value, key, on_delivery=acknowledged)
            except BufferError:
                producer.poll(0.1)
            else:
                return

    while True:
        messages = consumer.consume(2000, 1.0)
        for message in messages:
            event, key = work.event(message.value()), message.key()
            mood = analyser.polarity_scores(event["text"])["compound"]
            history = known[key] = work.extended(known.get(key, []), mood)
            send(work.STATE, work.moods_bytes(history), key)
            send(work.OUTPUTS, work.output_bytes(work.output(event, history)), key)
            alert = work.alert(event, history)
            if alert is not None:
                send(work.ALERTS, work.alert_bytes(alert), key)
            producer.poll(0)
        if messages:
            producer.flush()
            if failures:
                raise SystemExit(f"the broker did not take a record: {failures[0]}")
            consumer.commit(asynchronous=False)


if __name__ == "__main__":
    main()
