"""Words that may be shown: what names a person or an account is replaced by a mark, then the text is cut.

Rule 1. Marks say what stood there: ‹email› ‹phone› ‹card› ‹account› ‹number› ‹secret› ‹name› ‹query›.
Rule 2. Six digits or more, however grouped, never stay, nor six spelled in a row ("zero seven nine ..."). A mark of
        its own is given to 13-19 digits that pass the Luhn check (card), to letters and digits that pass IBAN's
        mod 97 (account), and to a phone number (a leading +, or valid in the region). Dates go too: a date of birth is
        a password to many companies. Amounts with thousands ("1,250.00") stay; so do five digits: a price, a house.
Rule 3. Redaction comes before the cut, and a text too long to redact whole is shortened at white space, its last
        digits dropped, so no cut leaves half a number readable.
Rule 4. Redacting twice is redacting once. The result is one line without control or direction characters.
Known limits: a name is found only after "my name is"; an address not at all. A supervisor's eyes are the audience.
"""

import re
from functools import partial

import phonenumbers

MOST_READ = 4  # times `at_most`: marks are shorter than what they hide, so more is read than is shown
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x9f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
_SURROGATE = re.compile("[\ud800-\udfff]")

_GAP = r"[\s\-‐-―−.,/()_|+\u200c\u200d]{0,3}"
_RUN = re.compile(rf"[+(]{{0,2}}\d(?:{_GAP}\d){{5,}}")
_MONEY = re.compile(r"\d{1,3}(?:,\d{3}){1,2}(?:\.\d{1,2})?")
_QUERY = re.compile(r"(?:(?<=://)|(?<=www\.))([^\s?#]{1,400})[?#][^\s…]+|(?<=\S)\?[^\s…]*=[^\s…]*")
_EMAIL = re.compile(r"[^\s@<>‹›()\[\],;:\"…]+@[^\s@<>‹›()\[\],;:\"…]+")
_SPOKEN_EMAIL = re.compile(
    r"\b[\w.+-]+(?: dot [\w.+-]+){0,3} ?[(\[]?\bat\b[)\]]? ?[\w-]+(?: ?[(\[]?\bdot\b[)\]]? ?\w+)+", re.IGNORECASE
)
_IBAN = re.compile(r"(?<![^\W\d_])[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]){11,30}\b")
_DIGIT = r"(?:zero|oh|nought|one|two|three|four|five|six|seven|eight|nine|double|triple)"
_SPOKEN_RUN = re.compile(rf"(?<![^\W\d_]){_DIGIT}(?:[\s,.-]{{1,3}}{_DIGIT}){{5,}}\b", re.IGNORECASE)
_SECRET = re.compile(
    r"(?<![^\W\d_])((?:pin|cvv2?|cvc2?|otp|pass ?code|security code|password|access code)"
    r"(?: (?:number|code))?(?: (?:is|was))?[ :=#]{1,3})"
    r"[^\s‹›]*\d[^\s‹›]*",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"(?<![^\W\d_])(my (?:full |first |last )?name(?:'s|’s| is)[ :]+)"
    r"((?!my\b)[^\W\d_][\w'’.-]*)((?: (?!my\b)[^\W\d_][\w'’.-]*){0,3})",
    re.IGNORECASE,
)
_NO_NAMES = frozenset({  # what follows "my name is" and is no name
    "a", "also", "an", "and", "as", "at", "because", "but", "by", "calling", "called", "correct", "for", "from",
    "here", "i", "i'm", "in", "incorrect", "is", "it", "misspelled", "missing", "my", "not", "now", "of", "on",
    "or", "so", "spelled", "spelt", "still", "that", "the", "there", "this", "to", "under", "with", "wrong",
    "you", "your",
})  # fmt: skip
_SUSPECT = re.compile(r"[\d@=]|://|www\.", re.IGNORECASE)
_SUSPECT_WORDS = frozenset({
    "zero", "oh", "nought", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "double", "triple",
    "dot", "(dot)", "[dot]", "name", "name's", "name’s", "name:",
})  # fmt: skip

_LUHN_DIGITS = range(13, 20)
_PHONE_DIGITS = range(7, 16)
_SHORTEST_IBAN = 15


