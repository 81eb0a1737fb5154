"""A user's own words, before they may stand in a prompt. Owns what is taken out and what doubted.

A complaint may name a text, a tone or a form, and the change that grants it must say it. What
a stranger wrote is then part of a prompt. So it is put on one line, without control characters and
without marks that a template, a markup or the quotation around it could be read by; it is bounded;
and words that read like instructions to the model are doubted, which only a person can lift.
"""

from __future__ import annotations

import re

LONGEST = 120
"""Characters of a user's own words that a prompt may carry."""

_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})
_MARKS = re.compile(r"[{}<>`|\\]|\[/?INST\]|\[\[|\]\]|#{2,}", re.IGNORECASE)
_ORDERS = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass|overrule)\b"
    r"|\b(?:ignorier\w*|vergiss|missachte\w*|ignorez|oublie[rz]?|ignora[rd]?|olvida\w*|dimentica)\b"
    r"|\b(?:system|developer)\s*(?:prompt|message|mode)\b"
    r"|\b(?:previous|above|earlier|prior|all|these|your)\s+(?:instructions?|rules?|prompts?)\b"
    r"|\byou are (?:now|no longer)\b|\bfrom now on\b|\bact as\b|\bpretend\b|\brole-?play\b"
    r"|\bjailbreak\w*|\breveal\b|\bpassword\b|\bapi.?key\b|\binstead of\b"
    r"|\bnew (?:instructions?|rules?|task)\b|\bdo not follow\b|\bstop following\b",
    re.IGNORECASE,
)
_SPEAKERS = re.compile(r"\b(?:system|assistant|user|human|ai)\s*:", re.IGNORECASE)
_ADDRESS = re.compile(r"https?:|www\.|\w@\w", re.IGNORECASE)
_SENTENCES = re.compile(r"[.!?。！？]\s*\S")


def harmless(words: str) -> str:
    """Return a user's words as a clarifier may say them: one line, no marks, straight quotes."""
    flat = "".join(c if c.isprintable() else " " for c in words)
    return " ".join(_MARKS.sub(" ", flat.translate(_QUOTES)).split())


def doubt(words: str) -> str:
    """Return why a user's words may be instructions to the model, "" where they seem to be none.

    Judged on the words as they came: what `harmless` takes out is a reason too. A false alarm
    costs a person one more look; these lists know common phrases, in English well and in a few
    other languages a little, and nothing more.
    """
    flat = " ".join(words.split())
    if _ORDERS.search(flat):
        return "they give orders about instructions"
    if _SPEAKERS.search(flat):
        return "they name a speaker, as a chat does"
    if _MARKS.search(flat) or not all(c.isprintable() for c in flat):
        return "they hold marks of a template, a markup or a control character"
    if _ADDRESS.search(flat):
        return "they hold an address"
    if len(_SENTENCES.findall(flat)) > 1:
        return "they are several sentences"
    return ""


def refusal(words: str) -> str:
    """Return why words can in no case stand in a prompt, "" where they can."""
    said = harmless(words)
    if not any(c.isalnum() for c in said):
        return "the complaint does not say what"
    if len(said) > LONGEST:
        return f"the words it names have {len(said):,} characters; a prompt takes {LONGEST}"
    return ""
