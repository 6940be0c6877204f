"""Settings → General, Automatic replies, Channels and Your profile."""

import pytest

from stopline.apps.accounts.models import Account, User
from stopline.apps.sending.models import Connection
from tests import make

pytestmark = pytest.mark.django_db
GENERAL = {"name": "Larkspur & Sons", "time_zone": "Asia/Tokyo", "default_country": "JP", "support_url": ""}
REPLIES = {
    "confirmation_text": "You are unsubscribed.",
    "resumed_text": "You are subscribed again.",
    "help_text": "Reply STOP to unsubscribe.",
    "stop_everything": "True",
    "opt_out_words": "Keep off\nno gracias\n\n",
    "opt_in_words": "",
    "help_words": "Hours",
}


def test_settings_begin_with_general(admin):
    assert admin.get("/settings/")["Location"] == "/settings/general/"


def test_an_admin_saves_what_the_account_is_called_and_where_it_is(admin):
    response = admin.post("/settings/general/", GENERAL, follow=True)

    account = Account.objects.get(id=admin.account.id)
    assert "Settings saved." in response.content.decode()
    assert (account.name, account.time_zone, account.default_country) == (
        "Larkspur & Sons",
        "Asia/Tokyo",
        "JP",
    )


def test_a_time_zone_that_does_not_exist_is_told_in_the_form(admin):
    response = admin.post("/settings/general/", {**GENERAL, "time_zone": "Mars/Base"})

    assert response.status_code == 422
    assert "no time zone “Mars/Base”" in response.content.decode()


def test_only_the_operator_is_asked_for_a_support_page(admin, outsider):
    assert "Support address" in admin.get("/settings/general/").content.decode()
    assert "Support address" not in outsider.get("/settings/general/").content.decode()


def test_times_follow_the_account(admin):
    Account.objects.filter(id=admin.account.id).update(time_zone="Asia/Tokyo")
    Connection.objects.create(
        account=admin.account,
        provider="sandbox",
        name="Sandbox",
        channels=["sms"],
        token="t",
        last_inbound_at="2026-05-03T14:02:00Z",
    )

    assert "3 May 2026, 23:02:00" in admin.get("/settings/channels/").content.decode()


def test_an_admin_saves_replies_and_words(admin):
    admin.post("/settings/replies/", REPLIES)

    account = Account.objects.get(id=admin.account.id)
    assert account.confirmation_text == "You are unsubscribed."
    assert account.opt_out_words == ["Keep off", "no gracias"]
    assert (account.help_words, account.stop_everything) == (["Hours"], True)


def test_the_length_of_a_text_is_told_in_segments(admin):
    long = admin.post("/settings/replies/", {**REPLIES, "help_text": "é€" * 90, "confirmation_text": " "})

    assert "270 characters, 2 SMS segments" in long.content.decode()


def test_a_word_of_the_law_keeps_its_meaning(admin):
    response = admin.post("/settings/replies/", {**REPLIES, "opt_in_words": "Stop"})

    assert response.status_code == 422
    assert "“Stop” unsubscribes already" in response.content.decode()


@pytest.mark.parametrize(("page", "fields"), [("general", GENERAL), ("replies", REPLIES)])
def test_agents_read_and_change_nothing(admin, agent, page, fields):
    shown, sent = agent.get(f"/settings/{page}/"), agent.post(f"/settings/{page}/", fields)

    assert f"Only admins can change settings. Ask {admin.member.user.name}." in shown.content.decode()
    assert '>Save<' not in shown.content.decode()
    assert sent.status_code == 403
    assert Account.objects.get(id=agent.account.id).name == "Larkspur"


def test_an_admin_sees_the_webhook_address_and_agents_do_not(admin, agent):
    connection = make.connection(admin.account)

    seen, hidden = (
        admin.get("/settings/channels/").content.decode(),
        agent.get("/settings/channels/").content.decode(),
    )

    assert f"/inbound/sandbox/{connection.token}" in seen
    assert connection.token[32:] not in hidden and "Sandbox" in hidden


def test_a_connection_is_paused_resumed_and_given_a_new_address(admin):
    connection = make.connection(admin.account)
    path = f"/settings/channels/{connection.id}"

    admin.post(f"{path}/pause/")
    paused = Connection.objects.get().state
    admin.htmx.post(f"{path}/resume/")
    admin.post(f"{path}/new-address/")

    now = Connection.objects.get()
    assert (paused, now.state) == ("paused", "active")
    assert now.token != connection.token and now.token.startswith(admin.account.id.hex)


def test_connections_are_for_admins_of_the_account(admin, agent, outsider):
    connection = make.connection(admin.account)

    for action in ("pause", "new-address"):
        assert agent.post(f"/settings/channels/{connection.id}/{action}/").status_code == 403
        assert outsider.post(f"/settings/channels/{connection.id}/{action}/").status_code == 404
    assert connection.token not in outsider.get("/settings/channels/").content.decode()
    assert Connection.objects.get().state == "active"


def test_members_change_their_own_name_whatever_their_role(agent):
    agent.post("/settings/profile/", {"form": "name", "name": " Ben  Okafor-Lee "})

    assert User.objects.get(id=agent.member.user_id).name == "Ben Okafor-Lee"


def test_a_new_address_needs_the_password_and_keeps_the_session(agent):
    wrong = agent.post(
        "/settings/profile/", {"form": "address", "email": "ben@new.example", "password": "wrong"}
    )
    right = agent.post(
        "/settings/profile/", {"form": "address", "email": "Ben@New.example", "password": make.PASSWORD}
    )

    assert wrong.status_code == 422 and "password is not correct" in wrong.content.decode()
    assert right["Location"] == "/settings/profile/"
    assert agent.get("/settings/profile/").status_code == 200
    assert User.objects.get(id=agent.member.user_id).email == "ben@new.example"


def test_an_address_of_somebody_else_is_refused(admin, agent):
    taken = {"form": "address", "email": admin.member.user.email, "password": make.PASSWORD}

    response = agent.post("/settings/profile/", taken)

    assert response.status_code == 422
    assert "already signs in with" in response.content.decode()
