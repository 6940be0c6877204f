"""A broadcast from Send to Sent: who gets it, what each is told, and what happens when somebody says stop meanwhile."""

import asyncio
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from stopline.apps.broadcasts import broadcast as broadcasts
from stopline.apps.broadcasts import composing, progress, recipients, running, writing
from stopline.apps.broadcasts.models import Broadcast
from stopline.apps.consent import subscription
from stopline.apps.sending import routes
from stopline.apps.sending.media import Attached
from stopline.apps.sending.models import MediaFile, Message, SendingRules, Stream
from stopline.rules.errors import Conflict, InvalidInput
from stopline.rules.words import Source
from tests import make
from tests.apps.broadcasts.conftest import course, draft, fresh, hand_over, in_worker, sent

pytestmark = pytest.mark.django_db(transaction=True)


def stop(account, contact, channel="sms"):
    address = contact.email if channel == "email" else contact.phone
    return subscription.unsubscribe(
        account.id, [(channel, address)], source=Source.KEYWORD, actor=make.system(), contact_id=contact.id
    )


def states(broadcast):
    rows = Message.objects.filter(account_id=broadcast.account_id, broadcast_id=broadcast.id)
    return sorted(rows.values_list("state", flat=True))


def test_everybody_who_may_be_messaged_gets_it_once_in_words_of_their_own(account, admin, provider):
    people = [make.contact(account, name) for name in ("Ada", "Bo", "Cy")]
    make.contact(account, "Dee", sms="unsubscribed")
    broadcast = draft(admin)
    broadcasts.send(admin, broadcast)

    done = course(broadcast)

    assert done.state == Broadcast.State.DONE
    assert (done.looked_at, done.messages, done.left_out) == (4, 3, {"unsubscribed": 1})
    assert sorted(body["text"] for body in provider.got) == ["Hello Ada", "Hello Bo", "Hello Cy"]
    assert sorted(body["to"] for body in provider.got) == sorted(person.phone for person in people)
    texts = Message.objects.filter(broadcast_id=broadcast.id).values_list("text", flat=True)
    assert sorted(texts) == ["Hello Ada", "Hello Bo", "Hello Cy"]


def test_one_who_says_stop_after_it_was_written_is_refused_and_the_others_are_served(
    account, admin, provider
):
    ada, bo = make.contact(account, "Ada"), make.contact(account, "Bo")
    broadcast = sent(admin)
    stop(account, ada)

    hand_over()

    assert [body["to"] for body in provider.got] == [bo.phone]
    refused = Message.objects.get(broadcast_id=broadcast.id, contact_id=ada.id)
    assert (refused.state, refused.refusal, refused.text) == ("refused", "unsubscribed", "")
    assert refused.entry_id


def test_the_first_channel_on_which_each_can_be_reached_is_taken(account, admin):
    by_sms = make.contact(account, "Ada", email="ada@example.com")
    by_mail = make.contact(account, "Bo", sms="unsubscribed", email="bo@example.com")
    make.contact(account, "Cy", sms="unsubscribed")

    broadcast = sent(admin, channels=("sms", "email"))

    found = Message.objects.filter(broadcast_id=broadcast.id).values_list("contact_id", "channel", "address")
    assert sorted(found) == sorted(
        [(by_sms.id, "sms", by_sms.phone), (by_mail.id, "email", "bo@example.com")]
    )
    assert broadcast.left_out == {"unsubscribed": 1}


def test_every_channel_is_taken_where_that_is_wanted(account, admin):
    contact = make.contact(account, "Ada", email="ada@example.com", whatsapp="unsubscribed")

    broadcast = sent(admin, channels=("sms", "whatsapp", "email"), pick="all")

    found = Message.objects.filter(broadcast_id=broadcast.id).values_list("contact_id", "channel")
    assert sorted(found) == [(contact.id, "email"), (contact.id, "sms")]


def test_writing_goes_on_where_a_dead_worker_stopped_and_nobody_gets_two(account, admin):
    for _ in range(5):
        make.contact(account)
    broadcast = draft(admin)
    broadcasts.send(admin, broadcast)

    assert writing.advance(account.id, broadcast.id, size=2)
    assert writing.advance(account.id, broadcast.id, size=2)
    assert not writing.advance(account.id, broadcast.id, size=2)
    assert not writing.advance(account.id, broadcast.id, size=2)

    assert fresh(broadcast).messages == 5
    assert Message.objects.filter(broadcast_id=broadcast.id).values("contact_id").distinct().count() == 5


