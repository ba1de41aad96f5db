"""Invented names, with the letters that real registers have and careless programs lose."""

from __future__ import annotations

import unicodedata
from functools import cache

GIRLS = (
    "Amélie", "Łucja", "Orla", "Zoë", "Priya", "Ffion", "Beatrix", "Søren-Lise", "Chidinma", "Ines",
    "Maeve", "Tamsin", "Yuki", "Hafsa", "Rosalind", "Ottilie", "Niamh", "Wren", "Delphine", "Agnes",
)  # fmt: skip
BOYS = (
    "Łukasz", "José", "Jürgen", "Idris", "Barnaby", "Kwame", "Tomos", "Aurelio", "Björn",
    "Rafferty", "Jean-Luc", "Vikram", "Emeka", "Cuthbert", "Noé", "Haruto", "Alasdair", "Piers",
    "Osian", "Caleb",
)  # fmt: skip
SURNAMES = (
    "Applethwaite", "O'Grannoch", "Nuñez-Hartwell", "Łapiński", "Brückhoff", "Quillfeather",
    "Fernsby", "D'Aubrelle", "Okonjira", "Marchbank", "Tréville", "Wystanham", "Penhallowick",
    "Sæbjornsen", "Dunmorrow", "Ravensgill", "Ashcombe-Lyle", "Voskresny", "Kirrimuir", "Blenkarn",
    "Oxenfoord", "Çelikbas", "Thistlewick", "Gorringham", "Van der Holm", "Szczebrów", "Ntongwe",
    "Hollowbrook", "Jessamine", "Mac Ruaraidh", "Yarborne", "Ellingsworth", "Pemberquay",
    "Üstündal",
)  # fmt: skip

# Letters that Unicode does not take apart into a base letter and a mark.
_WHOLE_LETTERS = str.maketrans({"Ł": "L", "ł": "l", "Ø": "O", "ø": "o", "Æ": "AE", "æ": "ae"})


@cache
def plain(name: str) -> str:
    """Return *name* in the letters a-z alone, as it stands in an e-mail address."""
    parts = unicodedata.normalize("NFKD", name.translate(_WHOLE_LETTERS))
    return "".join(letter for letter in parts.lower() if "a" <= letter <= "z")
