"""The dialogs Unsubscribe contact and Resubscribe contact."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from stopline.apps.consent import subscription
from stopline.apps.consent.models import Entry, EvidenceFile
from stopline.apps.contacts import lists
from stopline.doors.web.contacts import chosen
from stopline.rules.words import Source
from tests import make

pytestmark = pytest.mark.django_db
STOP, START = "/contacts/unsubscribe/", "/contacts/resubscribe/"


def gone(contact):
    held = subscription.of(contact.account_id, contact.channels)
    return {channel for (channel, _), row in held.items() if row.standing == "unsubscribed"}


def test_nothing_is_chosen_at_first(admin):
    ada = make.contact(admin.account)

    shown = admin.htmx.get(STOP, {"contact": ada.id}).content.decode()

    assert "Unsubscribe contact" in shown and "Mark unsubscribed" in shown
    assert " checked" not in shown and "data-choice-required" in shown


def test_an_admin_unsubscribes_the_channel_named_and_no_other(admin):
    ada = make.contact(admin.account, "Ada")

    response = admin.htmx.post(STOP, {"contact": ada.id, "channels": ["sms"], "reason": "on the \x00phone"})

    assert response.status_code == 204
    assert "Ada is unsubscribed from SMS." in response["HX-Trigger"]
    assert "live:standing" in response["HX-Trigger"] and "close-dialog" in response["HX-Trigger"]
    entry = Entry.objects.get(account=admin.account)
    assert (gone(ada), entry.reason, entry.actor_name, entry.source) == (
        {"sms"},
        "on the phone",
        "Ana Ruiz",
        "admin",
    )


def test_without_javascript_it_is_a_page_and_a_redirect(admin):
    ada = make.contact(admin.account, "Ada")

    assert "<h1" not in admin.htmx.get(STOP, {"contact": ada.id}).content.decode()
    response = admin.post(STOP, {"contact": ada.id, "channels": ["sms"]}, follow=True)

    assert response.redirect_chain[0][0] == f"/contacts/{ada.id}/"
    assert "Ada is unsubscribed from SMS." in response.content.decode()


def test_a_channel_must_be_named(admin):
    ada = make.contact(admin.account)

    response = admin.htmx.post(STOP, {"contact": ada.id, "reason": "kept as typed"})

    assert response.status_code == 422
    assert "Choose at least one channel" in response.content.decode()
    assert "kept as typed" in response.content.decode()
    assert gone(ada) == set()


def test_contacts_come_and_go_before_anything_happens(admin):
    ada, ben = make.contact(admin.account, "Ada"), make.contact(admin.account, "Benedict")

    found = admin.htmx.post(STOP, {"contact": ada.id, "looking": "1", "find": "bened"}).content.decode()
    both = admin.htmx.post(STOP, {"contact": ada.id, "add": ben.id, "channels": ["sms"]}).content.decode()
    one = admin.htmx.post(STOP, {"contact": [ada.id, ben.id], "remove": ada.id}).content.decode()

    assert f'name="add" value="{ben.id}"' in found
    assert both.count('name="contact"') == 2 and " checked" in both
    assert one.count('name="contact"') == 1 and f'value="{ben.id}"' in one
    assert gone(ada) == gone(ben) == set()


def test_several_at_once(admin):
    people = [make.contact(admin.account, name) for name in ("Ada", "Ben", "Cleo")]

    response = admin.htmx.post(STOP, {"contact": [each.id for each in people], "channels": ["sms", "rcs"]})

    assert "3 addresses of 3 contacts unsubscribed from SMS, RCS." in response["HX-Trigger"]
    assert all(gone(each) == {"sms", "rcs"} for each in people)


def test_all_that_match_a_filter_and_nobody_else(admin, outsider):
    vips = lists.create(admin.account, "VIP")
    inside, outside = make.contact(admin.account), make.contact(admin.account)
    stranger = make.contact(outsider.account)
    lists.add(vips, [inside])

    admin.htmx.post(STOP, {"all": "1", "list": vips.id, "contact": outside.id, "channels": ["sms"]})

    assert gone(inside) == {"sms"}
    assert gone(outside) == gone(stranger) == set()


def test_too_many_at_once_are_refused_with_a_way_on(admin, monkeypatch):
    monkeypatch.setattr(chosen, "MOST_MATCHING", 1)
    people = [make.contact(admin.account) for _ in range(2)]

    response = admin.htmx.post(STOP, {"all": "1", "channels": ["sms"]})

    assert response.status_code == 422 and "Narrow the filter" in response.content.decode()
    assert all(gone(each) == set() for each in people)


@pytest.mark.parametrize("path", [STOP, START])
def test_agents_are_refused_through_this_door_with_the_same_words(agent, admin, path):
    ada = make.contact(agent.account, sms="unsubscribed")
    what = path.split("/")[2]

    for response in (
        agent.get(path, {"contact": ada.id}),
        agent.htmx.post(
            path, {"contact": ada.id, "channels": ["sms", "mms"], "reason": "asked", "evidence": "x"}
        ),
    ):
        assert response.status_code == 403
        assert f"Only admins can {what} contacts. Ask Ana Ruiz." in response.content.decode()
    assert gone(ada) == {"sms"}


@pytest.mark.parametrize("path", [STOP, START])
def test_the_outsider_reaches_nobody(outsider, admin, path):
    ada = make.contact(admin.account, sms="unsubscribed")

    shown = outsider.get(path, {"contact": ada.id})
    sent = outsider.post(
        path, {"contact": ada.id, "channels": ["sms", "mms"], "reason": "asked", "evidence": "x"}
    )

    assert shown.status_code == sent.status_code == 404
    assert gone(ada) == {"sms"}


def test_the_story_is_told_before_anybody_resubscribes(admin):
    ada = make.contact(admin.account)
    subscription.unsubscribe(
        admin.account.id,
        [("sms", ada.phone)],
        source=Source.KEYWORD,
        actor=make.system(),
        evidence={"text": "STOP it!"},
        contact_id=ada.id,
    )

    shown = admin.htmx.get(START, {"contact": ada.id}).content.decode()

    assert "Important: only resubscribe if" in shown
    assert "The contact asked to be contacted again" in shown
    assert "The contact was unsubscribed by mistake" in shown
    assert "replied “STOP it!”" in shown and "must text START" in shown
    assert 'value="sms"' in shown and 'value="mms"' not in shown


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"evidence": "called"}, "Choose a reason"),
        ({"reason": "asked"}, "Evidence is missing"),
        ({"reason": "because", "evidence": "called"}, "reason"),
    ],
)
def test_reason_and_evidence_are_asked_for(admin, sent, says):
    ada = make.contact(admin.account, sms="unsubscribed")

    response = admin.htmx.post(START, {"contact": ada.id, "channels": ["sms"], **sent})

    assert response.status_code == 422 and says in response.content.decode()
    assert gone(ada) == {"sms"}


def test_an_admin_resubscribes_with_a_file_that_only_the_account_can_open(admin, outsider):
    ada = make.contact(admin.account, "Ada", sms="unsubscribed")
    file = SimpleUploadedFile("form.html", b"<script>1</script>", content_type="text/html")

    response = admin.htmx.post(
        START,
        {"contact": ada.id, "channels": ["sms"], "reason": "asked", "evidence": "Signed form", "file": file},
    )

    kept = EvidenceFile.objects.get(account=admin.account)
    opened = admin.get(f"/contacts/evidence/{kept.id}/")
    assert "Ada is subscribed again to SMS." in response["HX-Trigger"] and gone(ada) == set()
    assert opened.content == b"<script>1</script>"
    assert opened["Content-Type"] == "application/octet-stream"
    assert opened["Content-Disposition"] == 'attachment; filename="form.html"'
    assert opened["X-Content-Type-Options"] == "nosniff"
    assert outsider.get(f"/contacts/evidence/{kept.id}/").status_code == 404


def test_a_file_that_is_too_large_changes_nothing(admin):
    ada = make.contact(admin.account, sms="unsubscribed")
    file = SimpleUploadedFile("film.mp4", b"x" * (5 * 1024 * 1024 + 1))

    response = admin.htmx.post(
        START, {"contact": ada.id, "channels": ["sms"], "reason": "asked", "evidence": "film", "file": file}
    )

    assert response.status_code == 422 and "larger than 5 MB" in response.content.decode()
    assert gone(ada) == {"sms"} and not EvidenceFile.objects.exists()
