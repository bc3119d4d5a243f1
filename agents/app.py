"""The composition root: everything is made here, once, from settings, and handed on. No module-level app.

raw.* ─▶ intake ─▶ touchpoints ─▶ timelines ─▶ timelines, alerts, flags, journey signals
           └─▶ identity-claims ─▶ resolver ─▶ directory (read by every intake), identity-changes
"""

import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, NoReturn, cast
from uuid import uuid4

import faust
from aiokafka import AIOKafkaProducer
from faust.types import TP

from agents.bonds import BondMemory
from agents.budget import BudgetPolicy
from agents.budget_watch import BudgetWatch
from agents.caught_up import Backlog
from agents.claims import Claims
from agents.condemned import Condemned
from agents.contracts import language_of
from agents.deadlines import Clock, Reminders
from agents.directory import BroadcastDirectory
from agents.erasing import ErasingTimelines
from agents.exact.chunks import ChunkSchema, chunk_scheduler
from agents.exact.consumer import exact_transport
from agents.exact.exits import Exit, Leave, leave
from agents.exact.fence import Fence
from agents.exact.group import FaustGroup
from agents.exact.guard import Guard, Watches
from agents.exact.journal import open_journal
from agents.exact.loop import ExactLoop
from agents.exact.outbox import Outbox, Producer
from agents.exact.readback import Readback
from agents.forgetting import ForgettingResolver
from agents.hot import HotCustomers
from agents.installation import Installation
from agents.intake import IntakeAgent, IntakeTopics
from agents.kept import KeptCustomers
from agents.logs import quieten
from agents.metrics import Metrics
from agents.resolver import ResolverAgent, ResolverTopics
from agents.ruling import RulesWatch, RulingResolver
from agents.settings import Settings
from agents.tables import Rows, RowTable, StateTable
from agents.timelines import TimelinesAgent, TimelineTopics
from pipeline.flow import Intake
from pipeline.identity import Directory
from pipeline.linking import linking_text
from pipeline.sources import SOURCES

BY = f"tellonce/{version('tellonce')}"
"""Program and version, as dead letters say it."""

STATE = ("state.entries", "state.raised", "state.kin")
"""The tables of the timelines agent."""

AWAY_MS = 60_000
"""Milliseconds that a Kafka may be away before what is to be sent to it ends the worker: it is started again in less,
and who leaves sooner has to do the chunk again. One that hangs is the stall watch's to see.
"""

MOST_READ_BACK = 8
"""Chunks of rows that are held, while a table is read back, before they are written. By 1 Faust takes another way."""

BATCH_BYTES = 512 * 1024
"""Bytes of a producer's batch; a larger record makes a batch of its own."""

REQUEST_BYTES = 12 * 1024 * 1024
"""Bytes of a producer's request: the largest dead letter (10 MiB) with room for its frame."""


def make_app(at: Installation, metrics: Metrics) -> faust.App:
    """Return the Faust app of one worker, all agents bound."""
    fence = Fence()
    journal = open_journal(at.data, uuid4().hex)

    def give_up(code: Exit, why: str) -> NoReturn:
        if code is not Exit.LOOP_HANGS:  # only that may be a record's doing
            journal.absolve()
        leave(code, why)

    watches = Watches.of(at.settings.session_timeout, give_up, time.monotonic, _boot_clock)
    raw = {at.name(f"raw.{source}"): source for source in SOURCES}
    stitched = [at.name(topic) for topic in ("touchpoints", "moves", "identity-changes", "deadlines")]
    claims = at.name("identity-claims")
    readers = [frozenset(raw), frozenset(stitched), frozenset({claims})]
    chunked = frozenset[str]().union(*readers)
    app = faust_app(at, readers)
    readback = Readback(at.settings.chunk)
    group, outbox = FaustGroup(app, at.bootstrap), make_outbox(at)
    loop = ExactLoop(
        group,
        fence,
        outbox,
        leave,
        watches.pause.check,
        metrics["seeks_back_total"].inc,
        time.monotonic,
        metrics.took,
        journal,
        make_condemned(at, metrics),
        at.settings.most_crashes,
        size=at.settings.chunk,
    )
    transport = exact_transport(fence, chunked, watches.pause.check, readback, loop.rest)
    app.transport = transport(app.conf.broker_consumer, app)
    budgets = BudgetWatch(budget_policy(at.settings), raw, metrics, time.monotonic)
    tables = {name: make_table(app, at, name, readback) for name in (*STATE, "state.bonds")}
    directory = make_directory(at, metrics)
    resolver = ruling(at, make_resolver(at, tables["state.bonds"], metrics))
    reminders = Reminders(group.generation)
    timelines = make_timelines(at, tables, HotCustomers(group.generation, metrics), metrics)
    timelines = replace(timelines, remind=reminders.note)
    intake = make_intake(at, raw, directory, directory.caught_up, metrics)
    directory.on_forget = intake.claims.forget
    app.agent(app.topic(*sorted(raw), schema=ChunkSchema()), name="intake")(
        loop.agent("intake", replace(intake, spend=budgets.spend))
    )
    app.agent(app.topic(claims, schema=ChunkSchema()), name="resolver")(loop.agent("resolver", resolver))
    app.agent(app.topic(*stitched, schema=ChunkSchema()), name="timelines")(
        loop.agent("timelines", erasing(at, timelines))
    )
    guard = Guard(
        fence=fence,
        topics=chunked,
        watches=watches,
        seek=loop.send_back,
        leave=give_up,
        starting=lambda: None if directory.complete else directory.heard,
        resting=budgets.resting,
    )

    async def watch() -> None:
        await guard.watch(app, at.bootstrap)

    async def follow() -> None:
        await directory.follow(give_up)

    async def slow() -> None:
        inside: Any = app
        await budgets.watch(
            lambda: inside.consumer, lambda: bool(inside.rebalancing or inside.in_recovery), lambda: inside.should_stop
        )

    async def close(*_: Any, **__: Any) -> None:  # noqa: ANN401 -- a Faust signal's own arguments
        await outbox.close()

    app.task(watch)
    app.task(follow)
    app.task(slow)
    app.task(rules_watch(at, app, resolver, outbox, give_up))
    if at.settings.clock == "on":
        app.task(clock_watch(at, app, timelines, reminders, outbox, give_up))
    app.on_before_shutdown.connect(close, weak=False)
    return app


