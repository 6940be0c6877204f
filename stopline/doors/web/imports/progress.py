"""An import while it runs and when it is done; going on with one that stopped; its bad rows."""

from __future__ import annotations

from uuid import UUID

from django.db.models.functions import Now
from django.http import Http404, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from stopline.apps.accounts.models import Member
from stopline.apps.contacts.importing import faults, running
from stopline.apps.contacts.models import Import, ImportFault
from stopline.doors.web.guard import signed_in
from stopline.doors.web.imports.downloads import csv_file
from stopline.doors.web.request import MemberRequest

SHOWN = 100  # bad rows on the page; the file has all


def find(member: Member, import_id: UUID, *, content: bool = False) -> Import:
    """An import of the member's account. Raises Http404."""
    mine = Import.objects.filter(account_id=member.account_id, id=import_id).select_related("account")
    found = mine.first() if content else mine.defer("content").first()
    if found is None:
        raise Http404("No such import")
    return found


@signed_in
@require_safe
def progress(request: MemberRequest, import_id: UUID) -> HttpResponse:
    found = find(request.member, import_id)
    if found.state == Import.State.MAPPING:
        return HttpResponseRedirect(reverse("import_mapping", args=[import_id]))
    bad = ImportFault.objects.filter(account_id=found.account_id, import_id=found.id).order_by("line")
    context = {
        "found": found,
        "active": found.state in running.ACTIVE,
        "quiet": _is_quiet(found),
        "note": f"{found.done:,} of {found.rows:,} rows",
        "bad": bad[:SHOWN],
        "shown": SHOWN,
    }
    return render(request, "imports/result.html" if request.htmx else "imports/progress.html", context)


@signed_in
@require_POST
def resume(request: MemberRequest, import_id: UUID) -> HttpResponse:
    running.resume(find(request.member, import_id))
    return HttpResponseRedirect(reverse("import_progress", args=[import_id]))


@signed_in
@require_safe
def bad_rows(request: MemberRequest, import_id: UUID) -> StreamingHttpResponse:
    found = find(request.member, import_id)
    return csv_file(faults.as_csv(found), "bad-rows.csv")


def _is_quiet(found: Import) -> bool:
    """Nothing has moved for a while: time to offer Resume before the worker's own look comes round."""
    return Import.objects.filter(pk=found.pk, progress_at__lt=Now() - running.QUIET_AFTER).exists()
