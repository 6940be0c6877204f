"""Settings → Channels: what admins do there, what agents read, what the outsider never sees."""

import re

import pytest
from django.core import mail

from stopline.apps.sending import connecting, credentials
from stopline.apps.sending.models import Connection, Message, Route
from stopline.doors.worker import paused
from stopline.providers.registry import PROVIDERS
from tests import make
from tests.apps.sending.filling import EVERYTHING, typed

pytestmark = pytest.mark.django_db
PAGE = "/settings/channels/"
FORM = {
    "name": "Bridge",
    "sender": "+14155550100",
    "channels": ["sms", "mms"],
    "field_account": "AC1",
    "field_token": "s3cret-token",
    "field_window": "5",
}


@pytest.fixture(autouse=True)
def _everything(monkeypatch, settings, tmp_path):
    monkeypatch.setitem(PROVIDERS, "everything", EVERYTHING)
    settings.STOPLINE_DATA = tmp_path


@pytest.fixture
def made(admin):
    return connecting.add(admin.member, "everything", typed())


def page(browser, path=PAGE):
    return browser.get(path).content.decode()


def suspended(connection, why="The access token has expired."):
    Connection.objects.filter(id=connection.id).update(
        state="paused", paused_because=why, paused_at="2026-05-03T14:02Z", last_error=why
    )


def test_every_provider_that_is_offered_can_be_chosen_and_asks_for_its_own_fields(admin):
    chosen = page(admin, f"{PAGE}add/")

    offered = {name: provider for name, provider in PROVIDERS.items() if provider.offered}
    for name, provider in offered.items():
        form = page(admin, f"{PAGE}add/{name}/")
        assert f"/settings/channels/add/{name}/" in chosen
        assert all(f'name="field_{field.name}"' in form for field in provider.fields)
    assert "add/panel" not in chosen and admin.get(f"{PAGE}add/panel/").status_code == 404


def test_an_admin_connects_a_provider_and_is_given_its_webhook(admin):
    response = admin.htmx.post(f"{PAGE}add/everything/", FORM)

    connection = Connection.objects.get()
    assert response.status_code == 200
    assert f"/inbound/everything/{connection.token}" in response.content.decode()
    assert connection.settings == {"account": "AC1", "window": 5, "tls": False}
    assert credentials.decrypt(connection.credentials) == {"token": "s3cret-token"}


def test_everything_that_is_wrong_is_told_at_once_beside_its_field(admin):
    wrong = {**FORM, "name": "", "field_window": "many", "field_url": "https://127.0.0.1/", "field_token": ""}

    response = admin.htmx.post(f"{PAGE}add/everything/", wrong)

    told = dict(re.findall(r'id="id_(\w+)_error">(.*?)</p>', response.content.decode()))
    assert response.status_code == 422
    assert told.keys() == {"name", "field_window", "field_url", "field_token"}
    assert "not a public address" in told["field_url"]


def test_a_secret_is_never_shown_again_and_stays_where_it_is_left_empty(admin, made):
    form = page(admin, f"{PAGE}{made.id}/edit/")
    refused = admin.post(f"{PAGE}{made.id}/edit/", {**FORM, "name": ""}).content.decode()
    admin.htmx.post(f"{PAGE}{made.id}/edit/", {**FORM, "name": "Renamed", "field_token": ""})

    assert "Leave it empty to keep it" in form and 'value="AC1"' in form
    everything = form + refused + page(admin) + page(admin, f"{PAGE}{made.id}/remove/")
    assert "s3cret-token" not in everything and made.credentials not in everything
    renamed = Connection.objects.get()
    assert renamed.name == "Renamed"
    assert credentials.decrypt(renamed.credentials) == {"token": "s3cret-token"}


def test_lost_keys_ask_for_the_secrets_again(admin, made, settings):
    (settings.STOPLINE_DATA / "credentials.key").unlink()

    empty = admin.htmx.post(f"{PAGE}{made.id}/edit/", {**FORM, "field_token": ""})
    entered = admin.htmx.post(f"{PAGE}{made.id}/edit/", FORM)

    assert (empty.status_code, entered.status_code) == (422, 204)
    assert credentials.decrypt(Connection.objects.get().credentials) == {"token": "s3cret-token"}


