"""Which language a text is in, by its script and its commonest words. Owns the word lists.

Meant to tell whether an answer came in the language it was asked for. It knows the languages in
`LANGUAGES` of the library's checks and no others: a text in Danish may read as Swedish, one in
Bulgarian as Russian.
"""

from __future__ import annotations

import re
from collections import Counter

from intone.metrics.words import words_of

_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("zh", re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("uk", re.compile("[іїєґІЇЄҐ]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("el", re.compile("[\u0370-\u03ff\u1f00-\u1fff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
)
_COMMON = {
    "en": "the of and to is in that it for was on are with as be this by at from or have an not "
    "which you they but has we can were will your his her their there what if when this "
    "these those then than them some such into also about been were would could should",
    "de": "der die das und ist nicht ein eine zu den von mit sich des dem auf für im auch es an "
    "werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über so zum haben",
    "fr": "le la les et de des du un une est pas que qui dans pour sur au avec ne se par plus ce "
    "il elle nous vous sont cette ou mais être aux c'est d'une ses son sa leur",
    "es": "el la los las de y que en un una es no por con para su se del al lo como más pero sus "
    "le ya o fue este sí porque esta entre cuando muy sin sobre también hay son está",
    "it": "il la le lo gli di e che un una è non per con del della dei si in sono nel più da al "
    "come anche ma ha questo alla dal delle nella se o ci suo essere c'è dell'",
    "pt": "o a os as de e que um uma é não por com para seu sua se do da dos das em no na mais "
    "como mas foi ao ele ela são também ou muito já está isso pelo pela você",
    "nl": "de het een en van ik is dat niet in te zijn op met voor die aan er maar om ook dan wat "
    "bij of uit nog naar heeft hij ze door over wordt als kan deze worden je hebben",
    "sv": "och att det som en på är av för med den till inte har de ett om jag men var sig från "
    "så kan när vi nu eller ut han hon över ska också efter vid mycket detta",
    "pl": "i w nie na się z do to że jest jak o co ale po tak za od czy przez dla są być może "
    "tym które który jego ten już tylko lub oraz także jej przy ich",
}
COMMON_WORDS = {code: frozenset(common.split()) for code, common in _COMMON.items()}
"""The commonest words of the languages in Latin letters, by the languages' codes."""
_LETTER = re.compile(r"[^\W\d_]")


def language_of(text: str) -> str:
    """Return the code of the language a text reads as, or "" where that cannot be told.

    The script decides if it makes up at least a third of the letters; else the language most of
    whose common words occur. A text without any of them, or with as many of two languages, has
    none.
    """
    letters = len(_LETTER.findall(text))
    for code, script in _SCRIPTS:
        share = 0.02 if code == "uk" else 0.1 if code == "ja" else 1 / 3
        if letters and len(script.findall(text)) >= share * letters:
            return code
    found = Counter(word.casefold().replace("’", "'") for word in words_of(text))
    hits = Counter({c: sum(found[word] for word in known) for c, known in COMMON_WORDS.items()})
    (best, most), (_, next_most) = hits.most_common(2)
    return best if most > next_most else ""


def language(text: str, code: str) -> float:
    """Return 1 if the text reads as the language, else 0."""
    return float(language_of(text) == code)


def input_language(text: str, source: str) -> float:
    """Return 1 if the text reads as the language of the source, else 0.

    0 also where either cannot be told.
    """
    wanted = language_of(source)
    return float(bool(wanted) and language_of(text) == wanted)
