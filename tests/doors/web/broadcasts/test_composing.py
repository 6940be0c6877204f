"""Broadcasts → New broadcast: who gets it, what it says, a preview of both, and a test."""

from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from stopline.apps.broadcasts import broadcast as broadcasts
from stopline.apps.broadcasts import composing, lookup
from stopline.apps.broadcasts.models import Broadcast
from stopline.apps.contacts import lists
from stopline.apps.sending.models import Content, Message, MessageTemplate
from tests import make
from tests.apps.broadcasts.conftest import draft, fresh

pytestmark = pytest.mark.django_db
FORM = {
    "name": "Spring",
    "purpose": "service",
    "whom": "everybody",
    "channels": ["sms"],
    "pick": "first",
    "start": "now",
    "sms-text": "Hello {{ first_name }}",
    "then": "save",
}
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


@pytest.fixture(autouse=True)
def connection(account):
    return make.connection(account)


@pytest.fixture
def started(admin):
    return broadcasts.create(admin.member, "Spring")


def at(broadcast, page="edit/"):
    return f"/broadcasts/{broadcast.id}/{page}"


def words(response):
    return " ".join(response.content.decode().split())


def said(broadcast, channel="sms"):
    return Content.objects.get(broadcast_id=broadcast.id, channel=channel)


def test_without_broadcasts_the_page_says_what_to_do_first(agent):
    page = words(agent.get("/broadcasts/"))

    assert "No broadcasts yet" in page
    assert "Write the first broadcast" in page


def test_an_agent_begins_one_and_is_led_to_its_form(agent):
    response = agent.post("/broadcasts/new/", {"name": "Spring"})

    made = Broadcast.objects.get()
    assert (made.name, made.created_by_id) == ("Spring", agent.member.id)
    assert response["Location"] == at(made)


def test_in_a_dialog_the_browser_is_led_there(agent):
    response = agent.htmx.post("/broadcasts/new/", {"name": "Spring"})

    assert response["HX-Redirect"] == at(Broadcast.objects.get())


def test_a_name_of_blanks_is_refused_in_the_dialog(agent):
    response = agent.post("/broadcasts/new/", {"name": "  "})

    assert response.status_code == 422
    assert not Broadcast.objects.exists()


def test_what_is_chosen_and_written_is_kept(admin, started):
    ride = lists.create(admin.account, "Ride")
    staff = lists.create(admin.account, "Staff")
    form = {
        **FORM,
        "whom": "some",
        "lists": [str(ride.id)],
        "exclude": [str(staff.id)],
        "added_filter": "on",
        "added-status": "subscribed",
        "added-channel": "sms",
        "channels": ["email", "sms"],
        "pick": "all",
        "rate": "2.5",
        "email-subject": "News",
        "email-text": "Dear {{ first_name }}",
    }

    response = admin.post(at(started), form)

    kept = fresh(started)
    assert response["Location"] == at(started) + "#audience"
    assert kept.include == [{"list": str(ride.id)}, {"status": "subscribed", "channel": "sms"}]
    assert kept.exclude == [str(staff.id)]
    assert (kept.channels, kept.pick, kept.rate, kept.purpose) == (["email", "sms"], "all", 2.5, "service")
    assert said(kept).text == "Hello {{ first_name }}"
    assert (said(kept, "email").subject, said(kept, "email").text) == ("News", "Dear {{ first_name }}")


def test_a_filter_that_is_kept_is_a_box_that_can_be_unticked(admin, started):
    broadcasts.change(started, include=[{"status": "subscribed", "channel": "sms"}])

    page = words(admin.get(at(started)))
    assert "Subscribed, on SMS" in page
    assert 'value="status=subscribed&amp;channel=sms" checked' in page

    admin.post(at(started), {**FORM, "whom": "some"})
    assert fresh(started).include == []


def test_a_channel_moves_up_without_scripts(admin, started):
    response = admin.post(at(started), {**FORM, "channels": ["sms", "email"], "move": "up:email"})

    assert response["Location"] == at(started) + "#channels"
    assert fresh(started).channels == ["email", "sms"]


def test_a_time_is_on_the_accounts_clock(admin, started, account):
    account.time_zone = "America/New_York"
    account.save(update_fields=["time_zone"])

    admin.post(at(started), {**FORM, "start": "local", "date": "2027-05-03", "time": "09:00"})

    kept = fresh(started)
    assert kept.starts_at == datetime(2027, 5, 3, 13, tzinfo=UTC)
    assert kept.local_time


