"""What somebody wrote today: an e-mail's body without what it quotes and without its signature.

Rule 1. Lines that begin with `>` are quoted.
Rule 2. From the first header of an earlier message on ("On … wrote:", "From: … Sent: …") all is quoted. A
        body that begins with one is answered below: if the lines under it were quoted by `>`, what remains
        is today's words; if not, it is a forwarded message and nothing of it is today's.
Rule 3. A signature runs to the end: `-- `, a line of dashes, "Sent from my …", or a sign-off ("Kind
        regards"). A line that goes on like a sentence ("Thanks, but I am still waiting.") is no sign-off.
Rule 4. The work is bounded, whatever the body: the patterns are `mail-parser-reply`'s (which knows how mail
        clients of many languages write these lines), and some take quadratic or cubic time in the length of
        a line or of a run of empty lines (measured: 16,000 new lines 25 s, one line of 16,000 characters 10
        s). So they see an outline: the first `OUTLINE` characters, lines cut to `LINE`, runs of empty lines
        cut to two. It has the body's lines, so what they find in it is cut from the body itself.
"""

import re

from mailparser_reply.parser import EmailMessage

OUTLINE = 16_000
"""Characters that are searched for headers and signatures: some six pages before the first quotation."""
LINE = 160
"""Characters of a line that are searched. An "On … wrote:" with date, name and address has about 100."""
_SIGN_OFF_WORDS = 6
_SIGN_OFFS_TRIED = 20  # each search reads to the end
_EMPTY_RUN = re.compile(r"\n{3,}")
_LANGUAGES = ["en", "de", "es", "fr", "it", "nl", "pl"]
"""Those of the library's whose sign-offs begin no English words (Danish "Tak" would cut "Take me off")."""
_PATTERNS = EmailMessage(text="", languages=_LANGUAGES, keep_hyphen_lists=True)
_HEADER = _PATTERNS.HEADER_REGEX
_SIGNATURE = _PATTERNS.SIGNATURE_REGEX


def todays_words(body: str) -> str:
    """Return the words that the sender of this body wrote; empty if all of it is quoted or a signature."""
    lines = [line.strip() for line in body.split("\n")]
    unquoted = "\n".join(line for line in lines if not line.startswith(">"))
    quotes_marked = any(line.startswith(">") for line in lines)
    text = _EMPTY_RUN.sub("\n\n", unquoted).strip()
    header = _HEADER.search(_outline(text))
    if header is not None:
        above, below = _cut(text, header.start()), _after(text, header.end())
        text = above or (below if quotes_marked else "")
    return _unsigned(text)


def _outline(text: str) -> str:
    return "\n".join(line[:LINE] for line in text[:OUTLINE].split("\n"))


def _cut(text: str, at: int) -> str:
    """Return the lines of the text above the line in which the outline's position lies."""
    return "\n".join(text.split("\n")[: _line_at(text, at)]).strip()


def _after(text: str, at: int) -> str:
    """Return the lines of the text below the line in which the outline's position lies."""
    return "\n".join(text.split("\n")[_line_at(text, at) + 1 :]).strip()


def _line_at(text: str, at: int) -> int:
    outline = _outline(text)
    begun = at + 1 if outline[at : at + 1] == "\n" else at  # some patterns begin with the new line before their own
    return outline.count("\n", 0, begun)


def _unsigned(text: str) -> str:
    outline = _outline(text)
    at = 0
    for _ in range(_SIGN_OFFS_TRIED):
        found = _SIGNATURE.search(outline, at)
        if found is None:
            break
        line = found.group().strip().split("\n", 1)[0]
        if len(line.split()) <= _SIGN_OFF_WORDS and not line.endswith((".", "?", "!")):
            begun = found.start() + len(found.group()) - len(found.group().lstrip())
            return _cut(text, begun)
        at = outline.find(line, found.start()) + len(line)
    return text
