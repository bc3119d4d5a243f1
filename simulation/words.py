"""What the invented people say. Patterns are those of `simulation.phrases`; none of it was said by anyone.

Rule 1. Calm words carry no anger, and angry words are plain: several negative words in every sentence.
Rule 2. A trouble's words name its topic in every customer's first sentence, so that two contacts can be seen
        to be about the same thing; words of different troubles name different topics.
"""
# ruff: noqa: E501 -- a pattern is read as one line

from dataclasses import dataclass

PRODUCTS = (
    "kettle", "desk lamp", "rain jacket", "bread maker", "garden hose", "rucksack", "coffee grinder", "wool blanket",
    "bicycle pump", "radio", "office chair", "tent", "toaster", "pair of boots", "water filter", "bookcase",
)  # fmt: skip
TOWNS = ("Fernby", "Oxmere", "Little Marsh", "Holt Cross", "Penbridge", "Stanwick", "Upper Dell", "Wexcombe")
HELLO = "{|||Hi. |Hello. |Good morning. |Hello there. |Hi, <agent_name> is it? }"
BYE = "{Thanks.|Thank you.|OK, bye.|Right, thanks.|Good, bye.|All clear, thank you.}"


@dataclass(frozen=True, slots=True)
class Trouble:
    """The words of one trouble. `first` opens it, `again` comes back with it, `angry` is the end of patience."""

    topic: str
    subject: str
    first: str
    more: str
    again: str
    angry: str
    company: str


PARCEL = Trouble(
    topic="delivery",
    subject="{Where is my parcel <order>?|Parcel <order> has not come|Delivery of order <order>}",
    first="My {parcel|delivery|package} {<order>|with the <product>|for order <order>} {was due on <day>|should have come <day>"
    "|was promised for <day>} and {it has not come|nothing has come|I still wait for it}.",
    more="{The tracking says {it is at the depot in <town>|it left <town> <days> days ago|nothing since <day>}.|The courier left no card."
    "|I was at home {the whole day|from eight to six}.|My neighbour has no parcel either.}",
    again="I {wrote|called|asked} {<days> days ago|on <day>|before} about the same late {delivery|parcel|package}, order <order>, "
    "and it {is still not here|has still not arrived|has not come yet}.",
    angry="{This is a terrible, useless delivery service.|What an awful, disgraceful delivery this is.|I am furious, this delivery is a horrible mess.} "
    "{Nobody cares and I hate being lied to.|You lied to me, and I am angry and disgusted.|It is the worst, most hopeless failure I know.}",
    company="{I see that the parcel is {late|held at the depot}.|The courier has it in <town>.} {We can't say when it comes.|It should come by <day>."
    "|I don't have a new date yet.}",
)
CHARGE = Trouble(
    topic="billing",
    subject="{Charged twice for order <order>|Two payments of £<amount>|Double charge on my card}",
    first="{You charged me twice|You billed me twice|I was charged twice} for {the <product>|order <order>}: "
    "£<amount> {on <day> and the same again the day after|two times on one day|and £<amount> again}.",
    more="{Please {return|refund} one of them.|The bank says that both payments are from you.|I have the invoice and the card statement here."
    "|The receipt shows one payment only.}",
    again="{I was charged twice and {still|again} wait for|You charged me twice, and this is about} the refund of £<amount>; "
    "{the promised {three|five} days are over|it was promised on <day>|my card statement shows nothing}.",
    angry="{Charging me twice is theft, and I am furious.|It is a disgusting scam to charge me twice.|You stole my money with a second charge, and I am angry.} "
    "{Your billing is a terrible, shameful failure.|I hate this horrible, dishonest billing.|This is the worst, most useless billing of all.}",
    company="{I can see two payments.|One charge looks like a duplicate.} {I won't be able to refund it today.|The refund takes {three|five} days."
    "|I have passed it to the billing team.}",
)
LOCKED = Trouble(
    topic="account_access",
    subject="{Locked out of my account|I can't log in|Account locked}",
    first="{I can't log in, my account is locked|My account is locked and I can't log in|I am locked out of my account} "
    "{since <day>|after the last password reset|after three tries}.",
    more="{The password reset link {does nothing|has expired|never comes}.|The code by text message {never comes|is refused}."
    "|I have tried two browsers.|It says wrong password each time.}",
    again="I am {still|again} locked out of my account and can't log in, {as I said on <day>|for the second time|after <days> days}.",
    angry="{I am furious that you lock me out of my account, it is awful.|Being locked out of my account is a terrible, stupid mess.} "
    "{Your horrible bot is useless and I hate it.|Nobody helps, it is the worst, most pathetic failure.|I am angry, upset and disgusted.}",
    company="{I can't unlock it from here.|I have sent a new link.} {Please check the spam folder.|It can take an hour.|The security team will look.}",
)
FAULT = Trouble(
    topic="product_quality",
    subject="{The <product> arrived broken|Faulty <product>, order <order>|<product> stopped working}",
    first="The <product> {arrived broken|is faulty|stopped working on <day>|came with a cracked side}{, order <order>|}.",
    more="{It {will not switch on|makes a grinding noise|leaks}.|The box was whole, the inside was not.|I have photographs.|It is {<days>|two} days old.}",
    again="The {replacement|second} <product> {is faulty too|is broken as well|stopped working also}.",
    angry="{A broken, useless <product> and a terrible company.|The <product> is awful, dangerous rubbish and I am angry.} "
    "{I hate it and I am disgusted.|The worst, most horrible thing I ever bought.|Shameful quality, and I feel cheated.}",
    company="{I am sending a replacement.|We can't repair it.} {It ships on <day>.|Please send the broken one back.}",
)

