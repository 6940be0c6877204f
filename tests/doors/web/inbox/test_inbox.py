"""The Inbox as the admin, the agent and the outsider see it."""

import re

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from stopline.apps.consent import subscription
from stopline.apps.consent.models import Entry
from stopline.apps.inbox import conversation as conversations
from stopline.apps.inbox import receive
from stopline.apps.inbox.models import Conversation, SavedReply
from stopline.apps.inbox.reply import reply
from stopline.apps.sending.models import Message
from stopline.rules.words import MessageState, Source
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection(account):
    return make.connection(account)


@pytest.fixture
def ada(account):
    return make.contact(account, "Ada", last_name="Byron", email="ada@example.com")


@pytest.fixture
def talk(connection, ada):
    return write(connection, ada, "Is my bike ready?")


def write(connection, contact, text, **fields):
    taken = receive.take(connection, make.received(text, sender=contact.phone, **fields))
    return Conversation.objects.get(account=connection.account, id=taken.conversation_id)


def page(talk, *parts):
    return "/inbox/" + "".join(f"{part}/" for part in (talk.id, *parts))


def text_of(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def standing(contact, channel):
    return subscription.of(contact.account_id, contact.channels)[
        next(key for key in contact.channels if key[0] == channel)
    ].standing


def unsubscribe(contact, channel="sms"):
    subscription.unsubscribe(
        contact.account_id,
        [key for key in contact.channels if key[0] == channel],
        source=Source.ADMIN,
        actor=make.system(),
        contact_id=contact.id,
    )


def test_an_empty_inbox_says_what_to_do_first(agent):
    shown = text_of(agent.get("/inbox/"))

    assert "No open conversations" in shown and "Write a message" in shown


def test_a_row_shows_who_what_and_how_many(agent, talk):
    shown = agent.get("/inbox/").content.decode()

    assert "Ada Byron" in shown and "Is my bike ready?" in shown
    assert 'aria-label="1 unread"' in shown and 'aria-label="SMS"' in shown
    assert 'aria-label="Unsubscribed"' not in shown


def test_the_crossed_bell_stands_beside_who_is_unsubscribed_on_the_conversations_channel(agent, ada, talk):
    unsubscribe(ada, "whatsapp")
    assert 'aria-label="Unsubscribed"' not in agent.get("/inbox/").content.decode()

    unsubscribe(ada, "sms")

    assert 'aria-label="Unsubscribed"' in agent.get("/inbox/").content.decode()


def test_opening_a_conversation_marks_it_as_read(agent, talk):
    assert agent.get(page(talk)).status_code == 200

    talk.refresh_from_db()
    assert talk.unread == 0


def test_htmx_gets_the_panes_and_a_browser_going_back_the_page(agent, talk):
    part = agent.htmx.get(page(talk))
    whole = agent.htmx.get(page(talk), headers={"HX-History-Restore-Request": "true"})

    assert b"<html" not in part.content and b'id="thread-pane"' in part.content
    assert b"<html" in whole.content


def test_a_refresh_of_what_is_shown_already_answers_with_nothing(agent, talk):
    shown = agent.htmx.get("/inbox/list/")
    was = re.search(r'name="was" value="(\w+)"', shown.content.decode())[1]

    assert agent.htmx.get("/inbox/list/", {"was": was}).status_code == 204

    conversations.mark_read(talk)
    assert agent.htmx.get("/inbox/list/", {"was": was}).status_code == 200


def test_a_thread_is_refreshed_with_all_that_somebody_has_scrolled_back_to(agent, connection, ada, talk):
    state = agent.get(page(talk)).content.decode().partition('id="thread-shown"')[2]
    was, oldest = (re.search(rf'name="{name}"[^>]* value="([^"]+)"', state)[1] for name in ("was", "oldest"))
    assert agent.htmx.get(page(talk, "thread"), {"was": was, "oldest": oldest}).status_code == 204

    write(connection, ada, "Hello?")
    again = agent.htmx.get(page(talk, "thread"), {"was": was, "oldest": oldest})

    assert "Is my bike ready?" in text_of(again) and "Hello?" in text_of(again)
    assert "intersect once" in again.content.decode()  # marks it as read once it is seen


def test_sending_queues_the_message_on_the_chosen_channel(agent, talk):
    response = agent.htmx.post(page(talk), {"channel": "whatsapp", "text": "Yes!"})

    message = Message.objects.get(account=agent.account, kind="reply")
    assert response.status_code == 204 and "sent" in response["HX-Trigger"]
    assert (message.channel, message.text, message.author_id) == ("whatsapp", "Yes!", agent.member.id)


def test_without_javascript_sending_leads_back_to_the_conversation_on_the_same_channel(agent, talk):
    response = agent.post(page(talk), {"channel": "whatsapp", "text": "Yes!"})

    assert response.url == f"{page(talk)}?channel=whatsapp"
    assert "Yes!" in text_of(agent.get(response.url))


def test_an_empty_message_is_refused_with_what_to_do(agent, talk):
    response = agent.htmx.post(page(talk), {"channel": "sms", "text": "  "})

    assert response.status_code == 422 and b"Write something before you send it" in response.content


def test_the_composer_gives_way_to_an_alert_on_the_unsubscribed_channel_only(admin, agent, ada, talk):
    unsubscribe(ada)

    alert, other = admin.get(page(talk)), admin.get(page(talk), {"channel": "whatsapp"})

    assert "Ada Byron is unsubscribed from SMS" in text_of(alert)
    assert "#history" in alert.content.decode() and "Resubscribe" in text_of(alert)
    assert b"composer-text" not in alert.content and b'aria-label="Channel"' in alert.content
    assert b"composer-text" in other.content and "is unsubscribed from" not in text_of(other)
    assert "Only admins can resubscribe contacts. Ask Ana Ruiz." in text_of(agent.get(page(talk)))


def test_the_composer_is_drawn_anew_only_when_the_standing_on_its_channel_changes(agent, ada, talk):
    fresh = agent.htmx.get(page(talk, "composer"), {"channel": "sms"})
    was = re.search(r'name="was" value="([^"]+)"', fresh.content.decode())[1]
    asked = {"channel": "sms", "was": was}
    assert agent.htmx.get(page(talk, "composer"), asked).status_code == 204

    unsubscribe(ada, "whatsapp")
    other = agent.htmx.get(page(talk, "composer"), asked)
    unsubscribe(ada, "sms")
    own = agent.htmx.get(page(talk, "composer"), asked)

    assert other["HX-Reswap"] == "none" and "WhatsApp · unsubscribed" in text_of(other)
    assert b"composer-text" not in other.content
    assert "HX-Reswap" not in own and "is unsubscribed from SMS" in text_of(own)


def test_only_channels_with_an_address_are_offered(agent, connection, account):
    nameless = write(connection, make.contact(account, "Bo"), "Hi")

    assert "E-mail ·" not in text_of(agent.get(page(nameless)))


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ("queued", "Queued"),
        ("sent", "Sent"),
        ("delivered", "Delivered"),
        ("read", "Read"),
        ("failed", "Failed"),
        ("unknown", "Outcome unknown"),
    ],
)
def test_each_message_says_how_far_it_got(agent, talk, state, word):
    reply(agent.member, talk, "sms", "Yes!")
    Message.objects.filter(account=agent.account, kind="reply").update(state=state)

    assert word in text_of(agent.get(page(talk)))


