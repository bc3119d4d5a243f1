"""The plots: what happens to an invented customer, and what a supervisor should hear of it.

Rule 1. `story.returns(b, a)` is said where contact b comes within seven days of contact a;
        not for a hand-over, an answer of the company, or a contact after more than seven days.
Rule 2. Rests between contacts are hours, or well over seven days: nothing stands near a boundary.
Rule 3. Identifiers are the manner's affair, not the plot's: a plot says what is true of the person, and `Answers` what
        of it can be known.
Rule 4. `story.alert` is said where the customer scores low, or where every sentence of the words is angry.
"""

from collections.abc import Callable
from datetime import timedelta

from simulation import channels, poison, words
from simulation.channels import Line
from simulation.story import Contact, Story
from simulation.words import CHARGE, FAULT, HELLO, LOCKED, PARCEL, Trouble

HOURS, DAYS, MINUTES = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)


def _talk(trouble: Trouble, *, again: bool = False) -> list[Line]:
    opening = trouble.again if again else trouble.first
    return [
        ("customer", HELLO + opening),
        ("agent", words.HOLD_ON),
        ("customer", trouble.more),
        ("agent", trouble.company),
        ("customer", words.BYE),
    ]


def late_parcel(story: Story) -> None:
    """A parcel is late: a chat, a call about it, and in the end an angry review of one or two stars."""
    chat = channels.chat(story, _talk(PARCEL), queue="delivery")
    story.rest(3 * HOURS, 40 * HOURS)
    call = channels.call(story, _talk(PARCEL, again=True), queue="delivery")
    story.returns(call, chat, same_topic=True)
    story.rest(4 * HOURS, 60 * HOURS)
    review = channels.review(story, story.dice.choice((1, 1, 2)), PARCEL.angry)
    story.returns(review, call, same_topic=True)
    story.returns(review, chat, same_topic=True)


def double_charge(story: Story) -> None:
    """A double charge: an invoice, an e-mail thread, a call after days, a survey about the call."""
    channels.other(story, "invoice", words.INVOICE)
    story.rest(20 * HOURS, 30 * HOURS)
    thread = channels.email(story, CHARGE.first + " " + CHARGE.more, CHARGE.subject)
    story.rest(1 * HOURS, 5 * HOURS)
    channels.reply(story, thread, CHARGE.company)
    story.rest(1 * HOURS, 3 * HOURS)
    channels.reply(story, thread, CHARGE.more, by_customer=True)
    story.rest(30 * HOURS, 90 * HOURS)
    call = channels.call(story, _talk(CHARGE, again=True), queue="billing")
    story.returns(call, thread, same_topic=True)
    story.rest(1 * HOURS, 6 * HOURS)
    channels.survey(story, "csat", story.dice.choice((1, 2)), call)


def locked_out(story: Story) -> None:
    """A locked account: a chat with nobody but the bot, a call that is given up, then NPS 2."""
    bot: list[Line] = [
        ("bot", words.BOT), ("customer", LOCKED.first), ("bot", words.BOT), ("customer", words.HUMAN),
        ("bot", words.BOT),
    ]  # fmt: skip
    chat = channels.chat(story, bot, queue="bot")
    story.rest(2 * HOURS, 9 * HOURS)
    call = channels.call(story, (), queue="accounts", abandoned=True)
    story.returns(call, chat, same_topic=False)
    story.rest(8 * HOURS, 20 * HOURS)
    channels.survey(story, "nps", 2, None, LOCKED.more)


def angry_chat(story: Story) -> None:
    """A locked account again: a chat in which every word is angry; nobody asks for a score."""
    lines: list[Line] = [("customer", LOCKED.angry), ("agent", LOCKED.company)]
    contact = channels.chat(story, lines, queue="accounts")
    story.alert(contact.topic_event_id, "chat")


