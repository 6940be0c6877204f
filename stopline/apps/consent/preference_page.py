"""How an account's preference page looks and speaks, and the end of its links."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from stopline.apps.accounts.live import announce
from stopline.apps.accounts.members import require_admin
from stopline.apps.consent.links import preference_page
from stopline.apps.consent.models import PreferencePage
from stopline.rules.errors import InvalidInput

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Member

LARGEST_LOGO = 200_000  # bytes
LONGEST_WORDING = 600  # characters
LEAST_CONTRAST = 4.5  # of white words on the colour (WCAG 2.2, success criterion 1.4.3)
# No SVG: it is a document that can hold scripts. By the first bytes, never by the name or type it was sent with.
SIGNATURES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n", re.DOTALL), "image/png"),
    (re.compile(rb"\xff\xd8\xff", re.DOTALL), "image/jpeg"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
)


def change(
    by: Member,
    *,
    colour: str,
    wording: str,
    link_in_texts: bool,
    logo: bytes | None = None,
    remove_logo: bool = False,
) -> PreferencePage:
    """`logo` None keeps the one there is. Raises NotAllowed for agents, InvalidInput."""
    require_admin(by, "change settings")
    page = preference_page(by.account_id)
    page.colour, page.wording, page.link_in_texts = _colour(colour), _wording(wording), link_in_texts
    if remove_logo:
        page.logo, page.logo_type, page.logo_version = b"", "", ""
    elif logo is not None:
        page.logo, page.logo_type = logo, _kind(logo)
        page.logo_version = hashlib.sha256(logo).hexdigest()[:16]
    return _save(page)


def withdraw_links(by: Member) -> PreferencePage:
    """Every link made so far opens nothing any more; for the day one list of them has leaked. Raises NotAllowed."""
    require_admin(by, "withdraw links")
    page = preference_page(by.account_id)
    page.links_since = timezone.now().replace(
        microsecond=0
    )  # tokens know whole seconds: none from now on is lost
    return _save(page)


def contrast(colour: str) -> float:
    """Of white words on #rrggbb (WCAG 2.2, relative luminance and contrast ratio)."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels
    )
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def _save(page: PreferencePage) -> PreferencePage:
    with transaction.atomic():
        if page._state.adding:
            # Two admins saving the first time at once: one row, the later words.
            fields = (
                "colour",
                "wording",
                "logo",
                "logo_type",
                "logo_version",
                "link_in_texts",
                "links_since",
            )
            values = {name: getattr(page, name) for name in fields}
            page, _ = PreferencePage.objects.update_or_create(account_id=page.account_id, defaults=values)
        else:
            page.save()
    announce(page.account_id, "settings")
    return page


def _colour(text: str) -> str:
    text = text.strip().lower()
    if not text:
        return ""
    if not re.fullmatch(r"#[0-9a-f]{6}", text):
        raise InvalidInput(f"“{text[:20]}” is not a colour", "Write it like #1a2b3c, or leave it empty")
    if (found := contrast(text)) < LEAST_CONTRAST:
        raise InvalidInput(
            f"{text} is too light: white words on it have a contrast of {found:.1f} to 1, "
            f"and {LEAST_CONTRAST} is needed to read them",
            "Choose a darker colour",
        )
    return text


def _wording(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if len(text) > LONGEST_WORDING:
        raise InvalidInput(
            f"The wording has {len(text)} characters", f"Shorten it to at most {LONGEST_WORDING}"
        )
    return text


def _kind(logo: bytes) -> str:
    if len(logo) > LARGEST_LOGO:
        raise InvalidInput(f"The logo has {len(logo) // 1000} kB", "Choose a picture of at most 200 kB")
    for signature, kind in SIGNATURES:
        if signature.match(logo):
            return kind
    raise InvalidInput("The logo is no PNG, JPEG or WebP picture", "Choose a picture of one of these kinds")
