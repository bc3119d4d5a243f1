"""What the client must not take for nothing committed, and what it must not say: an old commit, in a new generation."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.consumer.subscription_state import Assignment
from aiokafka.errors import (
    CommitFailedError,
    GroupLoadInProgressError,
    NotCoordinatorForGroupError,
    UnknownMemberIdError,
)
from aiokafka.protocol.commit import OffsetCommitResponse_v2, OffsetFetchResponse_v1, OffsetFetchResponse_v3
from aiokafka.structs import OffsetAndMetadata

from agents.exact.offsets import Remembered, heed_group

PLACE = TopicPartition("moves", 3)
KNOWN = [("moves", [(3, 88, "", 0)])]


class Coordinator:
    """A group's coordinator as the client has it, which hears these answers."""

    group_id, member_id, coordinator_id = "group", "member", 1
    _retry_backoff_ms = 0
    generation = 7

    def __init__(self, *answers: Any) -> None:  # noqa: ANN401 -- Kafka's own
        """Take the answers."""
        self.answers, self.dead = list(answers), 0
        self.asked: list[Any] = []
        self._commit_lock = asyncio.Lock()

    async def ensure_coordinator_known(self) -> None:
        """It is known."""

    async def _send_req(self, request: object) -> Any:  # noqa: ANN401
        self.asked.append(request)
        answer = self.answers.pop(0)
        return answer() if callable(answer) else answer

    async def _on_join_complete(self, _generation: int, member: str, protocol: str, assignment: Any) -> None:  # noqa: ANN401
        assert (member, protocol) == ("member", "faust")
        await assignment()

    def coordinator_dead(self) -> None:
        """Count how often it was given up."""
        self.dead += 1

    _do_fetch_commit_offsets = GroupCoordinator._do_fetch_commit_offsets
    fetch_committed_offsets = GroupCoordinator.fetch_committed_offsets
    commit_offsets = GroupCoordinator.commit_offsets
    _do_commit_offsets = GroupCoordinator._do_commit_offsets


@pytest.mark.parametrize("error", [GroupLoadInProgressError, NotCoordinatorForGroupError])
async def test_a_group_that_is_not_ready_is_asked_again(error: type[Exception]) -> None:
    """Until it says what is committed; one that has moved is looked for again."""
    asked = Coordinator(OffsetFetchResponse_v3(0, [], error.errno), OffsetFetchResponse_v3(0, KNOWN, 0))  # type: ignore[attr-defined]
    heed_group(asked)
    found = await asked.fetch_committed_offsets([PLACE])
    assert found[PLACE].offset == 88
    assert asked.dead == (error is NotCoordinatorForGroupError)


async def test_the_client_by_itself_takes_an_error_for_nothing() -> None:
    """When this fails, the client has learnt to read it: take the work-around out."""
    asked = Coordinator(OffsetFetchResponse_v3(0, [], GroupLoadInProgressError.errno))
    assert await asked.fetch_committed_offsets([PLACE]) == {}


async def test_an_error_that_does_not_pass_is_raised() -> None:
    """It ends the worker, like whatever is unexpected."""
    asked = Coordinator(OffsetFetchResponse_v3(0, [], UnknownMemberIdError.errno))
    heed_group(asked)
    with pytest.raises(UnknownMemberIdError):
        await asked.fetch_committed_offsets([PLACE])


@pytest.mark.parametrize("answer", [OffsetFetchResponse_v1(KNOWN), OffsetFetchResponse_v3(0, KNOWN, 0)])
async def test_an_answer_is_an_answer(answer: Any) -> None:  # noqa: ANN401
    """Also an old Kafka's, which has no error for the group."""
    asked = Coordinator(answer)
    heed_group(asked)
    assert (await asked.fetch_committed_offsets([PLACE]))[PLACE].offset == 88


DONE = OffsetCommitResponse_v2([("moves", [(3, 0)])])
AWAY = OffsetCommitResponse_v2([("moves", [(3, GroupLoadInProgressError.errno)])])


async def _joined(coordinator: Any, generation: int, taking: Callable[[], object] = lambda: None) -> None:  # noqa: ANN401
    """The group's answer came: `taking` is what happens when the partitions are taken."""

    async def take() -> None:
        taking()

    coordinator.generation = generation
    await coordinator._on_join_complete(generation, "member", "faust", take)


async def _commit(coordinator: Any, assignment: Assignment, offset: int = 9) -> None:  # noqa: ANN401
    await coordinator.commit_offsets(assignment, {PLACE: OffsetAndMetadata(offset, "")})


async def test_a_commit_that_is_tried_again_is_of_its_own_generation() -> None:
    """Kafka was away, the group went on without this worker, and it joined again: its old word is not said any more."""
    old, asked = Assignment([PLACE]), Coordinator(DONE, AWAY, DONE)
    heed_group(asked)
    await _joined(asked, 7)
    await _commit(asked, old)

    def meanwhile() -> Any:  # noqa: ANN401
        asked.generation = 8
        return AWAY

    asked.answers[0] = meanwhile
    with pytest.raises(CommitFailedError, match="already rebalanced"):
        await _commit(asked, old)
    assert [request._consumer_group_generation_id for request in asked.asked] == [7, 7]


async def test_the_client_by_itself_says_an_old_commit_in_a_new_generation() -> None:
    """When this fails, the client has learnt better: take the work-around out."""
    old, asked = Assignment([PLACE]), Coordinator(AWAY, DONE)

    def meanwhile() -> Any:  # noqa: ANN401
        asked.generation = 8
        return AWAY

    asked.answers[0] = meanwhile
    await _commit(asked, old)
    assert [request._consumer_group_generation_id for request in asked.asked] == [7, 8]


def test_the_client_has_the_method_that_we_stand_before() -> None:
    """The generation comes first; an upgrade that hands it over otherwise must not pass in silence."""
    assert list(inspect.signature(GroupCoordinator._on_join_complete).parameters)[:3] == [
        "self",
        "generation",
        "member_id",
    ]


async def test_partitions_that_are_gone_are_not_committed() -> None:
    """The new ones are, from the moment that they are taken on."""
    old, new, asked = Assignment([PLACE]), Assignment([PLACE]), Coordinator(DONE)
    heed_group(asked)
    await _joined(asked, 7)
    await _joined(asked, 8, old._unassign)
    with pytest.raises(CommitFailedError):
        await _commit(asked, old)
    await _commit(asked, new)
    assert [request._consumer_group_generation_id for request in asked.asked] == [8]


def test_what_was_committed_once_is_not_forgotten() -> None:
    """An answer without it is none; one with more is."""
    remembered = Remembered()
    answers = [[], ["a"], [], ["a", "b"], ["a"], ["b", "a"]]
    assert [remembered.is_answer(each) for each in answers] == [True, True, False, True, False, True]