def test_a_time_without_a_date_is_asked_for(admin, started):
    response = admin.post(at(started), {**FORM, "start": "at", "time": "09:00"})

    assert response.status_code == 422
    assert "Choose the date" in words(response)


def test_sending_hours_are_kept_and_need_a_day(admin, started):
    hours = {**FORM, "hours": "on", "days": ["1", "5"], "hours_start": "09:00", "hours_end": "17:00"}

    admin.post(at(started), hours)
    assert fresh(started).window == {"days": [1, 5], "start": "09:00", "end": "17:00"}

    response = admin.post(at(started), {**hours, "days": []})
    assert response.status_code == 422
    assert "no day" in words(response)


def test_an_unknown_field_is_named_what_was_typed_stays_and_the_rest_is_kept(admin, started):
    response = admin.post(at(started), {**FORM, "name": "Summer", "sms-text": "Hello {{ first_nme }}"})

    assert response.status_code == 422
    assert "There is no field “first_nme” (did you mean first_name?)" in words(response)
    assert "Hello {{ first_nme }}" in words(response)
    assert fresh(started).name == "Summer"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": ""}, "This field is required"),
        ({"purpose": "spam"}, "Select a valid choice"),
        ({"lists": ["00000000-0000-0000-0000-000000000000"]}, "Select a valid choice"),
        ({"whom": "some", "filter": ["status=asleep"]}, "“asleep” doesn&#x27;t exist"),
        ({"whom": "some", "added_filter": "on"}, "narrows nothing"),
        ({"rate": "-1"}, "above 0"),
        ({"hours": "on", "days": ["1"]}, "a beginning and an end"),
    ],
)
def test_what_cannot_be_used_is_told_in_the_form(admin, started, change, told):
    response = admin.post(at(started), {**FORM, **change})

    assert response.status_code == 422
    assert told in words(response)


def test_the_audience_is_counted_while_it_is_chosen_and_nothing_is_saved(admin, started):
    make.contact(admin.account)
    make.contact(admin.account, sms="unsubscribed")

    page = words(admin.post(at(started, "edit/audience/"), FORM))

    assert "<strong>2</strong>" in page and "1 message" in page
    assert fresh(started).include == []


def test_the_preview_follows_what_is_typed_with_its_segments_and_how_to_stop(admin, started):
    make.contact(admin.account, "Ada")

    page = words(admin.htmx.post(at(started, "preview/"), {**FORM, "purpose": "marketing"}))

    assert "Hello Ada" in page
    assert "Reply STOP to unsubscribe." in page
    assert "1 segment" in page
    assert not Content.objects.filter(broadcast_id=started.id).exists()


def test_the_preview_names_what_cannot_be_used_and_goes_on(admin, started):
    make.contact(admin.account, "Ada")

    page = words(admin.htmx.post(at(started, "preview/"), {**FORM, "sms-text": "{{ nme }}"}))

    assert "There is no field “nme”" in page


def test_the_preview_does_not_wait_for_a_name_or_a_time(admin, started):
    make.contact(admin.account, "Ada")
    unfinished = {**FORM, "name": "", "start": "at", "hours": "on", "rate": "fast"}

    assert "Hello Ada" in words(admin.htmx.post(at(started, "preview/"), unfinished))


def test_one_flips_through_the_audience_and_sees_who_gets_nothing_and_why(admin):
    ada = make.contact(admin.account, "Ada")
    bo = make.contact(admin.account, "Bo", sms="unsubscribed")
    made = draft(admin.member)

    first = words(admin.get(at(made, "preview/")))
    assert "Hello Ada" in first
    assert f"?contact={bo.id}" in first

    second = words(admin.get(at(made, f"preview/?contact={bo.id}")))
    assert "Gets nothing here: unsubscribed" in second
    assert f"?contact={ada.id}" in second
    assert "Hello Bo" not in second


def test_a_contact_of_the_audience_is_found_by_name(admin):
    make.contact(admin.account, "Ada")
    make.contact(admin.account, "Bo")
    made = draft(admin.member)

    assert "Hello Bo" in words(admin.get(at(made, "preview/?find=bo")))
    assert "Nobody of the audience matches" in words(admin.get(at(made, "preview/?find=zoe")))


def test_the_preview_tells_what_all_of_it_takes(admin):
    make.contact(admin.account, "Ada")
    make.contact(admin.account, "Żaneta")  # one letter outside GSM-7 makes it UCS-2, of which 70 fit
    made = draft(admin.member, "Hello {{ first_name }}, " + "x" * 80)

    assert "3 SMS segments, up to 2 a message" in words(admin.get(at(made, "preview/")))


