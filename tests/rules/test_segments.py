"""The segment count is what the carrier bills."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopline.rules.segments import GSM_BASIC, GSM_EXTENSION, Segments, count

gsm_text = st.text(alphabet="".join(sorted(GSM_BASIC | GSM_EXTENSION)), max_size=800)
any_text = st.text(max_size=400) | gsm_text


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments", "left"),
    [
        ("", "GSM-7", 0, 0, 160),
        ("a" * 160, "GSM-7", 160, 1, 0),
        ("a" * 161, "GSM-7", 161, 2, 153 * 2 - 161),
        ("a" * 306, "GSM-7", 306, 2, 0),
        ("a" * 307, "GSM-7", 307, 3, 152),
        ("€", "GSM-7", 2, 1, 158),
        ("€" * 80, "GSM-7", 160, 1, 0),
        ("¡Hola, señor! ¿Qué?", "GSM-7", 19, 1, 141),
        ("á", "UCS-2", 1, 1, 69),
        ("ж" * 70, "UCS-2", 70, 1, 0),
        ("ж" * 71, "UCS-2", 71, 2, 63),
        ("🙏", "UCS-2", 2, 1, 68),
        ("👩‍👩‍👧", "UCS-2", 8, 1, 62),
        ("a" * 100 + "ж", "UCS-2", 101, 2, 33),
    ],
)
def test_a_text_takes_this_many_segments(text, encoding, units, segments, left):
    assert count(text) == Segments(encoding, units, segments, left)


def test_an_escape_is_never_cut_in_two():
    text = "a" * 152 + "€" + "a" * 152

    assert count(text) == Segments("GSM-7", 306, 3, 152)  # 152 | € and 151 | 1


def test_a_surrogate_pair_is_never_cut_in_two():
    text = "ж" * 66 + "🙏" + "ж" * 66

    assert count(text) == Segments("UCS-2", 134, 3, 66)  # 66 | pair and 65 | 1


def test_the_basic_alphabet_has_127_characters_beside_the_escape():
    assert len(GSM_BASIC) == 127
    assert len(GSM_EXTENSION) == 10


@given(any_text, any_text)
def test_two_texts_together_never_take_fewer_segments_than_either(one, other):
    assert count(one + other).segments >= max(count(one).segments, count(other).segments)


@given(gsm_text, gsm_text)
def test_units_of_two_texts_in_one_alphabet_add_up(one, other):
    assert count(one + other).units == count(one).units + count(other).units


@given(any_text)
def test_segments_hold_all_units_and_waste_at_most_one_each(text):
    size = count(text)
    single, part = (160, 153) if size.encoding == "GSM-7" else (70, 67)
    room = single if size.segments <= 1 else size.segments * part

    assert (size.segments == 0) == (text == "")
    assert 0 <= size.left <= single
    assert 0 <= room - size.left - size.units < max(size.segments, 1)


@given(any_text.filter(bool))
def test_what_is_left_still_fits_and_one_more_does_not(text):
    size = count(text)
    filler = "a"

    assert count(text + filler * size.left).segments == size.segments
    assert count(text + filler * (size.left + 1)).segments == size.segments + 1