def test_the_page_says_how_each_connection_fares(admin, made):
    suspended(made)

    shown = page(admin)

    for words in ("Everything", "SMS", "+14155550100", "Paused by Stopline", "The access token has expired."):
        assert words in shown
    assert f"/inbound/everything/{made.token}" in shown and ">Resume<" in shown


def test_a_pause_by_hand_names_who_did_it(admin, made):
    admin.htmx.post(f"{PAGE}{made.id}/pause/")

    assert f"Paused by {admin.member.user.name}" in page(admin)


def test_while_stopline_has_paused_one_every_page_tells_admins(admin, agent, outsider, made):
    before = page(admin, "/settings/general/")
    suspended(made, "The <b>number</b> is gone.")

    for path in ("/settings/general/", "/contacts/", "/inbox/"):
        assert "Bridge is paused, its messages wait." in page(admin, path)
        assert "its messages wait" not in page(agent, path) + page(outsider, path)
    assert "its messages wait" not in before
    assert "The &lt;b&gt;number&lt;/b&gt; is gone." in admin.htmx.get(f"{PAGE}paused/").content.decode()
    assert agent.htmx.get(f"{PAGE}paused/").content.strip() == b""


def test_the_news_costs_one_query_and_only_where_it_is_shown(admin, django_assert_num_queries, made):
    from stopline.doors.web.frame import frame

    request = type("Request", (), {"member": admin.member, "COOKIES": {}})
    with django_assert_num_queries(0):
        found = frame(request)["paused"]
    with django_assert_num_queries(1):
        assert not found and list(found) == []


def test_mending_can_resume_at_once(admin, made):
    suspended(made)

    form = page(admin, f"{PAGE}{made.id}/edit/")
    admin.htmx.post(f"{PAGE}{made.id}/edit/", {**FORM, "resume": "on"})

    assert "what waits leaves at once" in form
    assert (Connection.objects.get().state, Connection.objects.get().paused_because) == ("active", "")


def test_admins_are_mailed_once_a_pause(admin, agent, made, settings):
    suspended(made)
    paused.tell()
    settings.EMAIL_HOST = "mail.example.com"

    told = [paused.tell(), paused.tell()]

    assert told == [1, 0]
    assert [sent.to for sent in mail.outbox] == [[admin.member.user.email]]
    assert mail.outbox[0].subject == "Bridge is paused in Larkspur"
    assert "The access token has expired." in mail.outbox[0].body and PAGE in mail.outbox[0].body


def test_a_mail_server_that_fails_is_tried_again(admin, made, settings, monkeypatch):
    suspended(made)
    settings.EMAIL_HOST = "mail.example.com"

    with monkeypatch.context() as away:
        away.setattr("django.core.mail.EmailMessage.send", lambda *_: (_ for _ in ()).throw(OSError("away")))
        first = paused.tell()

    assert (first, paused.tell(), len(mail.outbox)) == (0, 1, 1)


def test_a_test_message_shows_its_state(admin, made):
    sent = admin.htmx.post(f"{PAGE}{made.id}/test/", {"channel": "sms", "address": "+1 415 555 0123"})

    message = Message.objects.get()
    state = f"{PAGE}{made.id}/test/{message.id}/"
    assert f'hx-get="{state}"' in sent.content.decode() and "Queued" in sent.content.decode()
    Message.objects.update(state="refused", refusal="unsubscribed")
    assert "Refused" in admin.htmx.get(state).content.decode()


def test_without_javascript_a_test_message_has_a_page(admin, made):
    shown = admin.post(f"{PAGE}{made.id}/test/", {"channel": "sms", "address": "+14155550123"}, follow=True)

    assert "Test message to" in shown.content.decode() and "<main" in shown.content.decode()


@pytest.mark.parametrize(("address", "said"), [("", "This field is required"), ("nobody", "phone number")])
def test_an_address_that_cannot_be_is_told_in_the_dialog(admin, made, address, said):
    response = admin.htmx.post(f"{PAGE}{made.id}/test/", {"channel": "sms", "address": address})

    assert response.status_code == 422 and said in response.content.decode()
    assert Message.objects.count() == 0


def test_removing_says_what_happens_and_does_it(admin, made):
    asked = page(admin, f"{PAGE}{made.id}/remove/")
    done = admin.htmx.post(f"{PAGE}{made.id}/remove/")

    assert "No message waits for it" in asked and "history stay" in asked
    assert done.status_code == 204 and "live:connections" in done["HX-Trigger"]
    assert made.name not in page(admin) and Connection.ever.get().state == "removed"