def make_intake(
    at: Installation,
    raw: dict[str, str],
    directory: Directory,
    caught_up: Callable[[], Awaitable[None]],
    metrics: Metrics,
) -> IntakeAgent:
    """Return the intake agent; `raw` is the source of each raw topic by its full name."""
    words = language_of(at.identifiers.default_region)
    largest = next(topic.max_message for topic in at.topics if topic.name == "touchpoints")
    return IntakeAgent(
        Intake(at.book, at.policy, at.identifiers, words, directory),
        IntakeTopics(raw, at.name("touchpoints"), at.name("identity-claims"), at.name("dead-letters"), largest),
        Claims(directory, at.identifiers.kin, time.monotonic),
        metrics,
        by=BY,
        caught_up=caught_up,
    )


def make_condemned(at: Installation, metrics: Metrics) -> Condemned:
    """Return what becomes of a record that crashed the worker too often; a raw topic stands for its source."""
    sources = {at.name(topic.name): topic.name.removeprefix("raw.") for topic in at.topics}
    return Condemned(at.book, sources, at.name("dead-letters"), metrics, BY)


def budget_policy(settings: Settings) -> BudgetPolicy:
    """Return the budget of dead letters as the settings have it."""
    return BudgetPolicy(
        settings.dead_letter_percent / 100, settings.dead_letter_window, float(settings.dead_letter_rate)
    )


def make_resolver(at: Installation, bonds: StateTable, metrics: Metrics) -> ResolverAgent:
    """Return the resolver agent over its table."""
    rules = at.identifiers.kin
    topics = ResolverTopics(*map(at.name, ("directory", "identity-changes", "identity-claims", "dead-letters")))
    return ResolverAgent(at.book, rules, topics, BondMemory(bonds, at.book, rules), metrics, BY)


def forgetting(at: Installation, resolver: ResolverAgent) -> ForgettingResolver:
    """Return the resolver that also erases."""
    return ForgettingResolver(resolver, at.book, resolver.rules, resolver.topics, resolver.memory, resolver.metrics)


def ruling(at: Installation, resolver: ResolverAgent) -> RulingResolver:
    """Return the resolver that also erases, and minds a change of the rules."""
    text = linking_text(at.identifiers)
    parts = (at.book, resolver.rules, text, resolver.topics, resolver.memory, resolver.metrics)
    return RulingResolver(forgetting(at, resolver), *parts)


def rules_watch(
    at: Installation, app: faust.App, resolver: RulingResolver, outbox: Outbox, leave: Leave
) -> Callable[[], Awaitable[None]]:
    """Return the task that makes the resolver begin where the rules have changed."""
    inside: Any = app
    place = TP(at.name("identity-claims"), 0)

    def behind() -> str | None:
        is_busy = inside.rebalancing or inside.in_recovery
        return None if is_busy or place not in inside.consumer.assignment() else resolver.behind()

    async def go_on() -> None:
        await outbox.open()
        await outbox.deliver([resolver.to_go_on(round(time.time() * 1000))])

    async def mind_rules() -> None:
        await RulesWatch(behind, go_on).watch(lambda: inside.should_stop, leave)

    return mind_rules


