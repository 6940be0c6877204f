"""What people write is understood as a reasonable person would understand it. The tables are in `cases`."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopline.rules.keywords import ExtraWords, Intent, read
from stopline.rules.words import Channel

CASES = Path(__file__).parent / "cases"


def told(*intents):
    """(case, text) for every text in the tables, or for those with one of these meanings."""
    for file in sorted(CASES.glob("keywords_*.toml")):
        for case in tomllib.loads(file.read_text(encoding="utf-8"))["case"]:
            if not intents or case["intent"] in intents:
                yield from ((case, text) for text in case["texts"])


SURE = [text for case, text in told("opt_out") if case["channel"] != "email" and "hint" not in case]
ORDINARY = [text for case, text in told("none", "help", "opt_in") if case["channel"] != "email"]


@pytest.mark.parametrize(("case", "text"), list(told()))
def test_a_message_means_what_the_tables_say(case, text):
    reading = read(text, case["channel"], case.get("hint"))

    assert reading.intent == case["intent"], f"{case['because']}, not {reading}"


def test_the_tables_hold_many_messages_of_every_language_and_meaning():
    for language in ("english", "spanish", "french", "portuguese", "german", "italian", "dutch"):
        cases = tomllib.loads((CASES / f"keywords_{language}.toml").read_text(encoding="utf-8"))["case"]
        assert {case["intent"] for case in cases} == {*Intent}, language
        assert sum(len(case["texts"]) for case in cases) >= 90, language


@pytest.mark.parametrize("word", ["stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe"])
@pytest.mark.parametrize("channel", [*Channel])
@pytest.mark.parametrize("hint", [None, "en", "es", "fr", "pt", "de", "it", "nl", "xx", ""])
def test_the_words_of_the_law_count_on_every_channel_in_every_language(word, channel, hint):
    assert read(word, channel, hint).intent is Intent.OPT_OUT


@pytest.mark.parametrize("yes", ["YES", "yes!", "Oui", "Sí", "ja", "Sim"])
def test_yes_asks_for_messages_again_only_from_somebody_unsubscribed(yes):
    assert read(yes, "sms").intent is Intent.NONE
    assert read(yes, "sms", unsubscribed=True).intent is Intent.OPT_IN


@pytest.mark.parametrize(
    "text", ["yes please send it tomorrow", "ok", "thanks", "When do you open?", "I said yes"]
)
def test_an_ordinary_message_never_lifts_a_stop(text):
    assert read(text, "sms", unsubscribed=True).intent is Intent.NONE


def test_words_an_account_adds_count_as_a_whole_message():
    extra = ExtraWords(opt_out=("Arrêt total", "no gracias"), opt_in=("zurück",), help=("Was tun?",))

    assert read("ARRET TOTAL!", "sms", extra=extra).intent is Intent.OPT_OUT
    assert read("no, gracias", "sms", extra=extra).intent is Intent.OPT_OUT
    assert read("Zurück bitte", "sms", extra=extra).intent is Intent.OPT_IN
    assert read("was tun", "sms", extra=extra).intent is Intent.HELP
    assert read("arrêt total du bus ?", "sms", extra=extra).intent is Intent.NONE
    assert read("arrêt total", "sms").intent is Intent.NONE


def test_an_added_word_can_never_take_the_meaning_of_stop_away():
    assert read("stop", "sms", extra=ExtraWords(opt_in=("stop",), help=("stop",))).intent is Intent.OPT_OUT


def test_a_reading_tells_the_word_and_its_language():
    assert read("Bitte ABMELDEN!", "sms").word == "abmelden"
    assert read("Bitte ABMELDEN!", "sms").language == "de"
    assert read("STOP", "sms").language == "en"
    assert read("STOP", "sms", "fr-FR").language == "fr"
    assert read("Hello", "sms").word == ""


def test_only_new_text_counts_in_an_email_and_all_text_elsewhere():
    assert read("Fine\n> STOP", "email").intent is Intent.NONE
    assert read("> STOP", "sms").intent is Intent.OPT_OUT


decorations = st.sampled_from(
    ["", " ", "!", "...", " 🙏", "🛑 ", "\u200b", "\n", " 😡😡", " ", "*", "\ufe0f", "~ "]
)


@given(
    st.sampled_from(SURE), decorations, decorations, st.sampled_from([str.upper, str.lower, str.title, str])
)
def test_case_punctuation_and_emoji_change_no_sure_opt_out(text, before, after, cased):
    assert read(before + cased(text) + after, "sms").intent is read(text, "sms").intent


def stripped(text):
    """Accents left out, as on many a phone's keyboard."""
    return text.translate(
        str.maketrans("áàâãäéèêëíìîïóòôõöúùûüçñÁÀÉÊÍÓÚÜÇÑ", "aaaaaeeeeiiiiooooouuuucnAAEEIOUUCN")
    )


@given(st.sampled_from([text for _, text in told()]))
def test_accents_change_nothing(text):
    assert read(stripped(text), "sms") == read(text, "sms")


@given(
    st.sampled_from(SURE),
    st.sampled_from(
        [
            "Hi, ",
            "Hello Anna, ",
            "Please ",
            "ok ",
            "Hola, ",
            "Bonjour, ",
            "Olá, ",
            "Hallo, ",
            "Ciao, ",
            "no, ",
        ]
    ),
    st.sampled_from(
        ["", " please", " thanks", ", gracias", " merci", " obrigado", ", danke", " grazie", " aub", " svp"]
    ),
)
def test_politeness_never_makes_a_sure_opt_out_vanish(text, before, after):
    assert read(before + text + after, "sms").intent in (Intent.OPT_OUT, Intent.UNSURE)


@given(st.sampled_from(ORDINARY), st.sampled_from(["", "🙏", "!", " thanks", "\n"]))
def test_decoration_never_makes_an_opt_out_of_an_ordinary_message(text, after):
    assert read(text + after, "sms").intent in (Intent.NONE, Intent.OPT_IN, Intent.HELP)


@given(
    st.lists(st.sampled_from([text for _, text in told()]), max_size=4),
    st.text(max_size=50),
    st.sampled_from([*Channel]),
)
def test_no_text_breaks_the_reading(texts, noise, channel):
    assert read(noise.join(texts), channel).intent in Intent
    assert read(noise, channel, noise).intent in Intent


PIECES = [
    "stop ",
    "a",
    "a ",
    ".",
    "...x",
    "s.t.o.p.",
    "stop the ",
    "“a b ",
    '"',
    "> ",
    "-",
    " - ",
    "🙏",
    "please ",
]
PIECES += [
    "\n",
    "don't stop sending me the ",
    "On Mon ",
    "i want ",
    "\u0301",
    "ﷺ",
    "'",
    "stop\n",
    "remove me from a a ",
]


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("channel", ["sms", "email"])
def test_a_huge_message_is_read_in_passing(piece, channel):
    assert read(piece * (100_000 // len(piece)), channel).intent in Intent