def test_the_formatted_version_is_shown_in_a_frame_that_runs_nothing(admin):
    ada = make.contact(admin.account, "Ada <script>", email="ada@example.com")
    made = draft(admin.member, channels=["email"])
    html = "<p>Hello {{ first_name }}</p><script>alert(1)</script>"
    composing.write(made, "email", text="Hello", subject="News", html=html)

    response = admin.get(at(made, f"preview/html/{ada.id}/"))

    assert "<script" not in response.content.decode()
    assert "Hello Ada &lt;script&gt;" in response.content.decode()
    assert "sandbox" in response["Content-Security-Policy"]


def test_a_test_goes_to_an_address_in_the_words_of_a_contact_as_a_message_by_the_member(agent):
    ada = make.contact(agent.account, "Ada")
    made = draft(agent.member)

    response = agent.post(at(made, f"test/?contact={ada.id}"), {"channel": "sms", "address": "+15005550123"})

    sent = Message.objects.get()
    assert response["Location"] == at(made, f"test/{sent.id}/")
    assert (sent.text, sent.address, sent.kind) == ("Hello Ada", "+15005550123", "reply")
    assert (sent.author_id, sent.broadcast_id) == (agent.member.id, None)
    assert "Queued" in words(agent.get(response["Location"]))


def test_a_test_to_what_is_no_number_is_told_in_the_dialog(agent):
    make.contact(agent.account, "Ada")
    made = draft(agent.member)

    response = agent.htmx.post(at(made, "test/"), {"channel": "sms", "address": "my phone"})

    assert response.status_code == 422
    assert not Message.objects.exists()


def test_a_file_goes_along_and_can_be_taken_away(admin, started):
    form = {
        **FORM,
        "channels": ["mms"],
        "mms-text": "Look",
        "mms-files": SimpleUploadedFile("a.png", PNG, "image/png"),
    }

    admin.post(at(started), form)
    [file] = said(started, "mms").media
    assert file["content_type"] == "image/png"
    assert "a.png" in words(admin.get(at(started)))

    admin.post(at(started), {**form, "mms-files": "", "mms-remove": "on"})
    assert said(started, "mms").media == []


def test_where_only_templates_are_taken_one_is_chosen_and_filled_with_places(
    admin, started, account, connection
):
    connection.channels = ["sms"]
    connection.save(update_fields=["channels"])
    cloud = make.connection(account, provider="whatsapp_cloud", name="Cloud", channels=["whatsapp"])
    template = MessageTemplate.objects.create(
        account=account,
        connection_id=cloud.id,
        name="sale",
        language="en",
        category="marketing",
        approved=True,
        text="Hello {{1}}!",
        variables=[{"key": "body:1", "label": "Name", "example": "Ada"}],
    )
    form = {**FORM, "channels": ["whatsapp"], "whatsapp-template": str(template.id)}

    chosen = admin.post(at(started), {**form, "then": "template"})
    assert 'name="whatsapp-value:body:1"' in words(chosen)
    assert not Content.objects.filter(broadcast_id=started.id).exists()

    part = admin.htmx.post(at(started, "edit/template/"), form)
    assert 'name="whatsapp-value:body:1"' in words(part)

    missing = admin.post(at(started), form)
    assert "needs more: Name" in words(missing)

    admin.post(at(started), {**form, "whatsapp-value:body:1": "{{ first_name }}"})
    kept = said(started, "whatsapp")
    assert (kept.text, kept.template["variables"]) == (
        "Hello {{ first_name }}!",
        {"body:1": "{{ first_name }}"},
    )


def test_a_draft_that_was_sent_meanwhile_is_not_changed(admin):
    make.contact(admin.account)
    made = draft(admin.member)
    broadcasts.send(admin.member, made)

    response = admin.post(at(made), {**FORM, "name": "Other"})

    assert response.status_code == 422
    assert "was sent or scheduled" in words(response)
    assert fresh(made).name == "Spring"
    assert admin.get(at(made))["Location"] == at(made, "")


def test_a_draft_is_deleted_and_what_was_sent_is_not(admin):
    make.contact(admin.account)
    made, sent = draft(admin.member), draft(admin.member)
    broadcasts.send(admin.member, sent)

    assert admin.post(at(made, "delete/"))["Location"] == "/broadcasts/"
    assert admin.post(at(sent, "delete/")).status_code == 409
    assert list(lookup.everything(admin.account)) == [sent]