def redacted(text: str, at_most: int = 280, region: str | None = None) -> str:
    """Return the text as it may be shown: one line of at most `at_most` characters (1 or more), cut at a word with `…`.

    `region` (as "GB") is where a phone number without its country is dialled. Raises ValueError for `at_most` below 1.
    """
    if at_most < 1:
        raise ValueError(f"at_most = {at_most!r}: allowed is 1 or more characters")
    window = _window(text, MOST_READ * at_most + 40)
    whole = len(window) == len(text)
    if not window.isprintable():
        window = _SURROGATE.sub("\ufffd", _CONTROL.sub("", window))
    line = " ".join(window.split())
    if _may_hold_something(line):
        before = ""
        while line != before:  # a mark makes a word's edge where none was; it ends, as each round hides characters
            before, line = line, _hidden(line, region)
    if len(line) <= at_most and whole:
        return line
    return _cut(line, at_most)


def _window(text: str, most: int) -> str:
    """Return the beginning of a text, without a last word or number that may be half."""
    if len(text) <= most:
        return text
    begun = text[:most]
    words, _, _ = begun.rpartition(" ")
    if not words:
        return begun
    return words[: next((at + 1 for at in range(len(words) - 1, -1, -1) if words[at].isalpha()), 0)]


def _cut(line: str, at_most: int) -> str:
    if len(line) < at_most:
        return f"{line}…"
    blank = line.rfind(" ", 0, at_most)
    if blank > 0:
        return line[:blank].rstrip() + "…"
    begun = line[: at_most - 1]
    mark = begun.rfind("‹")
    return (begun[:mark] if mark >= 0 and "›" not in begun[mark:] else begun) + "…"  # half a mark says nothing


def _may_hold_something(line: str) -> bool:
    """Say whether the patterns are worth their time: mostly they are not, and this is a tenth of it."""
    if _SUSPECT.search(line):
        return True
    words = line.casefold().replace(",", " ").replace(".", " ").replace("-", " ").split()
    return not _SUSPECT_WORDS.isdisjoint(words)


def _hidden(line: str, region: str | None) -> str:
    line = _QUERY.sub(lambda found: f"{found.group(1) or ''}?‹query›", line)
    line = _EMAIL.sub("‹email›", line)
    line = _SPOKEN_EMAIL.sub("‹email›", line)
    line = _SECRET.sub(r"\1‹secret›", line)
    line = _IBAN.sub(_account, line)
    line = _RUN.sub(partial(_run, region=region), line)
    line = _SPOKEN_RUN.sub("‹number›", line)
    return _NAME.sub(_name, line)


def _account(found: re.Match[str]) -> str:
    """Mark the longest beginning, at a word's end, that passes mod 97; the words after an IBAN look like more of it."""
    said = found.group()
    ends = [at for at in range(len(said), 0, -1) if at == len(said) or not said[at].isalnum()]
    for end in ends:
        plain = [letter for letter in said[:end] if letter.isalnum()]
        if len(plain) < _SHORTEST_IBAN:
            break
        if int("".join(str(int(letter, 36)) for letter in plain[4:] + plain[:4])) % 97 == 1:
            return "‹account›" + said[end:]
    return said


def _run(found: re.Match[str], region: str | None) -> str:
    said = found.group()
    if _MONEY.fullmatch(said):
        return said
    digits = [int(letter) for letter in said if letter.isdecimal()]
    if len(digits) in _LUHN_DIGITS and _passes_luhn(digits):
        return "‹card›"
    if len(digits) in _PHONE_DIGITS and _is_phone(said, region):
        return "‹phone›"
    return "‹number›"


def _passes_luhn(digits: list[int]) -> bool:
    doubled = (digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[-2::-2])  # noqa: PLR2004 -- 2 × 5 has two digits
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_phone(said: str, region: str | None) -> bool:
    if "+" in said[:2]:
        return True
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(said, region))
    except phonenumbers.NumberParseException:
        return False


def _name(found: re.Match[str]) -> str:
    first, others = found.group(2), found.group(3).split()
    if first.casefold() in _NO_NAMES:
        return found.group()
    for place, word in enumerate(others):
        if word.casefold() in _NO_NAMES:
            return " ".join([f"{found.group(1)}‹name›", *others[place:]])
        if first[0].isupper() and not word[0].isupper():
            return " ".join([f"{found.group(1)}‹name›", *others[place:]])
    return f"{found.group(1)}‹name›"
