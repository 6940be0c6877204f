"""Choosing a file to import, and the imports there have been."""

from __future__ import annotations

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from stopline.apps.contacts.importing import uploads
from stopline.apps.contacts.models import Import
from stopline.doors.web.guard import signed_in
from stopline.doors.web.request import MemberRequest
from stopline.rules.errors import InvalidInput

RECENT = 10


@signed_in
@require_http_methods(["GET", "POST"])
def upload(request: MemberRequest) -> HttpResponse:
    if request.method == "GET":
        return _page(request)
    try:
        file = _file(request)
        made = uploads.receive(request.member, file.name or "file.csv", file)
    except InvalidInput as refusal:
        return _page(request, refusal)
    return HttpResponseRedirect(reverse("import_mapping", args=[made.id]))


def _file(request: MemberRequest) -> UploadedFile:
    """Django's handler for uploads in memory lets go of a file that is too large, so that none arrives."""
    file = request.FILES.get("file")
    if isinstance(file, UploadedFile):
        return file
    if int(request.META.get("CONTENT_LENGTH") or 0) > uploads.MOST_BYTES:
        raise uploads.too_large()
    raise InvalidInput("No file was chosen.", "Choose a CSV file")


def _page(request: MemberRequest, refusal: InvalidInput | None = None) -> HttpResponse:
    recent = Import.objects.filter(account_id=request.member.account_id).defer("content").order_by("-id")
    context = {
        "recent": recent.prefetch_related("created_by__user")[:RECENT],
        "refusal": refusal,
        "most_rows": uploads.MOST_ROWS,
        "most_megabytes": uploads.MOST_BYTES // 1024**2,
    }
    return render(request, "imports/upload.html", context, status=422 if refusal else 200)
