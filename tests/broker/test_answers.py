"""Ready is said only by a Kafka that names a broker."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from broker.answers import is_ready


@contextmanager
def _server(answer: bytes) -> Iterator[int]:
    """Answers one request with these bytes and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (struct.pack(">iii", 8, 1, 1), True),
        (struct.pack(">iii", 8, 1, 0), False),
        (struct.pack(">iii", 8, 2, 1), False),
        (b"HTTP/1.1 400 Bad Request\r\n", False),
        (b"", False),
        (b"\0\0", False),
    ],
    ids=["one broker", "no broker yet", "another's answer", "a web server", "hangs up", "half an answer"],
)
def test_only_a_named_broker_is_ready(answer: bytes, expected: bool) -> None:  # noqa: FBT001  a column of the table
    """An answer counts when it is to our question and names at least one broker."""
    with _server(answer) as port:
        assert is_ready("127.0.0.1", port) is expected


def test_nobody_there_is_not_ready() -> None:
    """A refused connection is "not yet", no error."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        assert not is_ready("127.0.0.1", closed.getsockname()[1])


def test_silence_is_not_ready() -> None:
    """One who accepts and says nothing is not waited for longer than asked."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert not is_ready("127.0.0.1", silent.getsockname()[1], seconds=0.1)


def test_a_real_broker_is_ready(kafka: str) -> None:
    """What the node's own starter believed, the question confirms."""
    host, _, port = kafka.partition(":")

    assert is_ready(host, int(port))
