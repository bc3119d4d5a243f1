"""Sentences, in bounded work for a text of any length and shape.

Rule 1. Of a text of more than 20,000 characters the first and the last 10,000 are read; of more than 400 emoji the
        first and the last 200. (VADER spells each emoji out, so an emoji costs as much as three words.)
Rule 2. A sentence ends at . ! ? … before white space, at a CJK stop, and at a line's end, unless the line was wrapped:
        it is 50 characters or longer, and the next begins with a small letter. "Mr." and "e.g." end nothing.
Rule 3. No sentence is longer than 600 characters, 120 words or 20 emoji: a longer one is cut, at white space where it
        has any, and not inside a number. On more than that VADER's compound tells nothing: it saturates.
Rule 4. Every sentence has a letter, an emoji or an emoticon; other scraps ("!!", "12") belong to the sentence before.
"""

import re
from collections.abc import Iterator

MOST_CHARACTERS = 20_000
MOST_EMOJI = 400
LONGEST_SENTENCE = 600
MOST_WORDS = 120
MOST_EMOJI_A_SENTENCE = 20

_EMOJI = re.compile("[\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]")
_END = re.compile(  # it begins with one class of characters, so the search is as fast as it can be, and linear
    r"""[.!?…。！？｡\n](?:(?<=[。！？｡\n])[。！？｡\n]*+|(?<![.!?…]{2})(?<!\b[DdMm][rs].)(?<!\bMrs.)(?<!\be\.g.)(?<!\bi\.e.)"""
    r"""[.!?…]*+["'”’)\]]*+(?=\s))"""
)
_WRAP = re.compile(r"(?<=[^\n]{50})\n(?=[a-z])")
_EMOTICON = re.compile(r"(?:^|\s)(?:[:;=8][-o*']?[)(\[\]/\\|<>3@]|<3|</3|[)(][-o*']?[:;=])(?=\s|$)")
_BETWEEN_WORDS = re.compile(r"(?<=[^\W\d])\s(?=[^\W\d])")
_LAST_BETWEEN_WORDS = re.compile(r".*[^\W\d]\s(?=[^\W\d])", re.DOTALL)  # greedy: the last one
_WORDS = re.compile(rf"(?:\S+\s*){{1,{MOST_WORDS}}}")


def bounded(text: str) -> tuple[str, bool]:
    """Return what is read of a text (rule 1, wrapped lines joined), and whether something was left out."""
    truncated = len(text) > MOST_CHARACTERS
    if truncated:
        half = MOST_CHARACTERS // 2
        head, tail = text[:half], text[-half:]
        starts = _BETWEEN_WORDS.search(tail, 0, LONGEST_SENTENCE)
        text = f"{head[: _blank(head, half)]}\n{tail[starts.end() if starts else 0 :]}"
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\n" in text:
        text = _WRAP.sub(" ", text)
    if len(text) > MOST_EMOJI and not text.isascii():
        found = [match.start() for match in _EMOJI.finditer(text)]
        if len(found) > MOST_EMOJI:
            half = MOST_EMOJI // 2
            first, last = found[half], found[-half - 1] + 1
            text, truncated = text[:first] + _EMOJI.sub("", text[first:last]) + text[last:], True
    return text, truncated


def sentences(text: str) -> tuple[str, ...]:
    """Return the sentences of a bounded text in order, stripped; none where nothing is said (rule 4)."""
    said: list[str] = []
    start, scraps = 0, ""
    for end in (*(match.end() for match in _END.finditer(text)), len(text)):
        piece, start = text[start:end].strip(), end
        if not piece:
            continue
        if not _says_something(piece):
            if said and _fits(said[-1], piece):
                said[-1] = f"{said[-1]} {piece}"
            elif not said and _fits(scraps, piece):
                scraps = f"{scraps}{piece} "
            continue
        if scraps:
            piece, scraps = scraps + piece, ""
        if len(piece) <= MOST_EMOJI_A_SENTENCE:
            said.append(piece)
        else:
            said.extend(_cut(piece))
    return tuple(said)


def _says_something(piece: str) -> bool:
    return (
        any(map(str.isalpha, piece))
        or (not piece.isascii() and _EMOJI.search(piece) is not None)
        or _EMOTICON.search(piece) is not None
    )


def _blank(text: str, limit: int) -> int:
    """Return where to cut before `limit`: between two words without digits, so that no number is halved, else there."""
    found = _LAST_BETWEEN_WORDS.match(text, max(0, limit - LONGEST_SENTENCE), limit)
    if found:
        return found.end()
    blank = max(text.rfind(" ", 0, limit), text.rfind("\t", 0, limit))
    return blank + 1 if blank > 0 else limit


def _fits(sentence: str, scrap: str) -> bool:
    return len(sentence) + len(scrap) < LONGEST_SENTENCE and len(sentence.split()) + len(scrap.split()) <= MOST_WORDS


def _cut(sentence: str) -> Iterator[str]:
    """Cut a sentence until every part is within rule 3."""
    rest = sentence
    while rest:
        limit = len(rest)
        if limit > MOST_WORDS:  # fewer characters than this cannot hold too many words
            words = _WORDS.match(rest)
            limit = words.end() if words else limit
        if min(limit, LONGEST_SENTENCE) < len(rest):
            limit = _blank(rest, min(limit, LONGEST_SENTENCE))
        if not rest.isascii():
            emoji = [match.end() for match in _EMOJI.finditer(rest, 0, limit)]
            if len(emoji) > MOST_EMOJI_A_SENTENCE:
                limit = emoji[MOST_EMOJI_A_SENTENCE - 1]
        part, rest = rest[:limit].strip(), rest[limit:].strip()
        if part:
            yield part
