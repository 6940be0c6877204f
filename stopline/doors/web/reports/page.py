"""Reports: what was sent, how it went, who left and how fast that was honoured; each table also as a file."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from stopline.apps.accounts.account import TIME_ZONES
from stopline.apps.reports import report, span
from stopline.apps.reports.asked import Asked, channel_of
from stopline.apps.reports.shapes import Section
from stopline.doors.web.guard import signed_in
from stopline.doors.web.imports.downloads import csv_file
from stopline.doors.web.reports.charts import drawn
from stopline.doors.web.request import MemberRequest
from stopline.rules.words import CONSENT_CHANNELS


@signed_in
@require_safe
def reports(request: MemberRequest) -> HttpResponse:
    asked = _asked(request)

    sections = [_shown(section, asked) for section in report.sections(asked)]

    page = {
        "asked": asked,
        "sections": sections,
        "presets": [_preset(each, asked) for each in span.Preset],
        "channels": CONSENT_CHANNELS,
        "zones": TIME_ZONES,
    }
    return render(request, "reports/reports.html", page)


@signed_in
@require_safe
def download(request: MemberRequest, subject: str, name: str) -> StreamingHttpResponse:
    asked = _asked(request)
    found = report.table(asked, subject, name)
    return csv_file(report.as_csv(found), f"{name}-{asked.span.first}-{asked.span.last}.csv")


def _asked(request: MemberRequest) -> Asked:
    account = request.member.account
    days = span.read(request.GET.dict(), account.time_zone, timezone.now())
    return Asked(account, days, channel_of(request.GET.dict()))


def _shown(section: Section, asked: Asked) -> dict[str, Any]:
    """With its charts drawn, and where each table is had as a file."""
    exact = _query(asked, **{"from": str(asked.span.first), "to": str(asked.span.last)})
    return {
        "section": section,
        "charts": [(chart, drawn(chart)) for chart in section.charts],
        "tables": [
            (table, f"{reverse('report_table', args=[section.name, table.name])}?{exact}")
            for table in section.tables
        ],
    }


def _preset(preset: span.Preset, asked: Asked) -> dict[str, Any]:
    href = f"{reverse('reports')}?{_query(asked, range=preset.value)}"
    return {"label": preset.label, "href": href, "current": asked.span.preset is preset}


def _query(asked: Asked, **days: str) -> str:
    """The days, and what else was chosen: a preset of other days keeps channel and zone."""
    zone = asked.span.zone.key
    chosen = {
        "channel": asked.channel.value if asked.channel else "",
        "zone": zone if zone != asked.account.time_zone else "",
    }
    return urlencode({**days, **{name: value for name, value in chosen.items() if value}})
