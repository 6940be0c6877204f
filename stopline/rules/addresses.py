"""Addresses: phone numbers in E.164 and e-mail addresses, in the one form they are stored and compared in.

Consent hangs on the address, so two spellings of one address must come out equal: a second spelling
would be a second, subscribed, address.
"""

import re
import unicodedata

import phonenumbers
from phonenumbers import CountryCodeSource, NumberParseException, PhoneNumberFormat, ValidationResult

from stopline.rules.errors import InvalidInput

NOT_POSSIBLE = {
    ValidationResult.TOO_SHORT: "it has too few digits",
    ValidationResult.TOO_LONG: "it has too many digits",
    ValidationResult.INVALID_LENGTH: "no number of that country has this many digits",
    ValidationResult.INVALID_COUNTRY_CODE: "no country has that code",
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "the area code is missing",
}
PHONE_CHARACTERS = re.compile(r"[\d\s+()./‐-―−-]*")  # with the hyphens and dashes word processors put in
DECIMAL = re.compile(r"\+?\d{7,}\.\d{1,2}")

LONGEST_INPUT = 1000  # characters; bounds the work and what an error repeats

LOCAL_PART = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*")
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


def phone(text: str, country: str | None) -> str:
    """E.164 of a number typed in any format; `country` (ISO 3166, "US") reads national formats.

    Accepts what is possible in its country, not only what is assigned: number plans grow faster than
    the library, a refused number could not even be unsubscribed, and the ranges reserved for fiction
    (+1 415 555 0123, +44 7700 900123) are possible but never valid. Raises InvalidInput.
    """
    typed = _clean(text)
    if not typed:
        raise _bad_phone(typed, "it is empty")
    if not PHONE_CHARACTERS.fullmatch(typed) or DECIMAL.fullmatch(typed):
        # Vanity letters, extensions and a spreadsheet's 4.4E+11 or 49151123.0 would become other numbers.
        raise _bad_phone(typed, "it has something other than the digits of one phone number")
    try:
        number = phonenumbers.parse(typed, country)
    except NumberParseException as error:
        unknown = error.error_type == NumberParseException.INVALID_COUNTRY_CODE
        raise _bad_phone(
            typed, "its country isn't known" if unknown else "it isn't a phone number"
        ) from error
    if reason := NOT_POSSIBLE.get(phonenumbers.is_possible_number_with_reason(number)):
        raise _bad_phone(typed, reason)
    stored = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    # Such a number (000000) would be another address each time it is read.
    if stored != typed and phonenumbers.parse(stored) != number:
        raise _bad_phone(typed, "it isn't a phone number")
    return stored


def email(text: str) -> str:
    """Lower-cased address with the domain in ASCII (RFC 5321 section 4.1.2, RFC 5890). Raises InvalidInput.

    RFC 5321 lets the local part be case-sensitive; no mail service in use is. Kept apart, JO@x.org could
    be written to after jo@x.org said stop.
    """
    typed = _clean(text)
    local, at, domain = typed.rpartition("@")
    if not at or "@" in local:
        raise _bad_email(typed, "it needs exactly one @")
    local = unicodedata.normalize("NFC", local.lower())
    if not LOCAL_PART.fullmatch(local):
        raise _bad_email(typed, "the part before the @ is empty or has a character that can't be there")
    domain = ".".join(_label(typed, label) for label in domain.lower().replace("。", ".").split("."))
    if "." not in domain or domain.rpartition(".")[2].isdigit():
        raise _bad_email(typed, "the part after the @ isn't a full domain")
    # RFC 5321 section 4.5.3.1: 64 octets before the @; a path of 256 leaves 254 for the address.
    if len(local.encode()) > 64 or len(f"{local}@{domain}".encode()) > 254:
        raise _bad_email(typed, "it is too long")
    return f"{local}@{domain}"


def display(address: str) -> str:
    """A stored address as people read it: +14155550123 becomes +1 415-555-0123; e-mail stays."""
    if "@" in address:
        return address
    try:
        number = phonenumbers.parse(address, None)
    except NumberParseException:
        return address
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)


def search_digits(text: str, country: str | None) -> str:
    """Digits to look for inside a stored number when somebody types (part of) it; "" when it isn't one.

    Prefixes that are dialled but not stored are dropped: (415) 555-0123 gives 4155550123, 020 7946 0123
    in GB gives 2079460123, 0044 20 7946 gives 44207946, 0123 gives 123.
    """
    typed = _clean(text)
    digits = phonenumbers.normalize_digits_only(typed).lstrip("0")
    if not PHONE_CHARACTERS.fullmatch(typed):
        return ""
    try:
        number = phonenumbers.parse(typed, country, keep_raw_input=True)
    except NumberParseException:
        return digits
    national = phonenumbers.national_significant_number(number)
    if number.country_code_source != CountryCodeSource.FROM_DEFAULT_COUNTRY:
        return f"{number.country_code}{national}"
    # Some plans rewrite a number on reading it (Argentina's 15); on a fragment that would be a guess.
    return national.lstrip("0") if national in digits or phonenumbers.is_valid_number(number) else digits


def _clean(text: str) -> str:
    """Full-width forms made plain; the invisible direction marks that copying from a phone brings, gone."""
    if text.isascii():
        return text[:LONGEST_INPUT].strip()
    plain = unicodedata.normalize("NFKC", text[:LONGEST_INPUT])
    return "".join(char for char in plain if unicodedata.category(char) != "Cf").strip()


def _label(typed: str, label: str) -> str:
    """One part of a domain in ASCII. Punycode of the lower-case NFC form is what IDNA 2008 prescribes."""
    ascii_label = label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")
    if len(ascii_label) > 63 or not LABEL.fullmatch(ascii_label):
        raise _bad_email(typed, "the part after the @ isn't a domain")
    return ascii_label


def _bad_phone(typed: str, why: str) -> InvalidInput:
    next_step = "Write it with + and the country code, for example +1 415 555 0123."
    return InvalidInput(f"“{typed[:60]}”: {why}.", next_step, title="This phone number can't be used")


def _bad_email(typed: str, why: str) -> InvalidInput:
    next_step = "Write it like name@example.com."
    return InvalidInput(f"“{typed[:60]}”: {why}.", next_step, title="This e-mail address can't be used")


def masked(address: str) -> str:
    """A stored address as its owner recognises it and nobody else learns it: +1 ••• 0123, a•••@example.com."""
    if "@" in address:
        local, _, domain = address.rpartition("@")
        return f"{local[:1]}•••@{domain}"
    try:
        number = phonenumbers.parse(address, None)
    except NumberParseException:
        return "•••"
    national = phonenumbers.national_significant_number(number)
    return f"+{number.country_code} ••• {national[-4:] if len(national) > 7 else national[-2:]}"