def test_a_paused_broadcast_stays_where_it_is_and_goes_on_when_it_is_resumed(account, admin, provider):
    make.contact(account)
    broadcast = sent(admin)

    broadcasts.pause(broadcast)
    assert hand_over() == []
    running.look()
    assert fresh(broadcast).state == Broadcast.State.PAUSED

    broadcasts.resume(fresh(broadcast))
    hand_over()
    running.look()
    assert fresh(broadcast).state == Broadcast.State.DONE
    assert len(provider.got) == 1


def test_what_a_worker_has_in_hand_stays_when_its_broadcast_is_paused(account, admin, provider):
    """Claimed, and not yet started: the notice of the pause arrives in between."""
    make.contact(account)
    broadcast = sent(admin)

    async def work(handover):
        claimed = await handover.claim_stream()
        handover.flying[account.id, broadcast.id] += 1  # as if another batch of it flew
        await asyncio.to_thread(paused)
        await handover.look_at_stopped()
        await handover.hand_over(claimed)

    def paused():
        try:
            broadcasts.pause(broadcast)
        finally:
            connection.close()

    in_worker(work)

    assert provider.got == []
    assert states(broadcast) == ["queued"]
    broadcasts.resume(fresh(broadcast))
    hand_over()
    assert len(provider.got) == 1


def test_what_was_cancelled_never_leaves_and_says_so(account, admin, provider):
    make.contact(account)
    broadcast = sent(admin)

    broadcasts.cancel(broadcast)
    assert hand_over() == []
    running.look()

    assert states(broadcast) == ["cancelled"]
    assert provider.got == []
    with pytest.raises(Conflict):
        broadcasts.resume(fresh(broadcast))


def test_what_was_sent_cannot_be_changed(account, admin):
    make.contact(account)
    broadcast = sent(admin)

    for change in (
        lambda: broadcasts.change(broadcast, name="Other"),
        lambda: composing.write(broadcast, "sms", text="Other"),
        lambda: broadcasts.send(admin, broadcast),
        lambda: broadcasts.delete(broadcast),
    ):
        with pytest.raises(Conflict):
            change()


def test_an_unknown_field_is_named_before_anything_is_sent(account, admin):
    with pytest.raises(InvalidInput, match="first_nme"):
        draft(admin, "Hello {{ first_nme }}")


def test_marketing_outside_the_persons_hours_waits_for_them(account, admin, provider, monkeypatch):
    asleep = make.contact(account, phone="+81355550100")  # Tokyo
    broadcast = sent(admin, purpose="marketing")
    opens = timezone.now() + timedelta(hours=3)
    monkeypatch.setattr("stopline.apps.sending.timing._opens", lambda *_: opens)

    hand_over()

    waiting = Message.objects.get(broadcast_id=broadcast.id)
    assert (waiting.contact_id, waiting.state, waiting.refusal) == (asleep.id, "queued", "hours")
    assert abs(waiting.due_at - opens) < timedelta(seconds=5)
    assert waiting.attempts == 0
    assert progress.of(fresh(broadcast)).waiting == {"hours": 1}
    assert provider.got == []


def test_who_has_had_enough_is_left_out_and_refused_where_it_was_written_before(account, admin, provider):
    SendingRules.objects.create(account=account, cap=1, cap_days=7, keeps_hours=False)
    make.contact(account)
    first, second = (sent(admin, purpose="marketing") for _ in range(2))

    hand_over()

    assert sorted([*states(first), *states(second)]) == ["refused", "sent"]
    assert len(provider.got) == 1
    third = sent(admin, purpose="marketing")
    assert third.left_out == {"capped": 1}


def test_marketing_says_how_to_stop(account, admin, provider):
    SendingRules.objects.create(account=account, keeps_hours=False)
    make.contact(account, "Ada")
    sent(admin, purpose="marketing")

    hand_over()

    assert [body["text"] for body in provider.got] == ["Hello Ada\n\nReply STOP to unsubscribe."]


def test_its_speed_is_kept(account, admin, provider):
    for _ in range(5):
        make.contact(account)
    broadcast = sent(admin, rate=2)

    assert len(set(hand_over(batches=1))) == 1  # one at a time: half a second's worth
    stream = Stream.objects.get(broadcast_id=broadcast.id)
    rest = (stream.free_at - stream.served_at).total_seconds()
    assert rest == pytest.approx(0.5, abs=0.05)
    assert len(provider.got) == 1