def test_a_refused_message_says_why_and_leads_to_the_history(agent, talk, ada):
    unsubscribe(ada)
    entry = Entry.objects.filter(account=agent.account).first()
    reply(agent.member, talk, "sms", "Yes!")
    Message.objects.filter(account=agent.account, kind="reply").update(
        state=MessageState.REFUSED, refusal="unsubscribed", entry_id=entry.id
    )

    shown = agent.get(page(talk), {"channel": "whatsapp"})

    assert "Refused" in text_of(shown)
    assert "The contact is unsubscribed on this channel. Use another channel" in text_of(shown)
    assert f"/contacts/{ada.id}/#history" in shown.content.decode()


def test_what_failed_goes_again_at_once_and_what_may_be_lost_after_a_warning(agent, talk):
    lost = reply(agent.member, talk, "sms", "Yes!")
    Message.objects.filter(account=agent.account, id=lost.id).update(state=MessageState.UNKNOWN)

    dialog = agent.htmx.get(page(talk, "messages", lost.id, "again"))
    done = agent.htmx.post(page(talk, "messages", lost.id, "again"))

    assert "The contact may get it twice" in text_of(dialog)
    assert done.status_code == 204
    assert Message.objects.filter(account=agent.account, text="Yes!").count() == 2


def test_an_opt_out_shows_in_the_thread_where_it_happened(agent, connection, ada, talk):
    write(connection, ada, "STOP")

    assert "Replied “STOP”: unsubscribed from SMS, MMS, RCS" in text_of(agent.get(page(talk)))


