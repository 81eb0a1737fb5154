"""Measures of wording: counts of telling words and phrases, by lists of our own.

Owns the lists, which are English, and the reading grade. In another language they count little
or nothing: compare two answers with them, do not read them as absolute.
"""

from __future__ import annotations

import re

from intone.metrics.words import NUMBER, names_of, sentences_of, words_of


def _any_of(*phrases: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w'])(?:{'|'.join(phrases)})(?![\w'])", re.IGNORECASE)


_EXAMPLES = _any_of(
    "for example", "for instance", r"e\.g\.?(?=\W)", "such as", "to illustrate", "imagine",
    "an example", "take the case",
)  # fmt: skip
_REASONS = _any_of(
    "because", "therefore", "thus", "hence", "due to", "owing to", "as a result",
    "that is why", "this is why", "the reason", "consequently", "so that",
)  # fmt: skip
_CONTRASTS = _any_of(
    "however", "but", "although", "though", "whereas", "while", "on the other hand", "in contrast",
    "by contrast", "nevertheless", "yet", "despite", "unlike", "conversely",
)  # fmt: skip
_HEDGES = _any_of(
    "maybe", "perhaps", "possibly", "probably", "might", "may", "could", "seems?", "appears? to",
    "likely", "unlikely", "presumably", "apparently", "i think", "i believe", "i guess",
    "sort of", "kind of", "somewhat", "arguably", "it is possible", "in some cases", "uncertain",
    "not sure", "not certain", "doubtful",
)  # fmt: skip
_INTENSIFIERS = _any_of(
    "very", "really", "extremely", "incredibly", "amazing(?:ly)?", "absolutely", "totally",
    "truly", "highly", "remarkabl[ey]", "fantastic", "wonderful(?:ly)?", "awful(?:ly)?",
    "terribl[ey]", "huge(?:ly)?", "great(?:ly)?", "excellent", "perfect(?:ly)?", "outstanding",
    "exceptional(?:ly)?", "stunning", "horribl[ey]", "unfortunately",
    "undoubtedly", "obviously", "of course", "revolutionary", "groundbreaking",
)  # fmt: skip
_FIRST_PERSON = _any_of(
    "i", "me", "my", "mine", "myself", "we", "us", "our", "ours", "ourselves",
    "i'(?:m|ve|ll|d)", "we'(?:re|ve|ll|d)",
)  # fmt: skip
_SECOND_PERSON = _any_of(
    "you", "your", "yours", "yourself", "yourselves", "you'(?:re|ve|ll|d)"
)  # fmt: skip
_CONTRACTIONS = re.compile(
    r"(?<![\w'])(?:\w+n't|(?:i|you|we|they|he|she|it|that|there|what|who)'(?:m|re|ve|ll|d)|"
    r"(?:he|she|it|that|there|here|what|who|where|how|let)'s|gonna|wanna|gotta)(?![\w'])",
    re.IGNORECASE,
)
_PASSIVES = re.compile(
    r"(?<!\w)(?:am|is|are|was|were|be|been|being)\s+(?:not\s+|\w{1,20}ly\s+)?"
    r"(?:\w{2,20}ed|made|done|given|taken|seen|known|held|kept|built|found|put|set|written|"
    r"shown|sent|told|said|sold|bought|brought|caught|thought|taught|chosen|broken|spoken|drawn|"
    r"driven|eaten|fallen|grown|hidden|thrown|worn|lost|left|led|read|paid|cut|begun|born)(?!\w)",
    re.IGNORECASE,
)
_APOLOGIES = _any_of(
    "sorry", "apologi[sz](?:e[sd]?|ing)", "apolog(?:y|ies)", "my bad", "i regret", "we regret",
    "forgive me", "pardon me",
)  # fmt: skip
_CANNOT = (
    r"(?:can't|cannot|can not|could not|couldn't|won't|will not|"
    r"am not able to|'m not able to|am unable to|'m unable to)"
)
_REFUSALS = _any_of(
    rf"i\s?{_CANNOT}\s+(?:\w+\s+){{0,2}}?"
    r"(?:help|assist|answer|provide|do|give|comply|fulfil|fulfill|complete|discuss|create|"
    r"determine|write|generate|offer|say|tell|share|engage|support)",
    "i must decline", "i (?:have to|need to) decline", "i decline to", "i refuse to",
    "i'd rather not", "i would rather not", "unable to (?:help|assist|comply|answer)",
)  # fmt: skip
_DISCLAIMERS = _any_of(
    r"(?:as|i am|i'm) an? (?:ai|artificial intelligence|(?:large )?language model)(?:\s\w+)?",
    r"(?:consult|see|ask|contact|speak (?:to|with)|seek) (?:\w+\s+){0,3}?"
    r"(?:professionals?|doctors?|lawyers?|experts?|physicians?|specialists?|advisers?|advisors?)",
    "professional advice", "(?:medical|legal|financial) advice", "at your own risk",
    "for informational purposes", "please note that", "disclaimer", "i may be wrong",
    "my knowledge (?:ends|stops|is limited)", "my training data",
)  # fmt: skip
_PLEASANTRIES = re.compile(
    r"^[^\w\n]*(?:sure|certainly|of course|absolutely|great question|good question|hello|hi|"
    r"thank you|thanks)\s*(?:[,!.:]|there)|^[^\w\n]*(?:here (?:is|are)|here's) [^\n]{0,80}:|"
    r"(?:hope (?:this|that) helps|let me know if|feel free to|happy to help|glad to help|"
    r"if you have (?:any )?(?:more |other |further )?questions|is there anything else|"
    r"in conclusion|to sum up|in summary|good luck)",
    re.IGNORECASE | re.MULTILINE,
)
_EXCITED = re.compile("[!！\u2600-\u27bf\U0001f300-\U0001faff]")
_VOWELS = re.compile("[aeiouyàâäáãåèéêëìíîïòóôöõùúûü]+")


