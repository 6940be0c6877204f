"""What one of many says to one person, written just before the gate judges."""

import asyncio

import psycopg
import pytest
from psycopg.rows import class_row

from stopline.apps.accounts import live
from stopline.apps.broadcasts import broadcast as broadcasts
from stopline.apps.broadcasts import composing
from stopline.apps.consent import links
from stopline.apps.consent.models import PreferencePage
from stopline.apps.contacts.models import Contact
from stopline.apps.sending import queries, shared
from stopline.apps.sending.gate import Claimed
from stopline.apps.sending.models import SendingRules
from tests import make
from tests.apps.broadcasts.conftest import fresh, sent

pytestmark = pytest.mark.django_db(transaction=True)
NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def account():
    made = make.account()
    make.connection(made)
    return made


@pytest.fixture
def admin(account):
    return make.member(account)


def written(between=lambda: None):
    """The next batch with its words; `between` happens after its claim."""

    async def work():
        async with await psycopg.AsyncConnection.connect(
            **live.connection_parameters(), autocommit=True
        ) as connection:
            async with connection.cursor(row_factory=class_row(Claimed)) as cursor:
                asked = {"attempt": NOBODY, "lease": 30, "limit": 100, "busy": [], "look_again": 1}
                await cursor.execute(queries.CLAIM_STREAM, asked)
                claimed = await cursor.fetchall()
            await asyncio.to_thread(in_thread, between)
            async with connection.cursor() as cursor:
                return await shared.write(cursor, claimed)

    return asyncio.run(work())


def in_thread(work):
    from django.db import connection

    try:
        work()
    finally:
        connection.close()


def test_an_e_mail_ends_with_the_persons_own_link_and_says_so_in_its_headers(account, admin):
    make.contact(account, "Ada <3", email="ada@example.com")
    sent(admin, channels=("email",))

    (message,) = written()

    url = message.parts["headers"]["List-Unsubscribe"].strip("<>")
    assert links.held(url.rstrip("/").rpartition("/")[2]).address == "ada@example.com"
    assert message.parts["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message.text == f"Hello Ada <3\n\nUnsubscribe or choose what you get: {url}"
    assert message.parts["subject"] == "News"


def test_what_a_contact_is_called_is_no_html(account, admin):
    make.contact(account, "<b>Ada</b>", email="ada@example.com")
    made = broadcasts.create(admin, "Spring")
    broadcasts.change(made, purpose="service", channels=["email"], include=[{}])
    composing.write(made, "email", text="Hi", subject="News", html="<p>{{ first_name }}</p>")
    broadcasts.send(admin, fresh(made))
    from stopline.apps.broadcasts import writing

    writing.run(account.id, made.id)

    (message,) = written()

    assert message.parts["html"].startswith("<p>&lt;b&gt;Ada&lt;/b&gt;</p>")
    assert '<a href="' in message.parts["html"]


def test_a_text_ends_with_a_short_link_where_the_account_wants_it(account, admin):
    SendingRules.objects.create(account=account, keeps_hours=False)
    PreferencePage.objects.create(account=account, link_in_texts=True)
    people = [make.contact(account, name) for name in ("Ada", "Bo")]
    before = links.short_url(account.id, "sms", people[0].phone)
    sent(admin, purpose="marketing")

    said = {message.address: message.text for message in written()}

    assert said[people[0].phone] == f"Hello Ada\n\nReply STOP to unsubscribe. {before}"
    assert said[people[1].phone].endswith(links.short_url(account.id, "sms", people[1].phone))


def test_a_link_withdrawn_since_gets_another_code(account, admin):
    SendingRules.objects.create(account=account, keeps_hours=False)
    contact = make.contact(account)
    before = links.short_url(account.id, "sms", contact.phone)
    from django.utils import timezone

    PreferencePage.objects.create(account=account, link_in_texts=True, links_since=timezone.now())
    sent(admin, purpose="marketing")

    (message,) = written()

    assert before not in message.text
    assert message.text.endswith(links.short_url(account.id, "sms", contact.phone))


def test_fields_are_those_of_the_moment_and_a_contact_who_is_gone_is_left_out(account, admin):
    ada, bo = make.contact(account, "Ada"), make.contact(account, "Bo")
    sent(admin)

    def meanwhile():
        Contact.objects.filter(account_id=account.id, id=ada.id).update(first_name="Adele")
        Contact.objects.filter(account_id=account.id, id=bo.id).delete()

    assert [message.text for message in written(meanwhile)] == ["Hello Adele"]


def test_fields_that_fit_no_text_stop_this_one_alone(account, admin):
    make.contact(account, "Ada", custom={"points": "many"})
    make.contact(account, "Bo", custom={"points": 5})
    account.custom_fields.create(key="points", label="Points", kind="number")
    sent(admin, "Hello {{ first_name }}{% if points > 3 %}!{% endif %}")

    found = {message.text or "-": message.problem for message in written()}

    assert found.pop("Hello Bo!") == ""
    assert found["-"]
