"""A group that is being loaded has no word yet on what is committed; the client must not take that for nothing."""

from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import GroupLoadInProgressError, NotCoordinatorForGroupError, UnknownMemberIdError
from aiokafka.protocol.commit import OffsetFetchResponse_v1, OffsetFetchResponse_v3

from agents.exact.offsets import Remembered, heed_errors

PLACE = TopicPartition("moves", 3)
KNOWN = [("moves", [(3, 88, "", 0)])]


class Coordinator:
    """A group's coordinator as the client has it, which hears these answers."""

    group_id = "group"
    _retry_backoff_ms = 0

    def __init__(self, *answers: Any) -> None:  # noqa: ANN401 -- Kafka's own
        """Take the answers."""
        self.answers, self.dead = list(answers), 0

    async def ensure_coordinator_known(self) -> None:
        """It is known."""

    async def _send_req(self, _request: object) -> Any:  # noqa: ANN401
        return self.answers.pop(0)

    def coordinator_dead(self) -> None:
        """Count how often it was given up."""
        self.dead += 1

    _do_fetch_commit_offsets = GroupCoordinator._do_fetch_commit_offsets
    fetch_committed_offsets = GroupCoordinator.fetch_committed_offsets


@pytest.mark.parametrize("error", [GroupLoadInProgressError, NotCoordinatorForGroupError])
async def test_a_group_that_is_not_ready_is_asked_again(error: type[Exception]) -> None:
    """Until it says what is committed; one that has moved is looked for again."""
    asked = Coordinator(OffsetFetchResponse_v3(0, [], error.errno), OffsetFetchResponse_v3(0, KNOWN, 0))  # type: ignore[attr-defined]
    heed_errors(asked)
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
    heed_errors(asked)
    with pytest.raises(UnknownMemberIdError):
        await asked.fetch_committed_offsets([PLACE])


@pytest.mark.parametrize("answer", [OffsetFetchResponse_v1(KNOWN), OffsetFetchResponse_v3(0, KNOWN, 0)])
async def test_an_answer_is_an_answer(answer: Any) -> None:  # noqa: ANN401
    """Also an old Kafka's, which has no error for the group."""
    asked = Coordinator(answer)
    heed_errors(asked)
    assert (await asked.fetch_committed_offsets([PLACE]))[PLACE].offset == 88


def test_what_was_committed_once_is_not_forgotten() -> None:
    """An answer without it is none; one with more is."""
    remembered = Remembered()
    answers = [[], ["a"], [], ["a", "b"], ["a"], ["b", "a"]]
    assert [remembered.is_answer(each) for each in answers] == [True, True, False, True, False, True]