def test_a_message_that_looks_like_an_opt_out_is_decided_in_the_thread(admin, agent, connection, ada, talk):
    write(connection, ada, "I never signed up for this, how did you get my number")
    flagged = Message.objects.get(account=admin.account, looks_like_opt_out=True)
    decide = [page(talk, "messages", flagged.id, how) for how in ("unsubscribe", "dismiss")]

    listed, shown = text_of(agent.get("/inbox/")), text_of(agent.get(page(talk)))
    assert "Looks like an opt-out" in listed and "Dismiss" in shown
    assert "Only admins can unsubscribe contacts. Ask Ana Ruiz." in shown

    refused = agent.htmx.post(decide[0])
    assert refused.status_code == 403 and standing(ada, "sms") == "subscribed"
    assert "Only admins can unsubscribe contacts. Ask Ana Ruiz." in refused.content.decode()

    assert admin.htmx.post(decide[0]).status_code == 204
    assert standing(ada, "sms") == "unsubscribed"
    assert admin.htmx.post(decide[1]).status_code == 409


def test_assign_close_reopen_and_unread(agent, talk):
    agent.htmx.post(page(talk, "assign"), {"assignee": str(agent.member.id)})
    agent.htmx.post(page(talk, "close"))
    talk.refresh_from_db()
    assert (talk.assignee_id, talk.state) == (agent.member.id, "closed")

    agent.post(page(talk, "reopen"))
    left = agent.htmx.post(page(talk, "unread"))

    talk.refresh_from_db()
    assert (talk.state, talk.unread) == ("open", 1)
    assert left["HX-Push-Url"] == "/inbox/"


def test_mark_all_as_read_and_close_all_read(agent, talk):
    assert "1 conversation marked as read." in agent.htmx.post("/inbox/read-all/")["HX-Trigger"]
    assert "1 conversation closed." in agent.htmx.post("/inbox/close-read/")["HX-Trigger"]

    talk.refresh_from_db()
    assert (talk.unread, talk.state) == (0, "closed")


def test_a_new_message_finds_the_contact_and_opens_the_conversation(agent, ada):
    dialog = agent.htmx.get("/inbox/new/", {"q": "byr"})
    response = agent.htmx.post("/inbox/new/", {"contact": str(ada.id)})

    talk = Conversation.objects.get(account=agent.account, contact_id=ada.id)
    assert "Ada Byron" in text_of(dialog)
    assert response["HX-Redirect"] == f"/inbox/{talk.id}/"


def profile_of(contact, **changed):
    """The profile form as the browser sends it back, with some boxes ticked otherwise."""
    standings = {channel: standing(contact, channel) for channel, _ in contact.channels}
    return {
        "profile-first_name": contact.first_name,
        "profile-last_name": contact.last_name,
        **{f"was-{channel}": value for channel, value in standings.items()},
        **{f"standing-{channel}": changed.get(channel, value) for channel, value in standings.items()},
    }


def test_the_profile_is_read_until_modify_is_on(admin, talk):
    read, form = (admin.htmx.get(page(talk, "profile"), {"modify": on}) for on in ("", "on"))

    assert b"<fieldset" not in read.content and "SMS subscribed" in text_of(read)
    assert b'name="standing-sms" value="subscribed" checked' in form.content
    assert "Save" in text_of(form)


def test_an_admin_unsubscribes_in_the_profile(admin, ada, talk):
    response = admin.htmx.post(page(talk, "profile"), profile_of(ada, sms="unsubscribed"))

    assert "Ada Byron saved." in response["HX-Trigger"] and "live:standing" in response["HX-Trigger"]
    assert (standing(ada, "sms"), standing(ada, "mms")) == ("unsubscribed", "subscribed")


def test_subscribing_again_in_the_profile_asks_for_reason_and_evidence(admin, ada, talk):
    unsubscribe(ada)
    wanted = profile_of(ada, sms="subscribed")

    bare = admin.htmx.post(page(talk, "profile"), wanted)
    assert bare.status_code == 422 and "Choose a reason" in text_of(bare)
    assert b'name="standing-sms" value="subscribed" checked' in bare.content
    assert standing(ada, "sms") == "unsubscribed"

    proof = {"reason": "asked", "evidence": "Called on 3 May: wants news again."}
    done = admin.htmx.post(page(talk, "profile"), {**wanted, **proof})
    assert done.status_code == 200, text_of(done)

    entry = Entry.objects.filter(account=admin.account, standing="subscribed").get()
    assert (standing(ada, "sms"), entry.reason) == ("subscribed", "asked")
    assert entry.evidence["text"] == "Called on 3 May: wants news again."


