"""What a text can say about a contact."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from liquid.builtin.expressions import _tokenize

from stopline.apps.contacts import fields
from stopline.apps.sending import personal
from stopline.apps.sending.wording import check, compile_text
from tests import make


@pytest.fixture
def admin():
    return make.member(make.account("Larkspur"), "admin")


@pytest.mark.django_db
def test_a_text_can_use_names_addresses_and_every_custom_field_of_the_account(admin):
    fields.create(admin, "Customer number", "text")
    fields.create(make.member(make.account("Outsider"), "admin"), "Secret", "text")

    assert personal.fields_of(admin.account) == {
        "first_name": "First name",
        "last_name": "Last name",
        "phone": "Phone",
        "email": "E-mail",
        "account_name": "Account name",
        "customer_number": "Customer number",
    }


@pytest.mark.django_db
def test_a_contact_is_written_to_with_its_own_values(admin):
    for label, kind in (("Points", "number"), ("Price", "number"), ("Born", "date"), ("Phone", "text")):
        fields.create(admin, label, kind)
    values = {"points": 12, "price": 5.0, "born": "1990-05-03", "phone": "Nokia"}
    ada = make.contact(admin.account, "Ada", phone="+14155550123", custom=values)
    source = (
        '{{ first_name }} {{ last_name | default: "-" }} {{ phone }} {{ email | default: "-" }} {{ account_name }}: '
        '{{ points }}, {{ price }}, {{ born }} = {{ born | date: "%-d %B" }}, {{ custom_phone }}'
        "{% if points > 10 %}!{% endif %}"
    )

    check(source, personal.fields_of(admin.account))
    text = compile_text(source).render(personal.values_of(ada))

    assert text == "Ada - +14155550123 - Larkspur: 12, 5, 1990-05-03 = 3 May, Nokia!"


@pytest.mark.parametrize(
    ("kept", "shown"), [(5.0, "5"), (12.5, "12.5"), (1e-07, "0.0000001"), (-0.25, "-0.25")]
)
def test_a_number_is_shown_in_digits(kept, shown):
    assert str(personal._shown(kept)) == shown


def test_every_word_of_liquid_is_known_as_one():
    assert _tokenize._keywords == personal.RESERVED


@given(
    st.from_regex(r"[a-z0-9]([a-z0-9_-]{0,10}[a-z0-9])?", fullmatch=True)
    | st.sampled_from(sorted(personal.RESERVED))
)
def test_every_custom_field_can_be_written(key):
    name = personal.name_of(key)
    text = compile_text(f"{{{{ {name} }}}}{{% if {name} %}}!{{% endif %}}")

    assert text.fields == {name}
    assert text.render({name: "value"}) == "value!"


@given(
    st.lists(
        st.sampled_from(["phone", "custom_phone", "custom_custom_phone", "limit", "2020", "custom_2020"]),
        unique=True,
    )
)
def test_no_two_custom_fields_share_a_name(keys):
    assert len({*map(personal.name_of, keys), *personal.BUILT_IN}) == len(keys) + len(personal.BUILT_IN)
