"""What WhatsApp does its own way: payloads, the handshake, files, templates, and when people change their minds."""

import asyncio
import uuid
from dataclasses import replace

import pytest
from aiohttp import web

from stopline.apps.consent.models import Subscription
from stopline.apps.inbox import opt_outs
from stopline.providers.base import InboundMedia, Media, Outgoing, Request, Template, Way
from stopline.providers.errors import MessageRefused, Misconfigured, TryLater
from stopline.providers.whatsapp_cloud import WHATSAPP_CLOUD, graph, media
from stopline.providers.whatsapp_cloud.templates import read
from stopline.rules.errors import NotAllowed, NotFound
from stopline.rules.words import Channel, Standing
from tests import loopback, make
from tests.providers.contract import permit
from tests.providers.whatsapp_cloud.samples import SHEENA, WAMID, error, preference

WAY = Way(
    uuid.UUID(int=1),
    "whatsapp_cloud",
    "+15550783881",
    {"phone_number_id": "106540352242922", "waba_id": "102290129340398"},
    "ConnectionToken",
    {"access_token": "EAAJB", "app_secret": "secret", "verify_token": "meatyhamhock"},
)
# Meta's sample of message_templates, and one with named variables, a file and buttons.
DELIVERY = {
    "name": "order_delivery_update",
    "components": [
        {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}", "example": {"header_text": ["566701"]}},
        {
            "type": "BODY",
            "text": "Good news {{1}}! Your order #{{2}} is on its way.",
            "example": {"body_text": [["Mark", "566701"]]},
        },
        {"type": "FOOTER", "text": "To stop receiving delivery updates, tap the button below."},
        {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Stop Delivery Updates"}]},
    ],
    "language": "en_US",
    "status": "APPROVED",
    "category": "UTILITY",
    "id": "1667192013751005",
}
SALE = {
    "name": "sale",
    "parameter_format": "NAMED",
    "language": "en",
    "status": "APPROVED",
    "category": "MARKETING",
    "components": [
        {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::aW"]}},
        {
            "type": "BODY",
            "text": "Hi {{first_name}}, the sale is on.",
            "example": {"body_text_named_params": [{"param_name": "first_name", "example": "Pablo"}]},
        },
        {
            "type": "BUTTONS",
            "buttons": [
                {"type": "URL", "text": "Shop", "url": "https://shop.example/{{1}}", "example": ["summer"]},
                {"type": "COPY_CODE", "text": "Copy code", "example": ["250FF"]},
            ],
        },
    ],
}


@pytest.fixture(autouse=True)
def _loopback(monkeypatch):
    monkeypatch.setenv("STOPLINE_PRIVATE_NETWORKS", "127.0.0.0/8")


@pytest.fixture
def meta(monkeypatch):
    with loopback.provider(loopback.answers(200, {"messages": [{"id": WAMID}]})) as playing:
        monkeypatch.setattr(graph, "GRAPH", playing.url)
        yield playing


def send(**parts):
    message = Outgoing(uuid.uuid4(), Channel.WHATSAPP, SHEENA, parts.pop("text", ""), WAY, **parts)

    async def work():
        sender = WHATSAPP_CLOUD.sender()
        try:
            return await sender.send(permit(message), message)
        finally:
            await sender.close()

    return asyncio.run(work())


def test_a_text_goes_to_the_numbers_own_address_with_the_token(meta):
    send(text="Your bike is ready.")

    request = meta.requests[0]
    assert request.path == f"/{graph.VERSION}/106540352242922/messages"
    assert request.headers["Authorization"] == "Bearer EAAJB"
    assert meta.got == [
        {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": SHEENA,
            "type": "text",
            "text": {"preview_url": False, "body": "Your bike is ready."},
        }
    ]


@pytest.mark.parametrize(
    ("content_type", "name", "text", "expected"),
    [
        (
            "image/png",
            "a.png",
            "Look",
            {"type": "image", "image": {"link": "https://x/a", "caption": "Look"}},
        ),
        ("video/mp4", "a.mp4", "", {"type": "video", "video": {"link": "https://x/a"}}),
        ("audio/ogg; codecs=opus", "a.ogg", "", {"type": "audio", "audio": {"link": "https://x/a"}}),
        (
            "application/pdf",
            "Invoice.pdf",
            "Yours",
            {
                "type": "document",
                "document": {"link": "https://x/a", "caption": "Yours", "filename": "Invoice.pdf"},
            },
        ),
    ],
)
def test_a_file_goes_by_its_link(meta, content_type, name, text, expected):
    send(text=text, media=(Media("https://x/a", content_type, name),))

    assert meta.got[0] | expected == meta.got[0]


@pytest.mark.parametrize(
    "parts",
    [
        {"text": "x" * 4097},
        {"text": "x" * 1025, "media": (Media("https://x/a", "image/png", "a"),)},
        {"text": "words", "media": (Media("https://x/a", "audio/ogg", "a"),)},
        {"media": (Media("https://x/a", "image/png", "a"), Media("https://x/b", "image/png", "b"))},
    ],
    ids=["long text", "long caption", "words with a sound", "two files"],
)
def test_what_whatsapp_has_no_place_for_is_refused_before_anything_leaves(meta, parts):
    with pytest.raises(MessageRefused):
        send(**parts)

    assert not meta.requests


def test_a_templates_variables_go_where_they_belong_in_their_order(meta):
    variables = {f"body:{number}": f"v{number}" for number in (10, 9, 1, 2, 3, 4, 5, 6, 7, 8)}
    send(text="shown", template=Template("order", "en_US", {**variables, "header:1": "H"}))

    template = meta.got[0]["template"]
    assert (template["name"], template["language"]) == ("order", {"code": "en_US"})
    assert template["components"] == [
        {
            "type": "body",
            "parameters": [{"type": "text", "text": f"v{number}"} for number in range(1, 11)],
        },
        {"type": "header", "parameters": [{"type": "text", "text": "H"}]},
    ]


def test_named_variables_files_and_buttons_of_a_template(meta):
    values = {
        "header:image": "https://x/a.png",
        "body:first_name": "Ada",
        "button:0:1": "summer",
        "button:1:coupon_code": "250FF",
    }
    send(template=Template("sale", "en", values))

    assert meta.got[0]["template"]["components"] == [
        {"type": "body", "parameters": [{"type": "text", "text": "Ada", "parameter_name": "first_name"}]},
        {
            "type": "button",
            "sub_type": "url",
            "index": "0",
            "parameters": [{"type": "text", "text": "summer"}],
        },
        {
            "type": "button",
            "sub_type": "copy_code",
            "index": "1",
            "parameters": [{"type": "coupon_code", "coupon_code": "250FF"}],
        },
        {"type": "header", "parameters": [{"type": "image", "image": {"link": "https://x/a.png"}}]},
    ]


# The handshake


def ask(query, way=WAY):
    return WHATSAPP_CLOUD.receiver().handshake(Request(b"", {}, "GET", query), way)


def test_metas_challenge_is_answered_in_its_own_words():
    query = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=meatyhamhock"

    assert ask(query).body == b"1158201444"
    assert ask(query).status == 200


def test_without_a_verify_token_of_its_own_the_connections_token_is_it():
    way = replace(WAY, credentials={})

    assert ask("hub.mode=subscribe&hub.challenge=1&hub.verify_token=ConnectionToken", way).body == b"1"


@pytest.mark.parametrize("token", ["", "&hub.verify_token=", "&hub.verify_token=MEATYHAMHOCK"])
def test_a_challenge_with_another_token_is_refused(token):
    with pytest.raises(NotAllowed):
        ask(f"hub.mode=subscribe&hub.challenge=1{token}")


def test_a_connection_without_an_app_secret_takes_nothing():
    with pytest.raises(NotAllowed, match="app secret"):
        WHATSAPP_CLOUD.receiver().verify(Request(b"{}", {}), replace(WAY, credentials={}))


# Files


def fetch(known="1003383421387256"):
    return asyncio.run(WHATSAPP_CLOUD.receiver().fetch(WAY, InboundMedia("image/jpeg", "a.jpg", known)))


def test_a_file_is_fetched_with_the_token_from_where_its_id_points(meta):
    async def answer(request):
        assert request.headers["Authorization"] == "Bearer EAAJB"
        if request.path == "/file":
            return web.Response(body=b"JPEG")
        return web.json_response({"url": f"{meta.url}/file", "mime_type": "image/jpeg", "file_size": 4})

    meta.answer = answer

    found = fetch()

    assert (found.content, found.content_type, found.name) == (b"JPEG", "image/jpeg", "a.jpg")
    assert meta.requests[0].path == f"/{graph.VERSION}/1003383421387256"


@pytest.mark.parametrize("known", ["", "../me", "1/2", "http://localhost"])
def test_what_is_no_media_id_is_not_asked_for(meta, known):
    with pytest.raises(NotFound):
        fetch(known)

    assert not meta.requests


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, error(100, error_subcode=33), NotFound),
        (404, {}, NotFound),
        (401, error(190), Misconfigured),
        (429, {}, TryLater),
        (500, {}, TryLater),
        (200, {}, TryLater),
    ],
)
def test_a_file_that_cannot_be_had_says_what_to_do(meta, status, body, expected):
    meta.answer = loopback.answers(status, body)

    with pytest.raises(expected):
        fetch()


