"""The outbox, over a producer of lists: whole batches, in order, and nothing is sent until it is acknowledged."""

import asyncio

import pytest
from aiokafka.errors import ProducerClosed
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.producer.message_accumulator import BatchBuilder
from hypothesis import given
from hypothesis import strategies as st

from agents.exact.outbox import Acknowledged, Outbox, Send, partition_of
from tests.agents.exact.fakes import FakeProducer, World

SENDS = st.lists(
    st.builds(
        Send,
        st.sampled_from(("out", "state")),
        st.binary(max_size=3),
        st.binary(min_size=1, max_size=8),
        st.integers(0, 9),
        st.none() | st.integers(0, 2),
    ),
    max_size=20,
)


async def _outbox(room: int = 1 << 20) -> tuple[Outbox, FakeProducer]:
    producer = FakeProducer(World(), room=room)

    async def open_producer() -> FakeProducer:
        return producer

    outbox = Outbox(open_producer, {"out": 3, "state": 3})
    await outbox.open()
    return outbox, producer


@given(SENDS, st.integers(8, 40))
async def test_each_partition_gets_its_records_in_the_order_given(sends: list[Send], room: int) -> None:
    """Whatever is sent, in however many batches: each partition's log is the sends to it, in order, nothing else."""
    outbox, producer = await _outbox(room)
    places = await outbox.deliver(sends)

    expected: dict[tuple[str, int], list[tuple[bytes, bytes | None, int]]] = {}
    for send in sends:
        partition = partition_of(send.key, 3) if send.partition is None else send.partition
        expected.setdefault((send.topic, partition), []).append((send.key, send.value, send.timestamp))
    assert producer.logs == expected
    assert places == {place: Acknowledged(0, len(log) - 1, whole=True) for place, log in expected.items()}


@given(st.lists(st.integers(1, 8), min_size=1, max_size=20), st.integers(8, 24))
async def test_records_go_in_as_few_batches_as_fit(sizes: list[int], room: int) -> None:
    """A batch is full before the next begins."""
    outbox, producer = await _outbox(room)
    await outbox.deliver(Send("out", b"", b"x" * size, 0, 0) for size in sizes)

    batches, left = 0, 0
    for size in sizes:
        if size > left:
            batches, left = batches + 1, room
        left -= size
    assert len(producer.batches) == batches
    assert all(count for _, _, count in producer.batches)


async def test_nothing_to_send_is_nothing_sent() -> None:
    """No empty batch goes out."""
    outbox, producer = await _outbox()
    assert await outbox.deliver([]) == {}
    assert producer.batches == []


async def test_delivering_again_goes_on_where_the_log_is() -> None:
    """The offsets are the broker's own."""
    outbox, _ = await _outbox()
    sends = [Send("out", b"", b"x", 0, 1)] * 3
    assert await outbox.deliver(sends) == {("out", 1): Acknowledged(0, 2, whole=True)}
    assert await outbox.deliver(sends) == {("out", 1): Acknowledged(3, 5, whole=True)}


async def test_a_record_that_fits_no_batch_is_an_error() -> None:
    """It says how large and for where, and nothing of what was in it."""
    outbox, _ = await _outbox(room=4)
    with pytest.raises(ValueError, match=r"^a record of 5 bytes does not fit into a batch for out$"):
        await outbox.deliver([Send("out", b"", b"words", 0, 0)])


def test_kafkas_own_batch_takes_its_first_record_whatever_its_size() -> None:
    """So a record larger than a batch makes a batch of its own, and the broker's limit is the only one."""
    batch = BatchBuilder(1024, 0, is_transactional=False)
    large = b"x" * 100_000
    assert batch.append(key=b"k", value=large, timestamp=1) is not None
    assert batch.append(key=b"k", value=b"x", timestamp=1) is None


@pytest.mark.parametrize("failing", [0, 1, 2])
async def test_one_failed_batch_fails_the_delivery(failing: int) -> None:
    """First, middle or last: what was not acknowledged was not delivered."""
    outbox, producer = await _outbox(room=1)
    producer.refused[failing] = TimeoutError()
    with pytest.raises(TimeoutError):
        await outbox.deliver(Send("out", b"", b"x", 0, partition) for partition in (0, 0, 1))
    await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)


async def test_delivery_waits_for_every_acknowledgement() -> None:
    """Nothing returns while the broker has not answered."""
    outbox, producer = await _outbox()
    world = producer.world
    await outbox.deliver([Send("out", b"", b"x", 0, 0), Send("state", b"", b"x", 0, 0)])
    assert sorted(world.steps()) == ["acknowledge out", "acknowledge state", "send out", "send state"]


async def test_the_producer_is_opened_once_for_all_agents() -> None:
    """Two agents start at the same time; a third later. One producer, stopped once."""
    opened: list[FakeProducer] = []

    async def open_producer() -> FakeProducer:
        await asyncio.sleep(0)
        opened.append(FakeProducer(World()))
        return opened[-1]

    outbox = Outbox(open_producer, {})
    await asyncio.gather(outbox.open(), outbox.open())
    await outbox.open()
    await outbox.close()
    assert [producer.stopped for producer in opened] == [1]


async def test_closing_what_was_never_opened_is_fine() -> None:
    """A worker may be told to stop before its agents started."""

    async def open_producer() -> FakeProducer:
        raise AssertionError("nobody asked for it")

    await Outbox(open_producer, {}).close()


async def test_who_sends_when_the_worker_stops_is_cancelled() -> None:
    """To be told to stop in mid-work is no error: the work is not done, and whoever comes next takes it again."""
    outbox, _ = await _outbox()
    await outbox.close()
    with pytest.raises(asyncio.CancelledError):
        await outbox.deliver([Send("out", b"", b"x", 0, 0)])


async def test_a_producer_that_was_closed_by_others_is_an_error() -> None:
    """Nobody told us to stop: the worker leaves, and says so."""
    outbox, producer = await _outbox()
    await producer.stop()
    with pytest.raises(ProducerClosed):
        await outbox.deliver([Send("out", b"", b"x", 0, 0)])


async def test_every_agent_hears_that_opening_failed() -> None:
    """None of them goes on without a producer."""

    async def open_producer() -> FakeProducer:
        raise ConnectionError

    outbox = Outbox(open_producer, {})
    results = await asyncio.gather(outbox.open(), outbox.open(), return_exceptions=True)
    assert [type(result) for result in results] == [ConnectionError, ConnectionError]


@given(st.binary(max_size=64), st.integers(1, 50))
def test_a_key_goes_where_kafkas_clients_put_it(key: bytes, partitions: int) -> None:
    """The same key from the company's own Java program is in the same partition."""
    everywhere = list(range(partitions))
    assert partition_of(key, partitions) == DefaultPartitioner()(key, everywhere, everywhere)


@pytest.mark.parametrize(
    ("key", "murmur2"), [(b"21", -973932308), (b"foobar", -790332482), (b"a-little-bit-long-string", -985981536)]
)
def test_keys_that_kafka_itself_is_asked_about(key: bytes, murmur2: int) -> None:
    """Keys and hashes of Kafka's own test of its partitioner (UtilsTest, testMurmur2)."""
    assert partition_of(key, 1 << 31) == murmur2 & 0x7FFFFFFF
