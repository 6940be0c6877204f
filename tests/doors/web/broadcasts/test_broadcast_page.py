"""Review, Send, and what is watched and done afterwards."""

import csv
import io

import pytest

from stopline.apps.broadcasts import broadcast as broadcasts
from stopline.apps.broadcasts import composing
from stopline.apps.broadcasts.models import Broadcast
from stopline.apps.consent.models import PreferencePage
from stopline.apps.contacts import lists
from stopline.apps.sending.models import Connection, Message, SendingRules
from tests import make
from tests.apps.broadcasts.conftest import draft, fresh, sent

pytestmark = pytest.mark.django_db
RULES = {
    "keeps_hours": "on",
    "hours_start": "09:00",
    "hours_end": "19:30",
    "cap": "2",
    "cap_days": "5",
    "hint_sms": "Stop: reply STOP",
    "hint_mms": "Stop: reply STOP",
    "hint_whatsapp": "Stop: reply STOP",
    "hint_rcs": "Stop: reply STOP",
    "hint_email": "No more of this:",
}
PAGES = (
    *("", "edit/", "preview/", "review/", "left-out/", "left-out.csv", "send/", "test/", "cancel/", "retry/"),
    *("delete/", "recipients/", "recipients.csv"),
)
ACTIONS = (
    "send/",
    "pause/",
    "resume/",
    "cancel/",
    "retry/",
    "copy/",
    "delete/",
    "unschedule/",
    "edit/",
    "test/",
)


@pytest.fixture(autouse=True)
def connection(account):
    return make.connection(account)


def at(broadcast, page=""):
    return f"/broadcasts/{broadcast.id}/{page}"


def words(response):
    return " ".join(response.content.decode().split())


def rows(response):
    text = b"".join(response).decode() if response.streaming else response.content.decode()
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


async def file(browser, path):
    response = await browser.get(path)
    text = b"".join([piece async for piece in response.streaming_content]).decode()
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def become(broadcast, **values):
    Message.objects.filter(broadcast_id=broadcast.id).update(**values)


def test_the_review_names_everything_that_is_missing_and_offers_no_send(agent):
    made = broadcasts.create(agent.member, "Empty")
    broadcasts.change(made, channels=["sms", "email"])

    page = words(agent.get(at(made, "review/")))

    assert "Choose who gets it" in page
    assert "Write what it says by SMS." in page
    assert "The e-mail needs a subject." in page
    assert at(made, "send/") not in page


def test_the_review_says_who_gets_it_who_does_not_and_why(agent):
    make.contact(agent.account, "Ada", email="ada@example.com")
    make.contact(agent.account, "Bo", sms="unsubscribed")
    made = draft(agent.member, channels=["sms", "email"])

    page = words(agent.get(at(made, "review/")))

    assert "<strong>1</strong> of 2 contacts gets it" in page
    assert "1 SMS segment" in page
    assert "1 unsubscribed" in page and "1 no address" in page
    assert at(made, "left-out/?reason=unsubscribed") in page


def test_a_row_of_those_left_out_opens_page_by_page(agent, monkeypatch):
    monkeypatch.setattr("stopline.doors.web.broadcasts.review.SIZE", 2)
    for name in ("Ada", "Bo", "Cy"):
        make.contact(agent.account, name, sms="unsubscribed")
    made = draft(agent.member)

    first = agent.htmx.get(at(made, "left-out/?reason=unsubscribed"))
    assert "Ada" in words(first) and "Bo" in words(first) and "Cy" not in words(first)
    older = first.context["older"]

    assert "Cy" in words(agent.htmx.get(older))
    assert "Ada" not in words(agent.htmx.get(older))


def test_a_reason_that_does_not_exist_is_told(agent):
    made = draft(agent.member)

    assert agent.get(at(made, "left-out/?reason=tired")).status_code == 422


def test_the_dialog_says_what_will_happen_and_send_sends(agent):
    make.contact(agent.account, "Ada")
    made = draft(agent.member)

    asked = words(agent.htmx.get(at(made, "send/")))
    assert "<strong>1 contact</strong> gets it: 1 by SMS" in asked
    assert "It leaves now" in asked

    response = agent.htmx.post(at(made, "send/"))
    assert response["HX-Redirect"] == at(made)
    assert (fresh(made).state, fresh(made).sent_by_id) == ("sending", agent.member.id)


