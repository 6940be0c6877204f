"""Looking after conversations: assignment, open and closed, read and unread, and what members write."""

import pytest

from stopline.apps.inbox import conversation as conversations
from stopline.apps.inbox import listing, profile, receive, thread
from stopline.apps.inbox.listing import Filters, Place
from stopline.apps.inbox.models import Conversation
from stopline.apps.inbox.reply import reply, send_again
from stopline.apps.sending.models import Message
from stopline.rules.errors import Conflict, InvalidInput, NotAllowed
from stopline.rules.words import Channel, MessageState, Standing
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return make.account()


@pytest.fixture
def connection(account):
    return make.connection(account)


@pytest.fixture
def ana(account):
    return make.member(account, "admin")


@pytest.fixture
def ben(account):
    return make.member(account, "agent")


def written(connection, text="Is my bike ready?", **fields):
    taken = receive.take(connection, make.received(text, **fields))
    return Conversation.objects.get(account=connection.account, id=taken.conversation_id)


def ids(page):
    return [row.conversation.id for row in page.rows]


def test_opening_a_conversation_twice_gives_the_same_one(account):
    ada = make.contact(account)

    first, second = conversations.open_with(ada), conversations.open_with(ada)

    assert first.id == second.id
    assert first.channel == "sms"


def test_a_contact_without_an_address_can_not_be_written_to(account):
    nobody = make.contact(account, phone="")

    with pytest.raises(InvalidInput, match="no phone number and no e-mail"):
        conversations.open_with(nobody)


def test_a_reply_is_queued_and_moves_the_conversation_up_and_open(account, connection, ana):
    talk = written(connection)
    conversations.close(talk)

    message = reply(ana, talk, "whatsapp", "Yes, come by!")

    talk.refresh_from_db()
    assert (message.state, message.kind, message.author_id) == (MessageState.QUEUED, "reply", ana.id)
    assert (talk.channel, talk.last_line, talk.state) == ("whatsapp", "Yes, come by!", "open")
    assert talk.last_is_ours and talk.contact.last_activity_at is not None


def test_a_reply_to_someone_unsubscribed_is_queued_for_the_gate_to_judge(account, connection, ana):
    talk = conversations.open_with(make.contact(account, sms="unsubscribed"))

    assert reply(ana, talk, "sms", "Hello?").state == MessageState.QUEUED


@pytest.mark.parametrize("channel", ["email", "chat", "pigeon", ""])
def test_a_channel_the_contact_has_no_address_on_is_refused_with_what_to_do(
    account, connection, ana, channel
):
    talk = conversations.open_with(make.contact(account))

    with pytest.raises(InvalidInput, match=r"Choose|address"):
        reply(ana, talk, channel, "Hello")
    assert not Message.objects.filter(account=account).exists()


def test_only_what_failed_or_may_be_lost_goes_again_and_as_a_new_message(account, connection, ana):
    talk = conversations.open_with(make.contact(account))
    lost = reply(ana, talk, "sms", "Hello")
    with pytest.raises(Conflict, match="would repeat it"):
        send_again(ana, talk, lost)
    Message.objects.filter(account=account).update(state=MessageState.UNKNOWN)
    lost.refresh_from_db()

    again = send_again(ana, talk, lost)

    assert again.id != lost.id and again.text == "Hello"
    assert Message.objects.get(account=account, id=lost.id).state == MessageState.UNKNOWN


def test_a_conversation_is_assigned_to_members_of_the_account_only(account, connection, ana):
    talk = written(connection)
    stranger = make.member(make.account("Elsewhere"), name="Eve Outside")

    conversations.assign(talk, ana.id)

    assert talk.assignee_id == ana.id
    with pytest.raises(InvalidInput):
        conversations.assign(talk, stranger.id)
    conversations.assign(talk, None)
    assert talk.assignee_id is None


def test_a_new_message_opens_a_closed_conversation_again(account, connection):
    talk = written(connection, sender="+14155550123")
    conversations.close(talk)

    written(connection, "One more thing", sender="+14155550123")

    talk.refresh_from_db()
    assert talk.is_open and talk.unread == 2


def test_read_and_unread_for_one_and_for_all(account, connection):
    first, second = written(connection), written(connection)
    conversations.mark_read(first)
    assert conversations.mark_all_read(account) == 1

    conversations.mark_unread(second)

    assert (first.unread, second.unread) == (0, 1)


def test_closing_all_read_leaves_what_is_unread_or_waits_for_a_decision(account, connection):
    done, unread = written(connection), written(connection)
    waiting = written(connection, "I never signed up for this, how did you get my number")
    assert waiting.unclear == 1
    conversations.mark_read(done)
    conversations.mark_read(waiting)

    assert conversations.close_all_read(account) == 1

    for talk, still_open in ((done, False), (unread, True), (waiting, True)):
        talk.refresh_from_db()
        assert talk.is_open is still_open


