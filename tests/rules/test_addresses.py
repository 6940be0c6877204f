"""Two spellings of one address must come out equal; what can't be an address says why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopline.rules.addresses import display, email, phone, search_digits
from stopline.rules.errors import InvalidInput

FICTION = {  # numbers reserved for fiction, or plausible ones where a country reserves none
    "US": ["+14155550123", "+12125550199"],
    "GB": ["+447700900123", "+442079460123"],
    "FR": ["+33199001234", "+33639981234"],
    "ES": ["+34612345678"],
    "PT": ["+351912345678"],
    "BR": ["+5511961234567"],
    "DE": ["+4915112345678", "+493023125123"],
    "IT": ["+390669821234", "+393123456789"],
    "NL": ["+31612345678"],
}
NUMBERS = [(number, country) for country, numbers in FICTION.items() for number in numbers]


@pytest.mark.parametrize(
    ("typed", "country", "stored"),
    [
        ("(415) 555-0123", "US", "+14155550123"),
        ("1-415-555-0123", "US", "+14155550123"),
        ("+1 (415) 555–0123", "GB", "+14155550123"),
        ("07700 900123", "GB", "+447700900123"),
        ("0044 7700 900123", "DE", "+447700900123"),
        ("+44 (0)20 7946 0123", "US", "+442079460123"),
        ("01.99.00.12.34", "FR", "+33199001234"),
        ("030/23125123", "DE", "+493023125123"),
        ("06 6982 1234", "IT", "+390669821234"),
        ("011 15 2345-6789", "AR", "+5491123456789"),
        ("\u202a+1 415 555 0123\u202c", None, "+14155550123"),
        ("＋１４１５５５５０１２３", None, "+14155550123"),
    ],
)
def test_a_number_typed_in_any_format_is_stored_in_one(typed, country, stored):
    assert phone(typed, country) == stored


@pytest.mark.parametrize(
    ("typed", "country", "why"),
    [
        ("", "US", "empty"),
        ("   ", "US", "empty"),
        ("555-0123", "US", "area code is missing"),
        ("12", "US", "too few digits"),
        ("+1 415 555 0123 999", None, "too many digits"),
        ("415 555 0123", None, "country isn't known"),
        ("415 555 0123", "XX", "country isn't known"),
        ("+999 123456", None, "country isn't known"),
        ("1-800-FLOWERS", "US", "other than the digits"),
        ("+1 415 555 0123 ext. 5", "US", "other than the digits"),
        ("415 555 0123;4", "US", "other than the digits"),
        ("000000", "DE", "isn't a phone number"),
        ("4.4E+11", "GB", "other than the digits"),
        ("4915112345678.0", "DE", "other than the digits"),
        ("+1 415 555 0123 / +1 415 555 0124", "US", "isn't a phone number"),
        ("jo@example.com", "US", "other than the digits"),
    ],
)
def test_what_is_no_number_is_refused_with_the_reason_and_the_way_out(typed, country, why):
    with pytest.raises(InvalidInput) as refused:
        phone(typed, country)

    assert refused.value.status == 422
    assert why in refused.value.detail
    assert "+1 415 555 0123" in refused.value.next_step


@pytest.mark.parametrize(("number", "country"), NUMBERS)
def test_a_stored_number_reads_and_shows_as_itself(number, country):
    assert phone(number, None) == number
    assert phone(number, country) == number
    assert phone(display(number), None) == number


@given(st.text(alphabet="0123456789+()-. /", max_size=20), st.sampled_from([*FICTION, None]))
def test_reading_a_number_twice_changes_nothing(typed, country):
    try:
        stored = phone(typed, country)
    except InvalidInput:
        return

    assert phone(stored, country) == stored
    assert phone(stored, None) == stored


@given(st.text(), st.sampled_from([*FICTION, None, "??", ""]))
def test_no_text_at_all_breaks_the_reading_of_addresses(typed, country):
    for read in (lambda: phone(typed, country), lambda: email(typed)):
        try:
            read()
        except InvalidInput as refused:
            assert refused.title and refused.detail and refused.next_step
    display(typed)
    search_digits(typed, country)


def test_an_endless_input_is_refused_shortly():
    for read in (lambda: phone("1" * 100_000, "US"), lambda: email("a" * 100_000 + "@example.com")):
        with pytest.raises(InvalidInput) as refused:
            read()

        assert len(str(refused.value)) < 300


@pytest.mark.parametrize(
    ("typed", "country", "digits"),
    [
        ("(415) 555-0123", "US", "4155550123"),
        ("415-555", "US", "415555"),
        ("+1 (415) 555", "GB", "1415555"),
        ("020 7946 0123", "GB", "2079460123"),
        ("+44 20 7946", "US", "44207946"),
        ("+44 (0)20 7946 0123", "US", "442079460123"),
        ("0044 20 7946", "GB", "44207946"),
        ("011 44 20 7946 0123", "US", "442079460123"),
        ("0123", "GB", "123"),
        ("06 6982", "IT", "66982"),
        ("+44", "GB", "44"),
        ("0", "GB", ""),
        ("", "GB", ""),
        ("Jo 5", "US", ""),
        ("jo5@example.com", "US", ""),
    ],
)
def test_a_search_finds_digits_as_they_are_stored(typed, country, digits):
    assert search_digits(typed, country) == digits


@given(st.sampled_from(NUMBERS), st.integers(0, 12), st.integers(3, 15))
def test_any_run_of_a_stored_number_finds_it(owner, start, length):
    number, country = owner
    run = number[1:][start : start + length]

    assert search_digits(run, country) in number
    assert search_digits(number, country) in number
    assert search_digits(display(number), None) in number


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Jo@Example.COM", "jo@example.com"),
        ("  jo@example.com\n", "jo@example.com"),
        ("jo+shop@example.com", "jo+shop@example.com"),
        ("o'neill@example.co.uk", "o'neill@example.co.uk"),
        ("jo@münchen.example", "jo@xn--mnchen-3ya.example"),
        ("jo@MÜNCHEN.example", "jo@xn--mnchen-3ya.example"),
        ("jo@straße.example", "jo@xn--strae-oqa.example"),
        ("jo@XN--MNCHEN-3YA.example", "jo@xn--mnchen-3ya.example"),
        ("Jose\u0301@example.com", "josé@example.com"),
        ("jo＠example。com", "jo@example.com"),
    ],
)
def test_an_email_address_is_stored_in_one_form(typed, stored):
    assert email(typed) == stored
    assert email(stored) == stored
    assert display(stored) == stored


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "exactly one @"),
        ("example.com", "exactly one @"),
        ("jo@@example.com", "exactly one @"),
        ("jo@home@example.com", "exactly one @"),
        ("@example.com", "before the @"),
        ("jo smith@example.com", "before the @"),
        ("jo..smith@example.com", "before the @"),
        (".jo@example.com", "before the @"),
        ("Jo <jo@example.com>", "before the @"),
        ("jo@", "domain"),
        ("jo@example", "full domain"),
        ("jo@127.0.0.1", "full domain"),
        ("jo@[127.0.0.1]", "domain"),
        ("jo@-example.com", "domain"),
        ("jo@example..com", "domain"),
        ("jo@exam ple.com", "domain"),
        ("jo@" + "a" * 64 + ".com", "domain"),
        ("a" * 65 + "@example.com", "too long"),
        ("jo@" + "a.".join(["b" * 60] * 5) + ".com", "too long"),
    ],
)
def test_what_is_no_email_address_is_refused_with_the_reason_and_the_way_out(typed, why):
    with pytest.raises(InvalidInput) as refused:
        email(typed)

    assert why in refused.value.detail
    assert "name@example.com" in refused.value.next_step


@given(st.emails())
def test_reading_an_email_address_twice_changes_nothing(typed):
    try:
        stored = email(typed)
    except InvalidInput:
        return

    assert email(stored) == stored
    assert email(typed.upper()) == stored
