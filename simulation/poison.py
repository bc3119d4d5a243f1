"""Events that are broken on purpose, each for one known reason, in the words of the pipeline's list."""

from datetime import timedelta

from simulation.story import Story


def broken_feed(story: Story) -> None:
    """A source with a fault: two of these events, hours apart."""
    kinds = (
        garbage, cut_off, bad_utf8, no_session, nobody, naive, long_ago, far_ahead, strange_channel,
        off_the_scale, no_number, strange_sender,
    )  # fmt: skip
    for kind in story.dice.sample(kinds, 2):
        kind(story)
        story.rest(timedelta(hours=1), timedelta(hours=5))


def garbage(story: Story) -> None:
    """Bytes that are neither JSON nor Avro."""
    story.tell_broken(
        "chat", b"\x7fELF" + bytes(story.dice.randrange(0x80, 0x100) for _ in range(24)), "unknown_format"
    )


def cut_off(story: Story) -> None:
    """A JSON object that ends in the middle."""
    story.tell_broken("phone", b'{"source": "phone", "call_id": "call-cut", "occurred_at": "2026-', "malformed_json")


def bad_utf8(story: Story) -> None:
    """Latin-1 where UTF-8 is promised."""
    story.tell_broken(
        "review",
        '{"source": "review", "site": "starboard", "body": "tr\u00e8s bien"}'.encode("latin-1"),
        "invalid_utf8",
    )


def no_session(story: Story) -> None:
    """A chat message of no session."""
    value = {"occurred_at": story.now, "sender": "customer", "text": "Hello?", "customer": story.customer()}
    story.tell_broken("chat", value, "missing_field")


def nobody(story: Story) -> None:
    """A call from a withheld number."""
    value = {
        "occurred_at": story.now, "call_id": story.own_id("call"), "kind": "queued", "from": "anonymous",
    }  # fmt: skip
    story.tell_broken("phone", value, "no_identifier")


def _survey(story: Story, **changed: object) -> dict[str, object]:
    value = {
        "occurred_at": story.now, "response_id": story.own_id("a"), "metric": "nps", "score": 8,
        "customer": story.customer(),
    }  # fmt: skip
    return value | changed


def naive(story: Story) -> None:
    """A time without an offset."""
    story.tell_broken("survey", _survey(story, occurred_at="2026-03-01T09:30:00"), "naive_time")


def long_ago(story: Story) -> None:
    """A clock that was never set."""
    story.tell_broken("survey", _survey(story, occurred_at="1970-01-01T00:00:07Z"), "too_old")


def far_ahead(story: Story) -> None:
    """A clock that was set wrongly."""
    story.tell_broken("survey", _survey(story, occurred_at="2100-01-01T00:00:00Z"), "in_the_future")


def strange_channel(story: Story) -> None:
    """A channel that no policy lists."""
    value = {
        "occurred_at": story.now,
        "channel": "carrier_pigeon",
        "text": "Coo.",
        "customer": story.customer(),
    }
    story.tell_broken("other", value, "unknown_channel")


def off_the_scale(story: Story) -> None:
    """NPS 11."""
    story.tell_broken("survey", _survey(story, score=11), "out_of_scale")


def no_number(story: Story) -> None:
    """A score that is not a number."""
    story.tell_broken("survey", _survey(story, score=float("nan")), "not_finite")


def strange_sender(story: Story) -> None:
    """A message written by nobody we know of."""
    value = {
        "occurred_at": story.now, "session_id": story.own_id("s"), "sender": "parrot", "text": "Hello.",
        "customer": story.customer(),
    }  # fmt: skip
    story.tell_broken("chat", value, "unknown_value")
