"""What the group has committed, asked of Kafka and told to it: an error is no answer, and late words are not said.

aiokafka reads the error that an answer has for each partition, and not the one for the whole group, which Kafka gives
while it loads a group: after its restart, or when another broker takes over. It then takes the empty answer for
"nothing is committed", and goes to the log's start, or to its end (docs/upstream.md).

It also tries a commit again and again while Kafka is away, and then says it in the name of whatever generation there is
by then: what another worker committed meanwhile fell back to it.

Rule 1. An answer with an error for the group raises it. Those that pass are asked again by the client itself.
Rule 2. What was committed once stays committed while the group lives: an answer without it is none.
Rule 3. A commit is said in the generation in which its partitions were taken, or not at all.
"""

from collections.abc import Collection
from typing import Any

from aiokafka.errors import IllegalGenerationError, NoError, NotCoordinatorForGroupError, for_code
from aiokafka.protocol.commit import OffsetFetchRequest


def heed_group(coordinator: Any) -> None:  # noqa: ANN401 -- aiokafka's own, which it has no type for
    """Have a client's coordinator heed what the group says (Rules 1 and 3)."""
    _heed_errors(coordinator)
    _heed_generation(coordinator)


def _heed_errors(coordinator: Any) -> None:  # noqa: ANN401 -- likewise
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


def _heed_generation(coordinator: Any) -> None:  # noqa: ANN401 -- likewise
    commit, join = coordinator._do_commit_offsets, coordinator._on_join_complete  # noqa: SLF001 -- likewise
    taken: int | None = None

    async def joined(generation: int, *others: Any) -> None:  # noqa: ANN401 -- handed through
        nonlocal taken
        taken = generation  # the group's answer is in; the partitions follow before anything else can happen
        await join(generation, *others)

    async def committed(assignment: Any, offsets: Any) -> None:  # noqa: ANN401 -- likewise
        if not assignment.active or coordinator.generation != taken:
            raise IllegalGenerationError(coordinator.group_id)
        await commit(assignment, offsets)

    coordinator._on_join_complete, coordinator._do_commit_offsets = joined, committed  # noqa: SLF001 -- likewise


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