def angry_mail(story: Story) -> None:
    """A broken thing: a calm e-mail, an answer, a furious new one within the week."""
    first = channels.email(story, FAULT.first + " " + FAULT.more, FAULT.subject)
    story.rest(2 * HOURS, 20 * HOURS)
    channels.reply(story, first, FAULT.company)
    story.rest(30 * HOURS, 80 * HOURS)
    second = channels.email(story, FAULT.angry, FAULT.subject)
    story.returns(second, first, same_topic=True)
    story.alert(second.first_event_id, "email")


def handed_over(story: Story) -> None:
    """A chat that becomes a call within minutes, which is transferred: one contact, nothing repeats."""
    channels.chat(story, _talk(FAULT), queue="returns")
    story.rest(2 * MINUTES, 9 * MINUTES)
    ask: list[Line] = [("customer", FAULT.more), ("agent", words.TRANSFER)]
    first = channels.call(story, ask, queue="front")
    story.rest(MINUTES / 2, 2 * MINUTES)
    channels.call(story, _talk(FAULT), queue="returns", continues=first.own_id)
    story.rest(3 * HOURS, 12 * HOURS)
    channels.survey(story, "ces", story.dice.choice((6, 7)), first)


def hard_work(story: Story) -> None:
    """A call that was solved with too much effort: CES 1 to 3."""
    call = channels.call(story, _talk(FAULT), queue="returns")
    story.rest(2 * HOURS, 10 * HOURS)
    channels.survey(story, "ces", story.dice.choice((1, 2, 3)), call)


def bad_rating(story: Story) -> None:
    """A chat rated 1 or 2 of 5 at its end."""
    channels.chat(story, _talk(CHARGE), queue="billing", rating=story.dice.choice((1, 2)))


def happy(story: Story) -> None:
    """A question, a kind answer, thanks, and a good score or a good review."""
    contact = _question(story, "advice")
    story.rest(3 * HOURS, 30 * HOURS)
    if story.dice.random() < 0.5:  # noqa: PLR2004 -- half of the happy ones write a review
        review = channels.review(story, story.dice.choice((4, 5)), words.PRAISE)
        story.returns(review, contact, same_topic=False)
    else:
        channels.survey(story, "nps", story.dice.choice((9, 10)), contact)


def another_matter(story: Story) -> None:
    """Back within days, about something else: repeats on any topic, not on the same."""
    first = _question(story, "opening_hours")
    story.rest(5 * HOURS, 60 * HOURS)
    second = channels.call(story, _talk(FAULT), queue="returns")
    story.returns(second, first, same_topic=False)


def long_after(story: Story) -> None:
    """The same trouble twice, nine days apart: not a repeat. The company's own news comes in between."""
    channels.chat(story, _talk(PARCEL), queue="delivery")
    story.rest(2 * DAYS, 4 * DAYS)
    channels.outbound(story, words.NEWSLETTER)
    story.now += 5 * DAYS + 12 * HOURS
    channels.call(story, _talk(PARCEL), queue="delivery")


def content(story: Story) -> None:
    """The company's news, an invoice and a delivery; a passive score."""
    channels.outbound(story, words.NEWSLETTER)
    story.rest(1 * HOURS, 20 * HOURS)
    channels.other(story, "invoice", words.INVOICE)
    story.rest(4 * HOURS, 40 * HOURS)
    channels.survey(story, "nps", story.dice.choice((7, 8)), None, words.MEH)


def _question(story: Story, about: str) -> Contact:
    lines: list[Line] = [
        ("customer", HELLO + words.QUESTIONS[about]), ("agent", words.ANSWERS), ("customer", words.THANKS),
    ]  # fmt: skip
    return channels.chat(story, lines, queue="shop")


PLOTS: tuple[tuple[Callable[[Story], None], int], ...] = (
    (late_parcel, 14),
    (double_charge, 12),
    (locked_out, 10),
    (angry_chat, 8),
    (angry_mail, 8),
    (handed_over, 8),
    (hard_work, 5),
    (bad_rating, 5),
    (happy, 12),
    (another_matter, 6),
    (long_after, 4),
    (content, 6),
    (poison.broken_feed, 2),
)
