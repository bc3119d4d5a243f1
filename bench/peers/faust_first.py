"""Faust as one writes it first, after its README: an agent, a table, two topics.

Not guaranteed: an exception in the agent is a lost event, a rebalance may lose some, a worker that wakes up late
overwrites newer histories, and an event that is delivered again is counted twice.
"""

import os

import faust
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from bench import work

prefix = os.environ["BENCH_PREFIX"]
app = faust.App(
    f"{prefix}faust",
    broker=f"kafka://{os.environ['BENCH_KAFKA']}",
    datadir=os.environ["BENCH_FOLDER"],
    topic_partitions=4,
    value_serializer="raw",
    producer_acks=-1,
    web_enabled=False,
    consumer_auto_offset_reset="earliest",
)
events = app.topic(work.EVENTS, value_serializer="raw")
outputs = app.topic(prefix + work.OUTPUTS, value_serializer="raw")
alerts = app.topic(prefix + work.ALERTS, value_serializer="raw")
histories = app.Table("histories", default=list, value_type=list, partitions=4)
analyser = SentimentIntensityAnalyzer()


@app.agent(events)
async def enrich(stream: faust.StreamT[bytes]) -> None:
    """Take events one by one."""
    async for value in stream:
        event = work.event(value)
        mood = analyser.polarity_scores(event["text"])["compound"]
        customer = event["customer_id"]
        history = work.extended(histories[customer], mood)
        histories[customer] = history
        await outputs.send(key=customer, value=work.output_bytes(work.output(event, history)))
        alert = work.alert(event, history)
        if alert is not None:
            await alerts.send(key=customer, value=work.alert_bytes(alert))


if __name__ == "__main__":
    app.main()
