"""All contacts, or those the filters in the URL leave, as a file."""

from __future__ import annotations

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from stopline.apps.contacts import directory, exporting
from stopline.apps.contacts.directory import Filters
from stopline.doors.web.guard import signed_in
from stopline.doors.web.imports.downloads import csv_file
from stopline.doors.web.request import MemberRequest


@signed_in
@require_safe
def export(request: MemberRequest) -> StreamingHttpResponse:
    account = request.member.account
    found = directory.find(account, Filters.read(request.GET))
    return csv_file(exporting.as_csv(account, found), f"contacts-{timezone.localdate():%Y-%m-%d}.csv")
