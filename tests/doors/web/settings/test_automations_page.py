"""Settings → Automations: admins write them, agents read them, the outsider sees nothing."""

import pytest
from django.test import Client

from stopline.apps.automations.models import Automation
from stopline.apps.contacts import lists
from tests import make

pytestmark = pytest.mark.django_db
PAGE = "/settings/automations/"
RIDE = {
    "words": "ride\nRide\nsaturday",
    "text": "See you!",
    "channels": ["sms"],
    "enabled": "on",
    "list_id": "",
}
CLOSED = {
    "text": "We are closed.",
    "channels": ["sms", "email"],
    "enabled": "on",
    "days": ["1", "2", "3", "4", "5"],
    "opens": "09:00",
    "closes": "17:30",
}


@pytest.fixture
def ride(admin):
    return make.automation(admin.member)


def shown(browser, path=PAGE):
    return browser.get(path).content.decode()


def test_an_empty_page_says_what_to_do_first(admin, agent):
    assert "Begin with an out-of-hours reply" in shown(admin)
    assert 'href="/settings/automations/add/"' in shown(admin)
    assert "An admin can add a welcome message" in shown(agent)
    assert 'href="/settings/automations/add/"' not in shown(agent)


def test_an_admin_chooses_what_to_add(admin):
    page = shown(admin, f"{PAGE}add/")

    for kind in ("welcome", "out_of_hours", "keyword"):
        assert f'href="/settings/automations/add/{kind}/"' in page


def test_an_admin_adds_a_keyword_reply_with_its_list(admin):
    saturday = lists.create(admin.account, "Saturday ride")

    response = admin.post(f"{PAGE}add/keyword/", {**RIDE, "list_id": str(saturday.id)}, follow=True)

    made = Automation.objects.get()
    assert (made.words, made.text, made.channels, made.list_id) == (
        ["ride", "saturday"],
        "See you!",
        ["sms"],
        saturday.id,
    )
    assert "ride, saturday is saved." in response.content.decode()
    assert "Keyword reply, joins Saturday ride" in response.content.decode()


def test_an_admin_adds_an_out_of_hours_reply(admin):
    response = admin.post(f"{PAGE}add/out_of_hours/", CLOSED, follow=True)

    made = Automation.objects.get()
    assert (made.days, f"{made.opens:%H:%M}", f"{made.closes:%H:%M}") == ([1, 2, 3, 4, 5], "09:00", "17:30")
    assert "Monday to Friday, 09:00 to 17:30" in response.content.decode()


def test_an_admin_adds_a_welcome_in_the_dialog(admin):
    response = admin.htmx.post(
        f"{PAGE}add/welcome/", {"text": "Welcome!", "channels": ["sms"], "enabled": "on"}
    )

    assert response.status_code == 204
    assert "live:automations" in response["HX-Trigger"]
    assert Automation.objects.get().text == "Welcome!"


@pytest.mark.parametrize(
    ("kind", "fields", "problem"),
    [
        ("keyword", {**RIDE, "words": "ride\nStop"}, "“Stop” unsubscribes already"),
        ("keyword", {**RIDE, "words": ""}, "This field is required"),
        ("keyword", {**RIDE, "channels": []}, "No channel is chosen"),
        ("out_of_hours", {**CLOSED, "text": "Hello {{ frst_name }}"}, "did you mean first_name"),
    ],
)
def test_what_cannot_be_used_is_told_in_the_form_with_what_was_typed(admin, kind, fields, problem):
    response = admin.post(f"{PAGE}add/{kind}/", fields)

    assert response.status_code == 422
    assert problem in response.content.decode()
    assert fields["text"] in response.content.decode()
    assert not Automation.objects.exists()


def test_a_kind_that_does_not_exist_has_no_page(admin):
    assert admin.get(f"{PAGE}add/magic/").status_code == 404


def test_an_admin_changes_switches_and_deletes_one(admin, ride):
    form = shown(admin, f"{PAGE}{ride.id}/edit/")
    assert "See you on Saturday." in form and "\nride</textarea>" in form

    admin.post(f"{PAGE}{ride.id}/edit/", {**RIDE, "text": "Sunday now.", "enabled": ""})
    assert Automation.objects.values_list("text", "enabled").get() == ("Sunday now.", False)

    admin.post(f"{PAGE}{ride.id}/on/")
    assert Automation.objects.get().enabled
    assert "Sunday now." in shown(admin, f"{PAGE}{ride.id}/delete/")

    admin.post(f"{PAGE}{ride.id}/delete/")
    assert not Automation.objects.exists()


def test_agents_read_and_change_nothing(admin, agent, ride):
    page = shown(agent)

    assert f"Only admins can change automations. Ask {admin.member.user.name}." in page
    assert "See you on Saturday." in page and "More actions" not in page and "/edit/" not in page
    for path in ("add/", "add/keyword/", f"{ride.id}/edit/", f"{ride.id}/delete/"):
        assert agent.get(f"{PAGE}{path}").status_code == 403
    for path in ("add/keyword/", f"{ride.id}/edit/", f"{ride.id}/delete/", f"{ride.id}/off/"):
        assert agent.post(f"{PAGE}{path}", {**RIDE, "text": "Mine"}).status_code == 403
    assert Automation.objects.values_list("text", "enabled").get() == ("See you on Saturday.", True)


def test_the_outsider_sees_and_changes_nothing(admin, outsider, ride):
    saturday = lists.create(admin.account, "Saturday ride")

    assert "See you on Saturday." not in shown(outsider)
    for path in (f"{ride.id}/edit/", f"{ride.id}/delete/", f"{ride.id}/off/"):
        assert outsider.post(f"{PAGE}{path}", RIDE).status_code == 404
    refused = outsider.post(f"{PAGE}add/keyword/", {**RIDE, "list_id": str(saturday.id)})
    assert refused.status_code == 422
    assert "Saturday ride" not in shown(outsider, f"{PAGE}add/keyword/")
    assert Automation.objects.get().enabled


def test_a_post_from_another_site_changes_nothing(admin, ride):
    elsewhere = Client(enforce_csrf_checks=True)
    elsewhere.cookies = admin.cookies

    for path in ("add/keyword/", f"{ride.id}/edit/", f"{ride.id}/delete/", f"{ride.id}/off/"):
        assert elsewhere.post(f"{PAGE}{path}", RIDE).status_code == 403
    assert Automation.objects.get().enabled


@pytest.mark.parametrize("path", ["{id}/on/", "{id}/off/"])
def test_looking_switches_nothing(admin, ride, path):
    assert admin.get(f"{PAGE}{path.format(id=ride.id)}").status_code == 405


def test_a_word_that_came_to_mean_something_else_is_shown(admin, ride):
    admin.account.help_words = ["Ride"]
    admin.account.save()

    assert "“ride” asks for help by now, so it isn’t answered here." in shown(admin)


def test_somebody_who_resubscribes_on_the_preference_page_is_welcomed(admin, ride):
    from stopline.apps.consent import links
    from stopline.apps.sending.models import Message
    from stopline.rules.words import Channel

    make.automation(admin.member, "welcome", channels=["email"])
    make.connection(admin.account)
    make.contact(admin.account, email="unsubscribed", first_name="Ada")
    address = admin.account.contacts.get().email

    Client().post(f"/u/{links.token(admin.account.id, Channel.EMAIL, address)}/", {"start": "email"})

    assert Message.objects.values_list("kind", "channel", "text").get() == ("automation", "email", "Welcome!")
