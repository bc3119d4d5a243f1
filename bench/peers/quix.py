"""Quix Streams as its documentation has it: a dataframe over a topic, with state.

Not guaranteed: an event that is delivered again is counted twice, and an exception in a function ends the process.
"""

import os
from typing import Any

from quixstreams import Application, State
from quixstreams.models.serializers.avro import AvroDeserializer, AvroSerializer
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from bench import work

prefix = os.environ["BENCH_PREFIX"]
app = Application(
    broker_address=os.environ["BENCH_KAFKA"],
    consumer_group=f"{prefix}quix",
    auto_offset_reset="earliest",
    state_dir=os.environ["BENCH_FOLDER"],
    producer_extra_config={"acks": "all"},
    loglevel="WARNING",
)
events = app.topic(work.EVENTS, value_deserializer=AvroDeserializer(work.EVENT))
outputs = app.topic(prefix + work.OUTPUTS, value_serializer=AvroSerializer(work.OUTPUT))
alerts = app.topic(prefix + work.ALERTS, value_serializer=AvroSerializer(work.ALERT))
analyser = SentimentIntensityAnalyzer()


def enrich(event: dict[str, Any], state: State) -> dict[str, Any]:
    """Return the output and the alert of an event."""
    mood = analyser.polarity_scores(event["text"])["compound"]
    history = work.extended(state.get("moods", []), mood)
    state.set("moods", history)
    return {"output": work.output(event, history), "alert": work.alert(event, history)}


events_frame = app.dataframe(events)
enriched = events_frame.apply(enrich, stateful=True)
enriched.apply(lambda both: both["output"]).to_topic(outputs)
enriched.filter(lambda both: both["alert"] is not None).apply(lambda both: both["alert"]).to_topic(alerts)

if __name__ == "__main__":
    app.run()
