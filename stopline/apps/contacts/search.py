"""Finding a contact by any part people type: the start of a name or e-mail word, or any digits of the number.

A tsvector over words made here, because the extensions that would do it in the database (pg_trgm, unaccent) are
not everywhere. Every tail of a number is a word of its own, so that the start of a word is any run of digits.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from django.contrib.postgres.search import SearchQuery
from django.db.models import Func, QuerySet, Value

from stopline.rules import addresses

if TYPE_CHECKING:
    from stopline.apps.contacts.models import Contact

WORDS = re.compile(r"[^\W_]+", re.UNICODE)
SHORTEST_TAIL = 3


def fold(text: str) -> str:
    """Lower case without accents, as people type in a hurry."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def words(contact: Contact) -> list[str]:
    found = set(WORDS.findall(fold(f"{contact.first_name} {contact.last_name} {contact.email or ''}")))
    if contact.email:
        found.add(contact.email)
    if contact.phone:
        digits = contact.phone.lstrip("+")
        found.update(digits[start:] for start in range(len(digits) - SHORTEST_TAIL + 1))
    return sorted(found)


def vector(contact: Contact) -> Func:
    return Func(
        Value(words(contact)), function="array_to_tsvector", template="%(function)s(%(expressions)s::text[])"
    )


def matching(contacts: QuerySet[Contact], text: str, country: str) -> QuerySet[Contact]:
    """`contacts` narrowed to those that match every word of `text`; all of them where it is blank."""
    if not text.strip():
        return contacts
    terms = _terms(text, country)
    if not terms:
        return contacts.none()
    query = " & ".join(f"'{term}':*" for term in terms)
    return contacts.filter(search=SearchQuery(query, search_type="raw", config="simple"))


def _terms(text: str, country: str) -> list[str]:
    if re.fullmatch(r"[\d\s()+./-]+", text.strip()):
        digits = addresses.search_digits(text, country)
        return [digits] if digits else []
    return WORDS.findall(fold(text))[:10]
