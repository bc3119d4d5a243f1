"""What the group has committed, asked of Kafka: an answer that is an error is no answer.

aiokafka reads the error that an answer has for each partition, and not the one for the whole group, which Kafka gives
while it loads a group: after its restart, or when another broker takes over. It then takes the empty answer for
"nothing is committed", and goes to the log's start, or to its end (docs/upstream.md).

Rule 1. An answer with an error for the group raises it. Those that pass are asked again by the client itself.
Rule 2. What was committed once stays committed while the group lives: an answer without it is none.
"""

from collections.abc import Collection
from typing import Any

from aiokafka.errors import NoError, NotCoordinatorForGroupError, for_code
from aiokafka.protocol.commit import OffsetFetchRequest


def heed_errors(coordinator: Any) -> None:  # noqa: ANN401 -- aiokafka's own, which it has no type for
    """Have a client's coordinator raise the errors that it would not read (Rule 1)."""
    ask = coordinator._send_req  # noqa: SLF001 -- every question to the group goes through it

    async def asked(request: Any) -> Any:  # noqa: ANN401 -- any question and its answer
        answer = await ask(request)
        if isinstance(request, OffsetFetchRequest):
            error = for_code(getattr(answer, "error_code", NoError.errno))
            if error is NotCoordinatorForGroupError:
                coordinator.coordinator_dead()
            if error is not NoError:
                raise error
        return answer

    coordinator._send_req = asked  # noqa: SLF001 -- likewise


class Remembered:
    """What was committed once (Rule 2), for who asks with a client that cannot be made to heed."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._known: set[Any] = set()

    def is_answer(self, committed: Collection[Any]) -> bool:
        """Say whether these partitions with a commit are all that had one before."""
        if not self._known.issubset(committed):
            return False
        self._known.update(committed)
        return True