def test_a_huge_file_is_left_where_it_is(meta, monkeypatch):
    monkeypatch.setattr(media, "LARGEST", 100)

    async def answer(request):
        if request.path == "/file":
            return web.Response(body=b"x" * 101)
        return web.json_response({"url": f"{meta.url}/file"})

    meta.answer = answer

    with pytest.raises(NotFound, match="larger"):
        fetch()


def test_a_file_that_breaks_off_is_tried_later(meta):
    async def answer(request):
        if request.path == "/file":
            return await loopback.stops_half_way(request)
        return web.json_response({"url": f"{meta.url}/file"})

    meta.answer = answer

    with pytest.raises(TryLater):
        fetch()


# Templates


def listed():
    async def work():
        templates = WHATSAPP_CLOUD.templates()
        try:
            return [each async for each in templates.listed(WAY)]
        finally:
            await templates.close()

    return asyncio.run(work())


def test_every_page_of_the_templates_is_read(meta):
    async def answer(request):
        if request.query.get("after") == "MjQZD":
            return web.json_response({"data": [SALE], "paging": {"cursors": {"after": "XyZ"}}})
        paging = {
            "cursors": {"before": "MAZDZD", "after": "MjQZD"},
            "next": "https://graph.facebook.com/next",
        }
        return web.json_response({"data": [DELIVERY, "odd", {"name": 1}], "paging": paging})

    meta.answer = answer

    assert [each.name for each in listed()] == ["order_delivery_update", "sale"]
    assert len(meta.requests) == 2


