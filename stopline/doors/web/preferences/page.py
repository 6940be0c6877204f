"""The preference page, /u/<token>/: where contacts choose how they are written to. No sign-in, cookie or script.

The link is the authority. Nothing that a browser adds by itself (a cookie, a session) counts here, so another site
can make a visitor's browser do nothing that it couldn't do without it: there is nothing to forge, and so no CSRF
token. GET and HEAD change nothing, whoever follows the link first (mail scanners do). A POST is never redirected
(RFC 8058 section 3.1), and an unsubscribe is never held back by a limit.
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from stopline.apps.consent import links
from stopline.apps.consent.links import Held
from stopline.apps.inbox import automatic
from stopline.apps.sending import preferences
from stopline.apps.sending.preferences import EVERYTHING
from stopline.doors.web.preferences import limits, shown
from stopline.doors.web.preferences.shown import Said
from stopline.doors.web.preferences.speech import Language, accepted, choose
from stopline.rules.errors import InvalidInput

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
LARGEST_BODY = 10_000  # bytes
LONGEST_AGENT = 300  # characters of a User-Agent kept as evidence
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    held = find(request, token)
    if held is None:
        return missing(request)
    language = _language(request, held)
    if request.method == "POST":
        return _decide(request, held, language)
    if limits.used(_name(held)):
        return _too_many(language)
    return _page(request, held, language)


@csrf_exempt
def missing(request: HttpRequest, rest: str = "") -> HttpResponse:  # noqa: ARG001  the path that leads nowhere
    """One answer to every wrong link: malformed, invented, withdrawn."""
    language = choose(request.GET.get("lang", ""), *accepted(request.headers.get("Accept-Language", "")))
    if limits.missed(_network(request)):
        return _too_many(language)
    return _answer(shown.notice(language, "missing"), language, 404)


def find(request: HttpRequest, token: str) -> Held | None:
    """A sealed token can't be guessed, so only short codes are held back from a network that guesses."""
    if len(token) == links.SHORT and limits.guesses_too_much(_network(request)):
        return None
    return links.held(token)


def _decide(request: HttpRequest, held: Held, language: Language) -> HttpResponse:
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_BODY:
        return _page(request, held, language, Said(problem="nothing"), 413)
    sent = _sent(request)
    proof = _proof(request, language)
    stop, start = sent.get("stop", ""), sent.get("start", "")
    try:
        if _is_one_click(sent):
            done = preferences.one_click(held, {**proof, "how": "One click in the mail program (RFC 8058)"})
            return _page(request, held, language, Said(stopped=done))
        if stop:
            proof["wording"] = shown.wording(held, language, "stop_all" if stop == EVERYTHING else "stop")
            return _page(request, held, language, Said(stopped=preferences.unsubscribe(held, stop, proof)))
        if start and limits.used(_name(held)):
            return _too_many(language)
        if start:
            proof["wording"] = shown.wording(held, language, "start")
            return _page(request, held, language, Said(started=automatic.resubscribe(held, start, proof)))
    except InvalidInput:
        pass
    return _page(request, held, language, Said(problem="nothing"), 422)


def _sent(request: HttpRequest) -> QueryDict:
    """The form. RFC 8058 names two encodings; a mail program that names none is understood, too."""
    if request.content_type in FORMS:
        return request.POST
    return QueryDict(request.body[:LARGEST_BODY])


def _is_one_click(sent: QueryDict) -> bool:
    return any(
        name.lower() == "list-unsubscribe" and value.strip().lower() == "one-click"
        for name, value in sent.items()
        if isinstance(value, str)
    )


def _proof(request: HttpRequest, language: Language) -> dict[str, Any]:
    return {
        "how": "Their preference page",
        "ip": _network(request),
        "user_agent": request.headers.get("User-Agent", "")[:LONGEST_AGENT].replace("\x00", ""),
        "language": language.code,
        "received_at": timezone.now().isoformat(),
    }


def _language(request: HttpRequest, held: Held) -> Language:
    """As asked for, else the contact's own (the custom field Language), else the browser's."""
    asked = request.GET.get("lang", "")
    whose = None if asked else preferences.contact(held)
    own = str(whose.custom.get("language", "")) if whose else ""
    return choose(asked, own, *accepted(request.headers.get("Accept-Language", "")))


def _network(request: HttpRequest) -> str:
    """Where the request came from, believing as many proxies as are ours (STOPLINE_TRUSTED_PROXIES)."""
    try:
        return str(get_adapter(request).get_client_ip(request))
    except PermissionDenied:  # fewer proxies than the setting says: nobody knows
        return ""


def _name(held: Held) -> str:
    return f"{held.account.id}:{held.channel}:{held.address}"


def _page(
    request: HttpRequest, held: Held, language: Language, said: Said | None = None, status: int = 200
) -> HttpResponse:
    base = f"/u/{request.resolver_match.kwargs['token']}/" if request.resolver_match else ""
    return _answer(shown.page(held, language, base, said or Said()), language, status)


def _too_many(language: Language) -> HttpResponse:
    response = _answer(shown.notice(language, "too_many"), language, 429)
    response["Retry-After"] = str(limits.WINDOW)
    return response


def _answer(html: str, language: Language, status: int = 200) -> HttpResponse:
    """The address of the page is a secret: it goes to no other site, no search engine and no cache."""
    return HttpResponse(
        html,
        status=status,
        headers={
            "Content-Security-Policy": POLICY,
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
            "X-Robots-Tag": "noindex, nofollow",
            "Content-Language": language.code,
        },
    )
