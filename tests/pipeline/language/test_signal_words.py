"""The file of phrases refuses what could never be heard, and names it."""

from collections.abc import Mapping
from typing import Any, cast

import pytest

from pipeline.language.signal_words import signal_words
from pipeline.policy import PolicyError


def _with(document: Mapping[str, object], section: str, value: object) -> dict[str, object]:
    return {**document, section: value}


def test_the_file_as_it_ships_is_taken(signals_document: Mapping[str, object]) -> None:
    """Nothing in it is refused."""
    signal_words(signals_document)


def test_what_could_never_be_heard_is_refused_by_name(signals_document: Mapping[str, object]) -> None:
    """A missing kind, an unknown one, a phrase of two kinds, and a section that nobody reads."""
    anger = cast("dict[str, Any]", signals_document["anger"])
    twice = {**anger["unfair"], "phrases": ["ombudsman"]}
    for broken, said in (
        (_with(signals_document, "anger", {"unfair": anger["unfair"]}), "signals.anger"),
        (_with(signals_document, "anger", {**anger, "bored": anger["unfair"]}), "signals.anger"),
        (_with(signals_document, "anger", {**anger, "unfair": twice}), "ombudsman"),
        (_with(signals_document, "anger", {**anger, "unfair": {"phrases": ["x"]}}), "signals.anger.unfair"),
        (_with(signals_document, "promise", None), "signals.promise"),
        (_with(signals_document, "joy", {}), "signals.joy"),
    ):
        with pytest.raises(PolicyError, match=said):
            signal_words(broken)
