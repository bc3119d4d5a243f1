"""Bytewax as its documentation has it: a dataflow from Kafka to Kafka, with recovery.

Not guaranteed: histories are recovered as of the last snapshot (ten seconds) in a local SQLite file, so they do not
outlive the disk; events since then are delivered and written again.
"""

import os
from pathlib import Path
from typing import Any

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSinkMessage
from bytewax.connectors.kafka import operators as kop
from bytewax.dataflow import Dataflow
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.run import cli_main
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from bench import work

prefix = os.environ["BENCH_PREFIX"]
brokers = [os.environ["BENCH_KAFKA"]]
analyser = SentimentIntensityAnalyzer()
Enriched = tuple[dict[str, Any], dict[str, Any] | None]


def enrich(history: list[float] | None, event: dict[str, Any]) -> tuple[list[float], Enriched]:
    """Return the history with an event, its output and its alert."""
    mood = analyser.polarity_scores(event["text"])["compound"]
    history = work.extended(history or [], mood)
    return history, (work.output(event, history), work.alert(event, history))


def output_message(keyed: tuple[str, Enriched]) -> KafkaSinkMessage[bytes, bytes]:
    """Return the output as Kafka takes it."""
    return KafkaSinkMessage(keyed[0].encode(), work.output_bytes(keyed[1][0]))


def alert_message(keyed: tuple[str, Enriched]) -> KafkaSinkMessage[bytes, bytes] | None:
    """Return the alert as Kafka takes it, if there is one."""
    alert = keyed[1][1]
    return None if alert is None else KafkaSinkMessage(keyed[0].encode(), work.alert_bytes(alert))


flow = Dataflow("enrich")
consumed = kop.input("events", flow, brokers=brokers, topics=[work.EVENTS])
decoded = op.map("decode", consumed.oks, lambda message: work.event(message.value))
by_customer = op.key_on("customer", decoded, lambda event: event["customer_id"])
enriched = op.stateful_map("enrich", by_customer, enrich)
acks = {"acks": "all"}
kop.output(
    "outputs", op.map("output", enriched, output_message), brokers=brokers, topic=prefix + work.OUTPUTS, add_config=acks
)
alerting = op.filter_map("alert", enriched, alert_message)
kop.output("alerts", alerting, brokers=brokers, topic=prefix + work.ALERTS, add_config=acks)

if __name__ == "__main__":
    folder = Path(os.environ["BENCH_FOLDER"])
    init_db_dir(folder, 1)
    cli_main(flow, recovery_config=RecoveryConfig(str(folder)))