QUESTIONS = {
    "opening_hours": "{When is the shop in <town> open{| on Sunday}?|What are the opening hours in <town>?|Is the <town> shop open on <day>?}",
    "gift": "{Do you wrap presents?|Can you put a greeting card into the box?|Is there gift wrapping for the <product>?}",
    "advice": "{Which <product> would suit a small kitchen?|Does the <product> come in green?|How tall is the <product>?|Is the <product> in stock?}",
}
ANSWERS = "{Yes, {it is|we do}.|It is open from nine to six.|It comes in green and in grey.|We have <days> of them in {stock|<town>}.|That is a good choice.}"
THANKS = "{Lovely, thank you so much!|Great help, thanks!|Perfect, that was quick and kind.|Wonderful service, thank you.|Brilliant, I am very happy.}"
PRAISE = (
    "{Great <product>, {love it|very happy|works perfectly}.|I love the <product>, excellent quality.|Wonderful {service|shop}, friendly and fast.} "
    "{Would gladly buy again.|Happy to recommend it.|Best buy this year.|My family enjoys it every day.}"
)
MEH = "{It is all right.|Does what it says.|Neither here nor there.|As described.}"
HUMAN = "{I want to speak to a human.|Can I talk to a real person, please?|Please put me through to an agent.|Let me talk to a person.}"
BOT = (
    "{I am the assistant.|Hello, this is the assistant.} {You can reset the password on the login page.|Did that answer the question?"
    "|Please choose one of the topics below.|I did not catch that.}"
)
HOLD_ON = "{One moment.|Let me look.|I will check that.|Bear with me.|I have the order in front of me.}"
TRANSFER = "{I will transfer you to the <team> team.|The <team> team has to look at this, I am putting you through.}"
NEWSLETTER = "{The {spring|summer|autumn|winter} catalogue is here.|New: the <product> in three colours.|A voucher of £<days> for the next order.}"
INVOICE = "Invoice {no. |}<order>: 1 <product>, £<amount>."
SIGNATURES = (
    "\n\nRegards,\n<first> <last>",
    "\n\n<first>",
    "\n\n-- \n<first> <last>\n<town>",
    "\n\nThanks\n<first>",
    "",
)