def test_each_tab_shows_its_own_and_counts_it(account, connection, ana):
    fresh, done = written(connection), written(connection)
    conversations.mark_read(done)
    conversations.close(done)

    shown = {tab: ids(listing.page(ana, Filters(tab))) for tab in listing.TABS}

    assert shown == {"open": [fresh.id], "closed": [done.id], "unread": [fresh.id]}
    assert listing.counts(ana, Filters()) == {"open": 1, "closed": 1, "unread": 1}


def test_the_assignment_filter_knows_mine_nobodys_and_a_colleagues(account, connection, ana, ben):
    mine, bens, nobodys = written(connection), written(connection), written(connection)
    conversations.assign(mine, ana.id)
    conversations.assign(bens, ben.id)

    shown = {who: ids(listing.page(ana, Filters(who=who))) for who in ("mine", str(ben.id), "unassigned")}

    assert shown == {"mine": [mine.id], str(ben.id): [bens.id], "unassigned": [nobodys.id]}


def test_a_search_finds_closed_ones_too_and_offers_contacts_nobody_talked_to(account, connection, ana):
    talk = written(connection, sender="+14155550199")
    conversations.close(talk)
    quiet = make.contact(account, "Zoe", phone="+14155550198")

    assert ids(listing.page(ana, Filters(text="555 0199"))) == [talk.id]
    assert listing.others(ana, "zoe") == [quiet]


def test_conversations_in_which_nothing_was_said_are_in_no_list(account, ana):
    conversations.open_with(make.contact(account))

    assert ids(listing.page(ana, Filters())) == []


def test_pages_follow_each_other_without_gaps_even_at_the_same_moment(account, connection, ana):
    talks = [written(connection) for _ in range(7)]
    Conversation.objects.filter(account=account).update(last_message_at=talks[0].last_message_at)

    seen, after = [], None
    while True:
        page = listing.page(ana, Filters(), after=after, size=2)
        seen += ids(page)
        if not page.more:
            break
        last = page.rows[-1].conversation
        after = Place(last.last_message_at, last.id)

    assert sorted(seen) == sorted(talk.id for talk in talks) and len(seen) == 7


def test_a_row_knows_whether_the_contact_is_unsubscribed_on_its_channel(account, connection, ana):
    number = make.phone()
    make.contact(account, phone=number, sms="unsubscribed")
    written(connection, "Hello", sender=number)
    assert [row.unsubscribed for row in listing.page(ana, Filters()).rows] == [True]

    written(connection, "Hello", sender=number, channel="whatsapp")

    assert [row.unsubscribed for row in listing.page(ana, Filters()).rows] == [False]


def test_the_thread_tells_messages_and_changes_of_consent_in_order(account, connection):
    number = make.phone()
    written(connection, "Hello", sender=number)
    talk = written(connection, "STOP", sender=number)

    found = thread.read(talk)

    kinds = [getattr(item, "kind", "change") for item in found.items]
    assert kinds == ["inbound", "inbound", "change", "opt_out_confirmation"]
    assert {entry.channel for entry in found.items[2].entries} == {"sms", "mms", "rcs"}


def test_older_messages_come_a_page_at_a_time_and_each_once(account, connection, monkeypatch):
    monkeypatch.setattr(thread, "PAGE", 3)
    number = make.phone()
    for each in range(8):
        talk = written(connection, f"Message {each}", sender=number)

    newest = thread.read(talk)
    middle = thread.read(talk, before=newest.oldest)
    first = thread.read(talk, before=middle.oldest)

    told = [[message.text[-1] for message in page.messages] for page in (first, middle, newest)]
    assert told == [["0", "1"], ["2", "3", "4"], ["5", "6", "7"]]
    assert (newest.more, middle.more, first.more) == (True, True, False)
    assert len(thread.read(talk, since=middle.oldest).messages) == 6


def test_the_profile_saves_name_fields_and_standing_together(account, ana):
    ada = make.contact(account, email="ada@example.com", sms="unsubscribed")
    wanted = profile.Wanted("Adele", "", {}, {Channel.EMAIL: Standing.UNSUBSCRIBED})

    changes = profile.save(ana, ada, wanted)

    ada.refresh_from_db()
    assert (ada.first_name, [change.channel for change in changes]) == ("Adele", ["email"])


def test_an_agents_change_of_standing_changes_nothing_at_all(account, ana, ben):
    ada = make.contact(account, sms="unsubscribed")
    wanted = profile.Wanted(
        "Mallory", "", {}, {Channel.SMS: Standing.SUBSCRIBED}, "asked", {"text": "She called."}
    )

    with pytest.raises(NotAllowed, match=r"Only admins can resubscribe contacts\. Ask Ana Ruiz"):
        profile.save(ben, ada, wanted)

    ada.refresh_from_db()
    assert ada.first_name == "Ada"