def test_one_for_later_is_scheduled_and_can_be_a_draft_again(agent):
    from datetime import timedelta

    from django.utils import timezone

    make.contact(agent.account, "Ada")
    made = draft(agent.member, starts_at=timezone.now() + timedelta(days=2))

    assert ">Schedule</" in words(agent.htmx.get(at(made, "send/")))
    agent.post(at(made, "send/"))
    assert fresh(made).state == "scheduled"
    assert "It leaves on" in words(agent.get(at(made)))

    assert agent.post(at(made, "unschedule/"))["Location"] == at(made, "edit/")
    assert fresh(made).state == "draft"


def test_what_is_not_ready_is_not_sent_and_the_dialog_says_why(agent):
    make.contact(agent.account)
    made = broadcasts.create(agent.member, "Empty")

    response = agent.htmx.post(at(made, "send/"))

    assert response.status_code == 422
    assert "This broadcast isn&#x27;t ready" in words(response)
    assert fresh(made).state == "draft"


def test_sent_twice_the_second_is_told_that_it_is_no_draft(agent, admin):
    make.contact(agent.account)
    made = draft(agent.member)
    agent.post(at(made, "send/"))

    assert admin.post(at(made, "send/")).status_code == 409


def test_pause_resume_and_cancel(agent):
    make.contact(agent.account)
    made = sent(agent.member)

    assert agent.htmx.post(at(made, "pause/")).status_code == 204
    assert fresh(made).state == "paused"
    assert "Resume" in words(agent.get(at(made)))

    agent.post(at(made, "resume/"))
    assert fresh(made).state == "sending"

    assert "1 message</strong> that waits will never leave" in words(agent.htmx.get(at(made, "cancel/")))
    agent.htmx.post(at(made, "cancel/"))
    assert fresh(made).state == "cancelled"
    assert agent.htmx.post(at(made, "cancel/")).status_code == 422
    assert agent.htmx.post(at(made, "pause/")).status_code == 409


def test_unknown_outcomes_go_again_once_the_dialog_has_said_that_some_may_arrive_twice(agent):
    make.contact(agent.account)
    made = sent(agent.member)
    become(made, state="unknown")

    assert "Retry unknown outcomes" in words(agent.get(at(made)))
    assert "twice" in words(agent.htmx.get(at(made, "retry/")))
    agent.htmx.post(at(made, "retry/"))

    assert Message.objects.get(broadcast_id=made.id).state == "queued"
    assert agent.htmx.post(at(made, "retry/")).status_code == 422


def test_the_page_tells_what_became_of_it(agent):
    make.contact(agent.account, "Ada")
    make.contact(agent.account, "Bo", sms="unsubscribed")
    made = sent(agent.member)
    become(made, state="refused", refusal="unsubscribed", checked_at=made.started_at)

    page = agent.get(at(made))

    assert [(figure.label, figure.number) for figure in page.context["figures"]][4] == ("Refused", 1)
    assert at(made, "recipients/?state=refused&amp;refusal=unsubscribed") in words(page)
    assert [(why.value, number) for why, number in page.context["left_out"]] == [("unsubscribed", 1)]
    assert [row[1:] for row in page.context["course"].rows] == [(0, 1)]
    assert "<main" not in words(agent.htmx.get(at(made)))


def test_a_copy_says_the_same_and_is_a_draft(agent):
    make.contact(agent.account)
    made = sent(agent.member)

    response = agent.post(at(made, "copy/"))

    copy = Broadcast.objects.exclude(id=made.id).get()
    assert response["Location"] == at(copy, "edit/")
    assert (copy.name, copy.state) == ("Copy of Spring", "draft")
    assert composing.contents(copy)["sms"].text == "Hello {{ first_name }}"


def test_recipients_are_filtered_and_paged(agent, monkeypatch):
    for name in ("Ada", "Bo", "Cy"):
        make.contact(agent.account, name)
    made = sent(agent.member)
    Message.objects.filter(broadcast_id=made.id, contact__first_name="Bo").update(
        state="refused", refusal="capped"
    )

    refused = words(agent.get(at(made, "recipients/?state=refused&refusal=capped")))
    assert "Bo" in refused and "Had enough messages" in refused and "Ada" not in refused

    monkeypatch.setattr("stopline.apps.broadcasts.recipients.page.__defaults__", (None, 2))
    first = agent.get(at(made, "recipients/"))
    assert len(first.context["rows"]) == 2
    second = agent.htmx.get(first.context["older"])
    assert len(second.context["rows"]) == 1
    assert "<main" not in words(second)


