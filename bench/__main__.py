"""`make bench`: all contestants in turn, round after round; the last line printed is JSON with every ratio."""

import asyncio
import json
import sys
import tempfile
from pathlib import Path

import click
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from bench import kafka as broker
from bench import report, work
from bench.contestants import CONTESTANTS, PEERS_PYTHON, Contestant
from bench.events import events
from bench.measure import DidOtherWork, Measured, measure
from bench.product import PRODUCTS, measure_product
from broker.embedded import embedded

QUICK_ROUNDS, QUICK_EVENTS = 2, 30_000
MOST_LOST = 0.15
"""Share of the committed ratio to aiokafka by hand that may be lost before `--quick` fails."""

COMMITTED = Path(__file__).with_name("committed.json")


@click.command()
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1, 50), help="How often each is run.")
@click.option("--events", "count", default=100_000, show_default=True, type=click.IntRange(1000), help="Events a run.")
@click.option("--customers", default=10_000, show_default=True, type=click.IntRange(1), help="Customers they are of.")
@click.option("--only", multiple=True, type=click.Choice([each.name for each in CONTESTANTS]), help="Only these.")
@click.option("--product", default=20_000, show_default=True, type=click.IntRange(0), help="Events of the second row.")
@click.option(
    "--quick", is_flag=True, help="Two rounds of 30,000 events; fails where the ratio to aiokafka has fallen."
)
@click.option("--json", "as_json", is_flag=True, help="Print the line of JSON only.")
def main(
    *, rounds: int, count: int, customers: int, only: tuple[str, ...], product: int, quick: bool, as_json: bool
) -> None:
    """Measure Tellonce beside its peers on the same defined work, then the whole product beside its stages by hand.

    The last line is JSON with every ratio.
    """
    if quick:
        rounds, count, product = QUICK_ROUNDS, QUICK_EVENTS, 0
    contestants = [each for each in CONTESTANTS if not only or each.name in {*only, "tellonce"}]
    if not PEERS_PYTHON.exists():
        raise click.ClickException("the peers have no environment yet: `make bench` makes it")
    with tempfile.TemporaryDirectory(prefix="bench-kafka-") as folder, embedded(Path(folder)) as node:
        try:
            found = asyncio.run(_rounds(node.bootstrap, contestants, rounds, count, customers))
            whole = asyncio.run(_products(node.bootstrap, rounds, product)) if product else {}
        except DidOtherWork as error:
            raise click.ClickException(str(error)) from None
    record = report.record(found)
    if whole:
        record["product"] = report.product_record(whole)
    if not as_json:
        click.echo(report.table(found, contestants, "tellonce"))
        if whole:
            click.echo(report.table(whole, PRODUCTS, "product"))
    click.echo(json.dumps(record))
    if quick and "aiokafka" in found:
        committed = json.loads(COMMITTED.read_text())["tellonce_vs_aiokafka"]
        if report.has_fallen(record["tellonce_vs_aiokafka"], committed, MOST_LOST):
            click.echo(f"tellonce_vs_aiokafka has fallen from {committed} by more than {MOST_LOST:.0%}", err=True)
            sys.exit(1)


async def _rounds(
    kafka: str, contestants: list[Contestant], rounds: int, count: int, customers: int
) -> dict[str, list[Measured]]:
    await broker.make_topics(kafka, [work.EVENTS])
    await broker.write_events(kafka, events(count, customers))
    due = _alerts_due(count, customers)
    found: dict[str, list[Measured]] = {each.name: [] for each in contestants}
    for number in range(rounds):
        # Each round begins with another one, so that nobody is always first.
        turn = number % len(contestants)
        for each in (*contestants[turn:], *contestants[:turn]):
            run = await measure(each, kafka, f"r{number}-{each.name}.", count, due)
            found[each.name].append(run)
            said = f"{each.name}: {run.rate:.0f}/s, {run.cpu_per_million:.1f} CPU s/million"
            click.echo(f"round {number + 1} of {rounds}, {said}", err=True)
    return found


async def _products(kafka: str, rounds: int, count: int) -> dict[str, list[Measured]]:
    found: dict[str, list[Measured]] = {each.name: [] for each in PRODUCTS}
    for number in range(rounds):
        for each in PRODUCTS if number % 2 else reversed(PRODUCTS):
            run = await measure_product(each, kafka, f"p{number}-{each.name.replace('_', '-')}.", count)
            found[each.name].append(run)
            said = f"{each.name}: {run.rate:.0f}/s, {run.cpu_per_million:.1f} CPU s/million"
            click.echo(f"round {number + 1} of {rounds}, {said}", err=True)
    return found


def _alerts_due(count: int, customers: int) -> int:
    """Return how many alerts the defined work asks for: what everybody's run is held to."""
    score = SentimentIntensityAnalyzer().polarity_scores
    moods: dict[str, float] = {}
    histories: dict[str, list[float]] = {}
    due = 0
    for event in events(count, customers):
        text, customer = event["text"], event["customer_id"]
        mood = moods[text] = moods[text] if text in moods else score(text)["compound"]
        histories[customer] = work.extended(histories.get(customer, ()), mood)
        due += work.alert(event, histories[customer]) is not None
    return due


if __name__ == "__main__":
    main()