def test_routes_are_added_shown_and_removed(admin, made):
    admin.htmx.post(f"{PAGE}routes/add/", {"channel": "sms", "begins": "+49", "connection_id": str(made.id)})
    admin.htmx.post(f"{PAGE}routes/add/", {"channel": "sms", "begins": "", "connection_id": str(made.id)})
    shown = page(admin)
    admin.htmx.post(f"{PAGE}routes/remove/", {"channel": "sms", "prefix": "+49"})

    assert "+49…" in shown and "All other numbers" in shown
    assert [route.prefix for route in Route.objects.all()] == [""]


def test_a_beginning_that_is_none_is_told_in_the_dialog(admin, made):
    wrong = {"channel": "sms", "begins": "49", "connection_id": str(made.id)}

    response = admin.htmx.post(f"{PAGE}routes/add/", wrong)

    assert response.status_code == 422 and "how an international number begins" in response.content.decode()


def test_agents_read_what_there_is_and_no_address_of_a_webhook(admin, agent, made):
    shown = page(agent)

    assert "Bridge" in shown and f"Only admins can change channels. Ask {admin.member.user.name}." in shown
    assert made.token[32:] not in shown
    assert not any(words in shown for words in ("Add a connection", "Edit", "Pause", "Remove", "Add route"))


def doors(made, message):
    """(method, path, form) of everything an admin may do."""
    one = f"{PAGE}{made.id}/"
    asked = [
        "add/",
        "add/everything/",
        "routes/add/",
        f"{made.id}/edit/",
        f"{made.id}/remove/",
        f"{made.id}/test/",
    ]
    return [
        *(("get", PAGE + path, {}) for path in asked),
        ("get", f"{one}test/{message.id}/", {}),
        ("post", f"{PAGE}add/everything/", FORM),
        ("post", f"{one}edit/", {**FORM, "name": "Taken over"}),
        ("post", f"{one}remove/", {}),
        ("post", f"{one}test/", {"channel": "sms", "address": "+14155550123"}),
        ("post", f"{one}pause/", {}),
        ("post", f"{one}resume/", {}),
        ("post", f"{one}new-address/", {}),
        ("post", f"{PAGE}routes/add/", {"channel": "sms", "begins": "", "connection_id": str(made.id)}),
        ("post", f"{PAGE}routes/remove/", {"channel": "sms", "prefix": ""}),
    ]


@pytest.fixture
def message(admin, made):
    admin.post(f"{PAGE}{made.id}/test/", {"channel": "sms", "address": "+14155550123"})
    return Message.objects.get()


def test_agents_are_refused_at_every_door(admin, agent, made, message):
    answers = [getattr(agent, method)(path, form) for method, path, form in doors(made, message)]

    assert {answer.status_code for answer in answers} == {403}
    assert all(f"Ask {admin.member.user.name}." in answer.content.decode() for answer in answers)
    assert (Connection.objects.get().name, Route.objects.count(), Message.objects.count()) == ("Bridge", 0, 1)


def test_the_outsider_finds_nothing_at_any_door(admin, outsider, made, message):
    Route.objects.create(account=admin.account, channel="sms", prefix="", connection_id=made.id)
    own = (f"{PAGE}add/", f"{PAGE}add/everything/", f"{PAGE}routes/add/")

    answers = {
        (method, path): getattr(outsider, method)(path, form)
        for method, path, form in doors(made, message)
        if path not in own
    }

    assert {answer.status_code for answer in answers.values()} == {404}
    chosen = outsider.post(own[2], {"channel": "sms", "begins": "+49", "connection_id": str(made.id)})
    assert chosen.status_code == 422
    everything = page(outsider) + page(outsider, own[2]) + chosen.content.decode()
    assert made.token not in everything and "Bridge" not in everything
    kept = Connection.objects.get(account=admin.account)
    assert (kept.name, kept.token, Route.objects.count()) == ("Bridge", made.token, 1)


def test_one_from_the_sandbox_can_be_added_beside_the_first(admin):
    make.connection(admin.account)

    admin.post(f"{PAGE}add/sandbox/", {"name": "Second", "sender": "", "channels": ["sms"]})

    assert Connection.objects.get(name="Second").provider == "sandbox"