@pytest.mark.parametrize("query", ["state=lost", "refusal=tired", "channel=fax", "after=here"])
def test_a_filter_that_does_not_exist_is_told(agent, query):
    made = draft(agent.member)

    assert agent.get(at(made, f"recipients/?{query}")).status_code == 422


def test_another_accounts_broadcast_does_not_exist(admin, outsider):
    make.contact(admin.account, "Ada")
    made = draft(admin.member)
    gone = sent(admin.member)

    assert "Spring" not in words(outsider.get("/broadcasts/"))
    for broadcast in (made, gone):
        for page in PAGES:
            assert outsider.get(at(broadcast, page)).status_code == 404, page
        for action in ACTIONS:
            assert outsider.post(at(broadcast, action)).status_code == 404, action
    assert (fresh(made).state, fresh(gone).state) == ("draft", "sending")
    assert Broadcast.objects.count() == 2


def test_another_accounts_list_is_no_audience(admin, outsider):
    theirs = lists.create(outsider.account, "Theirs")
    lists.add(theirs, [make.contact(outsider.account, "Eve")])
    made = draft(admin.member, include=[{"list": str(theirs.id)}])

    assert "Eve" not in words(admin.get(at(made, "preview/")))
    assert "Nobody is meant" in words(admin.get(at(made, "review/")))


def test_a_message_of_a_broadcast_says_so_on_the_contacts_page(agent):
    ada = make.contact(agent.account, "Ada")
    made = sent(agent.member)

    page = words(agent.get(f"/contacts/{ada.id}/"))

    assert f'<a class="link" href="{at(made)}">Spring</a>' in page
    assert "Broadcast, not sent yet" in page


def test_a_message_of_a_broadcast_says_so_in_the_thread(agent):
    from stopline.apps.inbox.conversation import open_with

    ada = make.contact(agent.account, "Ada")
    conversation = open_with(ada)
    made = sent(agent.member)

    page = words(agent.get(f"/inbox/{conversation.id}/"))
    assert f'<a class="link" href="{at(made)}">Spring</a>' in page
    assert "Broadcast, not sent yet" in page

    become(made, state="failed", failure="The number is dead.")
    assert f"/messages/{Message.objects.get().id}/again/" not in words(
        agent.get(f"/inbox/{conversation.id}/")
    )


def test_an_admin_decides_hours_frequency_and_wording(admin):
    response = admin.post("/settings/broadcasts/", RULES, follow=True)

    assert "Rules for broadcasts saved." in words(response)
    kept = SendingRules.objects.get(account_id=admin.account.id)
    assert (f"{kept.hours_start:%H:%M}", f"{kept.hours_end:%H:%M}") == ("09:00", "19:30")
    assert (kept.cap, kept.cap_days, kept.hints["sms"]) == (2, 5, "Stop: reply STOP")


@pytest.mark.parametrize(
    "change",
    [
        {"hint_sms": " "},
        {"hint_sms": "x" * 161},
        {"hours_end": "09:00"},
        {"cap": "0"},
        {"cap_days": ""},
        {"hours_start": "25:00"},
    ],
)
def test_rules_that_cannot_be_used_are_told_and_nothing_is_kept(admin, change):
    response = admin.post("/settings/broadcasts/", {**RULES, **change})

    assert response.status_code == 422
    assert not SendingRules.objects.exists()


def test_an_agent_reads_the_rules_and_cannot_change_them(agent):
    PreferencePage.objects.create(account=agent.account, link_in_texts=True)

    page = words(agent.get("/settings/broadcasts/"))
    assert "You can read these settings" in page and "and so do texts" in page
    assert agent.post("/settings/broadcasts/", RULES).status_code == 403


def test_a_connection_has_a_speed(admin, connection):
    form = {"name": "Sandbox", "sender": "+14155550100", "channels": ["sms"], "rate": "12,5"}
    path = f"/settings/channels/{connection.id}/edit/"

    admin.post(path, form)
    assert Connection.objects.get(id=connection.id).rate == 12.5
    assert 'value="12.5"' in words(admin.get(path))

    assert admin.post(path, {**form, "rate": "fast"}).status_code == 422
    admin.post(path, {**form, "rate": ""})
    assert Connection.objects.get(id=connection.id).rate is None