def test_templates_of_an_account_that_is_not_ours_say_so(meta):
    meta.answer = loopback.answers(403, error(200))

    with pytest.raises(Misconfigured, match="permission"):
        listed()


def test_a_templates_variables_are_counted_from_its_components():
    found = read(DELIVERY)

    assert (found.category, found.approved, found.hindrance) == ("utility", True, "")
    assert [(each.key, each.label, each.example) for each in found.variables] == [
        ("header:1", "Header 1", "566701"),
        ("body:1", "Text 1", "Mark"),
        ("body:2", "Text 2", "566701"),
    ]
    assert found.buttons == ("Stop Delivery Updates",)


def test_named_variables_files_links_and_codes_are_variables_too():
    assert [(each.key, each.label) for each in read(SALE).variables] == [
        ("header:image", "Web address of the image"),
        ("body:first_name", "First name"),
        ("button:0:1", "End of the link “Shop”"),
        ("button:1:coupon_code", "Code to copy with “Copy code”"),
    ]


@pytest.mark.parametrize(
    "component",
    [
        {"type": "CAROUSEL", "cards": []},
        {"type": "HEADER", "format": "LOCATION"},
        {"type": "LIMITED_TIME_OFFER"},
    ],
)
def test_a_template_that_cannot_be_filled_in_here_says_why(component):
    found = read({**DELIVERY, "components": [{"type": "BODY", "text": "Hi"}, component]})

    assert "can't be filled in" in found.hindrance


# Changing one's mind


@pytest.mark.django_db
def test_a_resume_that_arrives_after_a_later_stop_lifts_nothing():
    connection = make.connection(make.account(), provider="whatsapp_cloud", channels=["whatsapp"])
    earlier = replace(preference.resumed, at=preference.stopped.at.replace(year=2023))
    later = replace(preference.resumed, at=preference.stopped.at.replace(year=2025))
    standing = Subscription.objects.filter(
        account_id=connection.account_id, channel="whatsapp", address=SHEENA
    )

    opt_outs.take(connection, preference.stopped)
    opt_outs.take(connection, earlier)
    assert standing.get().standing == Standing.UNSUBSCRIBED

    opt_outs.take(connection, later)
    assert standing.get().standing == Standing.SUBSCRIBED


@pytest.mark.parametrize(
    ("wa_id", "number"),
    [
        ("16505551234", "+16505551234"),
        ("5215512345678", "+525512345678"),
        ("525512345678", "+525512345678"),
        ("551187654321", "+5511987654321"),
        ("5511987654321", "+5511987654321"),
        ("551133334444", "+551133334444"),
        ("5491123456789", "+5491123456789"),
    ],
)
def test_a_whatsapp_id_becomes_the_number_people_dial(wa_id, number):
    assert graph.phone(wa_id) == number
