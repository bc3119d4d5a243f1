"""Two signals that are grammar rather than lists: the customer asks for a person, the company says no.

Rule 1. Asking is a wish, a request or a failed try ("let me talk to someone", "can't get through to a human"); telling
        of a person who was reached is not ("I spoke to an agent yesterday").
Rule 2. A company's no is counted each time it is said: can't, won't, don't, unable, not possible. Set phrases that
        refuse nothing ("don't worry", "don't hesitate") do not count.
Rule 3. Every pattern is linear in the text in practice: no repetition stands inside another over the same characters.
"""

import re

from pipeline.language.phrases import folded

_PERSON = (
    r"(?:human(?: being)?|person|people|agent|advis[oe]r|representative|rep|operator|manager|supervisor|team leader"
    r"|someone|somebody|anyone|anybody|customer (?:service|services|care|support)|member of staff|staff)\b(?!')"
)
_WHICH = (
    r"(?:(?:a|an|the|your|some|any|one|of|actual|real|live|proper|human|customer|service|services|support|care|senior"
    r"|another|different|duty|line|call cent(?:re|er)) ){0,4}"
)
_TO = r"(?:directly )?(?:to|with) "
_ASKS = re.compile(
    r"(?<!able to )(?<!managed to )(?<!got to )(?<!did )(?<!didn't )"
    rf"\b(?:speak|talk|chat) {_TO}{_WHICH}{_PERSON}"
    r"|\b(?:connect|transfer|put|pass|hand|switch|get|give|patch) (?:me|us) (?:over |through |on |straight )?"
    rf"(?:{_TO})?{_WHICH}{_PERSON}"
    r"|\b(?:can't|cannot|cant|couldn't|unable to|not able to|never able to|impossible to|no way to|trying to|tried to"
    rf"|try to) (?:even |ever )?(?:(?:speak|talk|chat) {_TO}|reach |contact |get hold of |get through to |get to )"
    rf"{_WHICH}{_PERSON}"
    rf"|\b(?:want|need|prefer|demand|request|can i get|can i have|could i get|could i have|how do i (?:reach|contact))"
    r" (?:(?:a|an|the|your|actual|real|live|proper|human|senior) ){0,3}"
    r"(?:human|person|agent|advis[oe]r|representative|operator|manager|supervisor)\b(?!')"
    r"|\b(?:have|need|want|get) (?:someone|somebody|a person|a human|an agent|a manager) (?:to )?"
    r"(?:call|ring|phone|contact)\b"
    rf"|\b(?:is|are) there {_WHICH}(?:human|person|people|agent|anyone|anybody|someone)\b"
)
_REAL_PERSON = re.compile(r"\b(?:real|actual|live) (?:human|person|people|agent|operator|representative)\b")
_REACHED = re.compile(r"\b(?:spoke|spoken|talked|chatted|was|were|helped|answered|finally|thank|thanks|got)\b")
_ONLY_A_PERSON = re.compile(
    r"\W*(?:(?:a|the|please|pls|now|real|live|human|person|agent|representative|operator|advis[oe]r|customer service)\b"
    r"\W*)+"
)
_BARE = re.compile(r"\b(?:human|person|agent|representative|operator|advis[oe]r|customer service)\b")

_WORDS_FOR_A_PERSON = (
    "human", "person", "people", "agent", "advis", "rep", "operator", "manager", "supervisor", "leader", "someone",
    "somebody", "anyone", "anybody", "customer", "staff",
)  # fmt: skip
_NO = re.compile(
    r"\b(?:can't|cannot|cant|can not|couldn't|could not|won't|wont|will not|wouldn't"
    r"|(?:don't|do not|dont|doesn't|does not)(?! (?:worry|hesitate|mind|forget|be afraid))"
    r"|unable to|not able to|not possible|impossible|not allowed|not permitted|not eligible|nothing (?:i|we) can do)\b"
)


def asks_human(text: str) -> bool:
    """Say whether the customer asks for a person (rule 1)."""
    said = folded(text)
    if not any(word in said for word in _WORDS_FOR_A_PERSON):  # a tenth of the patterns' time, and mostly the answer
        return False
    if _ASKS.search(said):
        return True
    if _REAL_PERSON.search(said):
        return not _REACHED.search(said)
    return _ONLY_A_PERSON.fullmatch(said) is not None and _BARE.search(said) is not None


def negations(text: str) -> int:
    """Count how often the company says no (rule 2)."""
    return len(_NO.findall(folded(text)))