def test_accounts_and_broadcasts_take_turns(account, admin, provider, monkeypatch):
    monkeypatch.setattr("stopline.apps.sending.handover.BATCH", 1)
    other = make.account("Other")
    make.connection(other)
    for owner in (account, account, other):
        make.contact(owner)
    mine = [sent(admin), sent(admin)]
    theirs = sent(make.member(other))
    names = {mine[0].id: "mine 1", mine[1].id: "mine 2", theirs.id: "theirs"}

    order = served_in_turn(7)

    assert [names[each] for each in order[:2]].count("theirs") == 1
    assert {names[each] for each in order[:3]} == {"mine 1", "mine 2", "theirs"} or "theirs" in {
        names[each] for each in order[:2]
    }


def served_in_turn(batches):
    import asyncio

    from psycopg_pool import AsyncConnectionPool

    from stopline.apps.accounts import live
    from stopline.apps.sending.handover import Handover

    async def worker():
        async with AsyncConnectionPool(
            kwargs=live.connection_parameters(), min_size=1, max_size=2, open=False
        ) as pool:
            handover = Handover(pool, batch=1)
            found = []
            for _ in range(batches):
                claimed = await handover.claim_stream()
                found += [each.broadcast_id for each in claimed]
            await handover.close()
            return found

    return asyncio.run(worker())


def test_a_route_added_while_it_is_written_takes_its_share(account, admin, provider):
    make.contact(account, phone="+12125550100")
    make.contact(account, phone="+493055500100")
    broadcast = draft(admin)
    broadcasts.send(admin, broadcast)
    writing.advance(account.id, broadcast.id, size=1)
    routes.put(admin, "sms", "+49", make.connection(account, name="Germany").id)

    assert course(broadcast).state == Broadcast.State.DONE
    assert len(provider.got) == 2


def test_a_scheduled_one_begins_when_its_time_comes(account, admin, provider):
    make.contact(account)
    broadcast = draft(admin, starts_at=timezone.now() + timedelta(hours=1))
    broadcasts.send(admin, broadcast)
    running.look()
    assert fresh(broadcast).state == Broadcast.State.SCHEDULED

    Broadcast.objects.filter(pk=broadcast.pk).update(starts_at=timezone.now())
    running.look()
    assert course(broadcast).state == Broadcast.State.DONE


def test_on_each_contacts_own_clock_it_is_due_hour_by_hour(account, admin):
    new_york, berlin = (
        make.contact(account, phone="+12125550100"),
        make.contact(account, phone="+493055500100"),
    )
    starts = (timezone.now() + timedelta(hours=20)).replace(minute=0, second=0, microsecond=0)
    broadcast = draft(admin, starts_at=starts, local_time=True)
    broadcasts.send(admin, broadcast)
    running.look()
    writing.run(account.id, broadcast.id)

    due = dict(Message.objects.filter(broadcast_id=broadcast.id).values_list("contact_id", "due_at"))
    assert due[new_york.id] == starts
    assert timedelta(hours=4) <= due[new_york.id] - due[berlin.id] <= timedelta(hours=7)


def test_what_nobody_knows_the_outcome_of_goes_again_only_when_a_person_says_so(account, admin, provider):
    make.contact(account)
    broadcast = sent(admin)
    Message.objects.filter(broadcast_id=broadcast.id).update(state="unknown", failure="?")
    running.look()
    assert fresh(broadcast).state == Broadcast.State.DONE

    assert broadcasts.retry_unknown(admin, fresh(broadcast)) == 1
    hand_over()
    running.look()

    assert states(broadcast) == ["sent"]
    assert fresh(broadcast).state == Broadcast.State.DONE


def test_progress_counts_what_became_of_each(account, admin, provider):
    ada, bo = make.contact(account, "Ada"), make.contact(account, "Bo")
    broadcast = sent(admin)
    stop(account, ada)
    hand_over()
    stop(account, bo)

    found = progress.of(fresh(broadcast))

    assert found.states == {"sent": 1, "refused": 1}
    assert found.refusals == {"unsubscribed": 1}
    assert found.unsubscribes == {"keyword": 1}
    assert (found.messages, found.left, found.settled) == (2, 1, 2)
    rows = recipients.page(broadcast, recipients.Filters(state="refused")).messages
    assert [message.contact_id for message in rows] == [ada.id]


def test_a_copy_says_the_same_with_files_of_its_own(account, admin):
    make.contact(account)
    original = draft(admin, channels=["mms"])
    composing.attach(original, "mms", [Attached("a.png", "image/png", b"\x89PNG\r\n\x1a\n" + b"0" * 20)])

    copy = broadcasts.copy(admin, original)
    composing.attach(original, "mms", [])

    said = composing.contents(copy)["mms"]
    assert said.text == "Hello {{ first_name }}"
    assert [str(file.id) for file in MediaFile.objects.filter(broadcast_id=copy.id)] == [said.media[0]["id"]]
