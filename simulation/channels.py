"""How each source tells of a contact: chats, calls, e-mails, reviews, surveys, and the rest.

Rule 1. A step returns the `Contact` where the customer came to the company, for the plot to come back to.
Rule 2. Time passes inside a step as it would: seconds between chat lines, minutes in a call.
"""

from collections.abc import Sequence
from datetime import timedelta

from simulation import words
from simulation.people import agent
from simulation.story import Contact, Story

Line = tuple[str, str]
SECONDS, MINUTES = timedelta(seconds=1), timedelta(minutes=1)
ANSWERED_WITHIN = 0.5


def chat(story: Story, lines: Sequence[Line], *, queue: str = "support", rating: int | None = None) -> Contact:
    """Tell a chat session. `lines` are (sender, pattern); the first customer's line says what it is about."""
    session = story.own_id("s")
    helper = agent(story.dice) if any(sender == "agent" for sender, _ in lines) else None
    shared: dict[str, object] = {"session_id": session, "customer": story.customer("chat"), "queue": queue}
    first = story.tell("chat", session, shared | {"kind": "started"})
    about = first
    for place, (sender, pattern) in enumerate(lines, 1):
        shared["customer"] = story.customer("chat", place)
        story.rest(5 * SECONDS, 70 * SECONDS)
        extra = {"agent": helper} if sender == "agent" else {}
        said = story.tell("chat", session, shared | extra | {"sender": sender, "text": story.says(pattern)})
        about = said if sender == "customer" and about == first else about
    story.rest(5 * SECONDS, 40 * SECONDS)
    end: dict[str, object] = {"kind": "ended", "customer": story.customer("chat", len(lines) + 1)}
    if rating is not None:
        end["rating"] = {"score": rating, "scale_min": 1, "scale_max": 5}
    last = story.tell("chat", session, shared | end)
    if rating is not None and rating <= 2:  # noqa: PLR2004 -- the issue's own rule: CSAT 1-2 of 5 is a detractor
        story.alert(last, "chat", "csat")
    return Contact("chat", session, first, about)


def call(
    story: Story,
    lines: Sequence[Line],
    *,
    queue: str = "support",
    abandoned: bool = False,
    continues: str | None = None,
) -> Contact:
    """Tell a telephone call, as one finished call or in its parts, as the story's dice have it."""
    told = finished_call if story.dice.random() < ANSWERED_WITHIN else call_in_parts
    return told(story, lines, queue=queue, abandoned=abandoned, continues=continues)


def finished_call(
    story: Story, lines: Sequence[Line], *, queue: str, abandoned: bool = False, continues: str | None = None
) -> Contact:
    """Tell a call as a call-detail export has it: one event."""
    dice, call_id, began = story.dice, story.own_id("call"), story.now
    answered = None if abandoned else began + dice.randrange(4, 400) * SECONDS
    helper = agent(dice)
    value: dict[str, object] = {
        "call_id": call_id,
        "kind": "call",
        "direction": "inbound",
        "from": story.who.phone or "anonymous",
        "customer": story.customer("phone"),
        "queued_at": began,
        "queue": queue,
        "outcome": "abandoned" if abandoned else "answered",
        "transferred_from": continues,
        "ended_at": began + dice.randrange(30, 240) * SECONDS,
    }
    if answered is not None:
        spoken = [{"speaker": speaker, "text": story.says(pattern)} for speaker, pattern in lines]
        value |= {
            "answered_at": answered,
            "ended_at": answered + (60 + 25 * len(lines)) * SECONDS,
            "hold_seconds": float(dice.choice((0, 0, 35, 90, 240))),
            "transfers": 0,
            "agents": [helper],
            "transcript": spoken,
        }
    name = story.tell("phone", call_id, value)
    ended = value["ended_at"]
    story.now = ended if isinstance(ended, timedelta) else story.now
    return Contact("phone", call_id, name, name)


def call_in_parts(
    story: Story, lines: Sequence[Line], *, queue: str, abandoned: bool = False, continues: str | None = None
) -> Contact:
    """Tell a call as it happens: queued, answered, said, perhaps held, ended."""
    dice, call_id = story.dice, story.own_id("call")
    helper = agent(dice)
    shared: dict[str, object] = {
        "call_id": call_id,
        "direction": "inbound",
        "from": story.who.phone or "anonymous",
        "customer": story.customer("phone"),
        "queue": queue,
    }
    opening = shared | {"kind": "queued"} | ({"transferred_from": continues} if continues else {})
    first = story.tell("phone", call_id, opening)
    about = first
    story.rest(4 * SECONDS, 5 * MINUTES)
    if not abandoned:
        story.tell("phone", call_id, shared | {"kind": "answered", "agent": helper})
        for place, (speaker, pattern) in enumerate(lines):
            story.rest(8 * SECONDS, 45 * SECONDS)
            heard = {"kind": "said", "speaker": speaker, "text": story.says(pattern)}
            extra = {"agent": helper} if speaker == "agent" else {}
            said = story.tell("phone", call_id, shared | extra | heard)
            about = said if speaker == "customer" and about == first else about
            if place == 1 and dice.random() < 0.3:  # noqa: PLR2004 -- three calls in ten know a hold
                story.tell("phone", call_id, shared | {"kind": "held", "agent": helper, "hold_seconds": 60.0})
                story.now += 60 * SECONDS
        story.rest(3 * SECONDS, 20 * SECONDS)
    story.tell("phone", call_id, shared | {"kind": "ended", "outcome": "abandoned" if abandoned else "answered"})
    return Contact("phone", call_id, first, about)


