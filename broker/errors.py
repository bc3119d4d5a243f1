"""What can go wrong with a broker of ours, as types. Each message is one line that a person can act on.

BrokerError
├── Missing       something on this machine is not there: Java, Maven, the jars
├── DidNotStart   the node died or did not answer in time; the message ends with its log's tail
└── DidNotStop    the node is still there after it was told to go, and then made to
"""

from __future__ import annotations


class BrokerError(Exception):
    """Something is wrong with the broker that this machine runs; the message says what to do."""


class Missing(BrokerError):
    """Something that the broker needs is not on this machine."""


class DidNotStart(BrokerError):
    """The node died, or did not answer in time."""


class DidNotStop(BrokerError):
    """The node outlived SIGTERM and SIGKILL."""
