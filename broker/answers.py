"""Asks a Kafka whether it is ready for clients: one Metadata request, by hand.

Rule 1: ready means that it names at least one broker: it has registered with its controller and is let in.
        An open port alone, or an answer to ApiVersions, comes seconds earlier.
Rule 2: whatever goes wrong on the way is "not yet".
"""

from __future__ import annotations

import socket
import struct

_METADATA, _VERSION, _CORRELATION = 3, 0, 1
"""Kafka protocol: ApiKey 3, version 0 (the oldest that Kafka 4 still answers); an empty list of topics."""


def is_ready(host: str, port: int, *, seconds: float = 2.0) -> bool:
    """Tells whether a Kafka at this address is ready for clients; gives it `seconds` to answer."""
    client = b"tellonce"
    body = struct.pack(f">hhih{len(client)}si", _METADATA, _VERSION, _CORRELATION, len(client), client, 0)
    try:
        with socket.create_connection((host, port), timeout=seconds) as connection:
            connection.sendall(struct.pack(">i", len(body)) + body)
            head = _read(connection, 12)
    except OSError:
        return False
    if head is None:
        return False
    _length, correlation, brokers = struct.unpack(">iii", head)
    return bool(correlation == _CORRELATION and brokers > 0)


def _read(connection: socket.socket, size: int) -> bytes | None:
    got = b""
    while len(got) < size:
        more = connection.recv(size - len(got))
        if not more:
            return None
        got += more
    return got