def email(story: Story, pattern: str, subject: str, *, quoting: str = "") -> Contact:
    """Tell an e-mail of the customer that opens a thread."""
    message = f"<{story.own_id('m')}@{story.who.email.split('@')[1]}>"
    body = story.says(words.HELLO + pattern + story.dice.choice(words.SIGNATURES)) + quoting
    sender = f"{story.who.first} {story.who.last} <{story.who.email}>"
    value: dict[str, object] = {
        "message_id": message,
        "from": sender,
        "to": ["help@example.net"],
        "subject": story.says(subject),
        "body": body,
        "customer": story.customer("email"),
    }
    name = story.tell("email", message, value)
    return Contact("email", message, name, name)


def reply(story: Story, thread: Contact, pattern: str, *, by_customer: bool = False) -> str:
    """Tell an answer within a thread, by the company or by the customer, and return the event's id."""
    message = f"<{story.own_id('m')}@example.net>"
    addresses: dict[str, object] = (
        {"direction": "inbound", "from": story.who.email, "to": ["help@example.net"]}
        if by_customer
        else {"direction": "outbound", "from": "help@example.net", "to": [story.who.email]}
    )
    quoted = "\n\nOn Monday, somebody wrote:\n> Could you tell us the number of the order?\n> Thank you."
    value = addresses | {
        "message_id": message,
        "in_reply_to": thread.own_id,
        "references": [thread.own_id],
        "subject": "Re: " + story.says("your message about <order>"),
        "body": story.says(pattern) + (quoted if by_customer else ""),
        "customer": story.customer("email"),
    }
    return story.tell("email", message, value)


def outbound(story: Story, pattern: str) -> None:
    """Tell an e-mail that the company sends of its own accord."""
    message = f"<{story.own_id('m')}@example.net>"
    value: dict[str, object] = {
        "message_id": message,
        "direction": "outbound",
        "from": "news@example.net",
        "to": [story.who.email],
        "subject": story.says("News for <first>"),
        "body": story.says(pattern),
        "customer": story.customer("email"),
    }
    story.tell("email", message, value)


def review(story: Story, stars: int, pattern: str) -> Contact:
    """Tell a review with stars; two or fewer of five are a detractor's."""
    review_id = story.own_id("r")
    value: dict[str, object] = {
        "site": story.dice.choice(("shoptalk", "starboard", "appshelf")),
        "review_id": review_id,
        "author": story.who.handle,
        "stars": stars,
        "title": story.says("{About my <product>|My <product>|Order <order>|A customer from <town>}"),
        "body": story.says(pattern),
        "customer": story.customer("review"),
    }
    name = story.tell("review", review_id, value)
    if stars <= 2:  # noqa: PLR2004 -- the issue's own rule: 1-2 of 5 stars is a detractor
        story.alert(name, "review", "stars")
    return Contact("review", review_id, name, name)


def survey(story: Story, metric: str, score: int, about: Contact | None, comment: str | None = None) -> None:
    """Tell a survey's answer; the issue's own limits say who is a detractor: NPS 0-6, CSAT 1-2, CES 1-3."""
    response = story.own_id("a")
    value: dict[str, object] = {
        "response_id": response,
        "metric": metric,
        "score": score,
        "customer": story.customer("survey"),
    }
    if comment:
        value["comment"] = story.says(comment)
    if about is not None and about.source in {"chat", "phone", "email"}:
        value |= {"about_source": about.source, "about_id": about.own_id}
    name = story.tell("survey", response, value)
    if score <= {"nps": 6, "csat": 2, "ces": 3}[metric]:
        story.alert(name, "survey", metric)


def other(story: Story, channel: str, pattern: str, *, conversation: str | None = None) -> str:
    """Tell a touchpoint of another channel, and return its event id."""
    key = conversation or story.own_id("o")
    value: dict[str, object] = {
        "channel": channel,
        "text": story.says(pattern),
        "customer": story.customer(),
        "conversation_id": conversation,
    }
    return story.tell("other", key, value)