def examples(text: str) -> float:
    """Count the phrases that begin an example."""
    return _count(_EXAMPLES, text)


def particulars(text: str) -> float:
    """Count numbers, names and examples: what an abstract answer does without.

    A list's numbering is no particular.
    """
    bare = re.sub(r"(?m)^\s{0,20}\d{1,3}[.)]\s", "", text)
    return float(len(NUMBER.findall(bare)) + len(names_of(bare))) + examples(bare)


def reasons(text: str) -> float:
    """Count the words that give a reason."""
    return _count(_REASONS, text)


def contrasts(text: str) -> float:
    """Count the words that set one thing against another."""
    return _count(_CONTRASTS, text)


def hedges(text: str) -> float:
    """Count the words that soften a claim."""
    return _count(_HEDGES, text)


def intensifiers(text: str) -> float:
    """Count the words that exaggerate, praise or blame."""
    return _count(_INTENSIFIERS, text)


def first_person(text: str) -> float:
    """Count the writer's mentions of themselves."""
    return _count(_FIRST_PERSON, text)


def second_person(text: str) -> float:
    """Count the mentions of the reader."""
    return _count(_SECOND_PERSON, text)


def contractions(text: str) -> float:
    """Count contractions; a noun's 's is none."""
    return _count(_CONTRACTIONS, text)


def passives(text: str) -> float:
    """Estimate the number of passive verbs: a form of to be with a participle after it."""
    return _count(_PASSIVES, text)


def excitement(text: str) -> float:
    """Count exclamation marks and emoji."""
    return _count(_EXCITED, text)


def questions(text: str) -> float:
    """Count question marks."""
    return float(sum(text.count(mark) for mark in "?？؟"))


def apologies(text: str) -> float:
    """Count apologies."""
    return _count(_APOLOGIES, text)


def refusals(text: str) -> float:
    """Count the phrases by which a model declines a task."""
    return _count(_REFUSALS, text)


def disclaimers(text: str) -> float:
    """Count warnings, advice to ask a professional and remarks about being a model."""
    return _count(_DISCLAIMERS, text)


def pleasantries(text: str) -> float:
    """Count openings and closings without content."""
    return _count(_PLEASANTRIES, text)


def reading_grade(text: str) -> float:
    """Return the Flesch-Kincaid grade: the years at an American school that reading it takes.

    0.39 words/sentence + 11.8 syllables/word - 15.59 (Kincaid et al. 1975, Derivation of new
    readability formulas, Naval Technical Training Command). Syllables are groups of vowels, a
    silent e aside: a fair estimate for English. 0 without words; below 0 for the simplest texts.
    """
    found = words_of(text)
    if not found:
        return 0.0
    syllables = sum(_syllables(word) for word in found)
    sentences = max(1, len(sentences_of(text)))
    return 0.39 * len(found) / sentences + 11.8 * syllables / len(found) - 15.59


def _syllables(word: str) -> int:
    low = word.casefold()
    groups = len(_VOWELS.findall(low))
    silent = low.endswith("e") and not low.endswith(("le", "ee", "ie", "ye"))
    return max(1, groups - (silent and groups > 1))


def _count(pattern: re.Pattern[str], text: str) -> float:
    return float(sum(1 for _ in pattern.finditer(text.replace("’", "'"))))