def test_both_boxes_or_none_is_no_answer(admin, ada, talk):
    both = {**profile_of(ada), "standing-sms": ["subscribed", "unsubscribed"]}

    response = admin.htmx.post(page(talk, "profile"), both)

    assert response.status_code == 422 and "tick Subscribed or Unsubscribed" in text_of(response)


@pytest.mark.parametrize(
    ("before", "after"), [("subscribed", "unsubscribed"), ("unsubscribed", "subscribed")]
)
def test_an_agent_can_not_change_a_standing_by_a_hand_made_post(admin, agent, ada, talk, before, after):
    if before == "unsubscribed":
        unsubscribe(ada)
    proof = {"reason": "asked", "evidence": "Trust me."}

    response = agent.htmx.post(page(talk, "profile"), {**profile_of(ada, sms=after), **proof})

    assert response.status_code == 403 and standing(ada, "sms") == before
    assert re.search(r"Only admins can (un|re)subscribe contacts\. Ask Ana Ruiz\.", response.content.decode())


def test_an_agent_changes_the_name_and_reads_why_the_standing_is_locked(admin, agent, ada, talk):
    form = agent.htmx.get(page(talk, "profile"), {"modify": "on"})
    assert "Only admins can unsubscribe contacts. Ask Ana Ruiz." in text_of(form)
    assert b"standing-sms" not in form.content

    names = {"profile-first_name": "Augusta", "profile-last_name": "King"}
    assert agent.htmx.post(page(talk, "profile"), names).status_code == 200

    ada.refresh_from_db()
    assert ada.full_name == "Augusta King"


def test_the_outsider_finds_nothing(outsider, admin, talk, ada):
    reply(admin.member, talk, "sms", "Yes!")
    message = Message.objects.get(account=admin.account, kind="reply")
    reads = [page(talk), *(page(talk, part) for part in ("thread", "composer", "profile"))]
    writes = [
        page(talk),
        *(page(talk, verb) for verb in ("assign", "close", "reopen", "read", "unread", "profile")),
        *(page(talk, "messages", message.id, verb) for verb in ("again", "dismiss", "unsubscribe")),
    ]

    assert {outsider.htmx.get(url).status_code for url in reads} == {404}
    assert {outsider.htmx.post(url).status_code for url in writes} == {404}
    assert outsider.htmx.post("/inbox/new/", {"contact": str(ada.id)}).status_code == 404
    assert "Ada" not in text_of(outsider.get("/inbox/", {"q": "ada"}))
    assert "Ada" not in text_of(outsider.htmx.get("/inbox/new/", {"q": "ada"}))


def test_the_number_of_queries_does_not_grow_with_what_there_is_to_show(agent, connection, account, talk):
    def queries(url, **asked):
        with CaptureQueriesContext(
            database,
        ) as captured:
            assert agent.get(url, asked).status_code == 200
        return len(captured)

    agent.get(page(talk))
    few = queries("/inbox/"), queries(page(talk))
    for each in range(12):
        write(connection, make.contact(account, f"Contact {each}"), "Hello")
        reply(agent.member, talk, "sms", f"Answer {each}")

    assert (queries("/inbox/"), queries(page(talk))) == few


def test_saved_replies_are_kept_inserted_and_removed(agent, talk):
    agent.htmx.post("/settings/saved-replies/add/", {"name": "Hours", "text": "We open at nine."})
    saved = SavedReply.objects.get(account=agent.account)

    assert 'data-insert="We open at nine."' in agent.get(page(talk)).content.decode()
    assert "We open at nine.</textarea>" in agent.get(page(talk), {"saved": saved.id}).content.decode()
    twice = agent.htmx.post("/settings/saved-replies/add/", {"name": "hours", "text": "Again"})
    assert twice.status_code == 422 and "already" in text_of(twice)

    agent.htmx.post(f"/settings/saved-replies/{saved.id}/remove/")
    assert not SavedReply.objects.filter(account=agent.account).exists()


def test_the_outsider_can_not_touch_saved_replies(outsider, agent):
    agent.htmx.post("/settings/saved-replies/add/", {"name": "Hours", "text": "We open at nine."})
    saved = SavedReply.objects.get(account=agent.account)

    answers = {
        outsider.htmx.post(f"/settings/saved-replies/{saved.id}/{verb}").status_code
        for verb in ("", "remove/")
    }

    assert answers == {404} and SavedReply.objects.filter(account=agent.account).exists()