def clock_watch(  # noqa: PLR0913, PLR0917 -- the composition root's wiring
    at: Installation, app: faust.App, timelines: TimelinesAgent, reminders: Reminders, outbox: Outbox, leave: Leave
) -> Callable[[], Awaitable[None]]:
    """Return the task that says which promises' time is over."""
    inside: Any = app
    touchpoints = at.name("touchpoints")
    wanted = {topic.name: topic.partitions for topic in at.wanted()}
    first = {at.name(f"raw.{source}") for source in SOURCES}
    then = {at.name(name) for name in ("identity-claims", "identity-changes", "touchpoints", "moves")}
    stages = [{name: wanted[name] for name in sorted(names)} for names in (first, then)]

    def partitions() -> frozenset[int]:
        if inside.rebalancing or inside.in_recovery:
            return frozenset()
        return frozenset(tp.partition for tp in inside.consumer.assignment() if tp.topic == touchpoints)

    clock = Clock(
        kept=timelines.kept,
        reminders=reminders,
        book=at.book,
        topic=at.name("deadlines"),
        outbox=outbox,
        metrics=timelines.metrics,
        now=lambda: datetime.now(UTC),
        partitions=partitions,
        caught_up=Backlog(at.bootstrap, at.settings.app_id, stages, time.monotonic).worked_off,
    )

    async def tell_time() -> None:
        await clock.watch(lambda: inside.should_stop, leave)

    return tell_time


def erasing(at: Installation, timelines: TimelinesAgent) -> ErasingTimelines:
    """Return the timelines agent that also erases."""
    return ErasingTimelines(timelines, at.book, at.policy, timelines.topics, timelines.kept, timelines.metrics)


def make_directory(at: Installation, metrics: Metrics) -> BroadcastDirectory:
    """Return this worker's directory, which has heard nothing yet."""
    topic = next(each for each in at.wanted() if each.name == at.name("directory"))
    return BroadcastDirectory(at.bootstrap, topic.name, topic.partitions, at.book, metrics)


def make_timelines(
    at: Installation, tables: dict[str, StateTable], hot: HotCustomers, metrics: Metrics
) -> TimelinesAgent:
    """Return the timelines agent over its three tables."""
    written = ("timelines", "detractor-alerts", "repeat-contacts", "journey-signals")
    names = (*written, "moves", "identity-changes", "deadlines")
    entries, raised, kin = (tables[name] for name in STATE)
    kept = KeptCustomers(at.book, at.policy, entries, raised, kin, hot)
    return TimelinesAgent(at.book, at.policy, TimelineTopics(*map(at.name, names)), kept, metrics)


def make_outbox(at: Installation) -> Outbox:
    """Return the outbox over an idempotent producer that waits for all in-sync replicas."""

    async def open_producer() -> Producer:
        producer = AIOKafkaProducer(
            bootstrap_servers=at.bootstrap,
            acks="all",
            enable_idempotence=True,
            request_timeout_ms=AWAY_MS,
            max_batch_size=BATCH_BYTES,
            max_request_size=REQUEST_BYTES,
        )
        await producer.start()
        return cast(Producer, producer)

    return Outbox(open_producer, {topic.name: topic.partitions for topic in at.wanted()})


def faust_app(at: Installation, readers: Collection[frozenset[str]]) -> faust.App:
    """Return a bare Faust app, with the settings that docs/decisions/0004 gives the reasons for.

    `readers` are the topics of each of its agents.
    """
    quieten()
    settings = at.settings
    return faust.App(
        settings.app_id,
        broker=[f"kafka://{address}" for address in at.bootstrap.split(",")],
        store=f"{settings.store}://",
        datadir=at.data,
        topic_partitions=settings.partitions,
        topic_disable_leader=True,
        topic_allow_declare=False,
        table_standby_replicas=0,
        web_enabled=False,
        consumer_auto_offset_reset="earliest",
        broker_max_poll_records=2000,
        stream_buffer_maxsize=64,
        broker_commit_interval=settings.commit_interval.total_seconds(),
        broker_session_timeout=settings.session_timeout.total_seconds(),
        broker_heartbeat_interval=settings.heartbeat.total_seconds(),
        broker_rebalance_timeout=max(settings.session_timeout.total_seconds(), 10.0),
        consumer_max_fetch_size=REQUEST_BYTES,
        ConsumerScheduler=chunk_scheduler(settings.chunk, readers),
        Table=RowTable,
    )


def make_table(app: faust.App, at: Installation, name: str, readback: Readback) -> StateTable:
    """Return a table of the state, whose changelog is the topic of this name."""
    changelog = next(topic for topic in at.wanted() if topic.name == at.name(name))
    table: Any = app.Table(
        name.replace(".", "-"),
        partitions=changelog.partitions,
        # Said outright: Faust would read the rows back as JSON whatever their type, and never end its recovery.
        changelog_topic=app.topic(changelog.name, schema=ChunkSchema(), partitions=changelog.partitions),
        key_type=bytes,
        value_type=bytes,
        recovery_buffer_size=MOST_READ_BACK,
    )
    table.follows = readback.follows
    return StateTable(lambda: cast(Rows, table.data), changelog.name)


def _boot_clock() -> float:
    """Return seconds that also count while the machine is suspended, where the system can tell."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
