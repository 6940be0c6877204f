"""Evidence files: handed out as downloads to members of the account, never shown in the page's own origin."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from stopline.doors.web.guard import signed_in
from stopline.doors.web.request import MemberRequest
from stopline.rules.errors import NotFound


@signed_in
def evidence_file(request: MemberRequest, file_id: UUID) -> HttpResponse:
    file = request.member.account.evidence_files.filter(id=file_id).first()
    if file is None:
        raise NotFound(
            "This file was erased, or it belongs to another account", "Look at the contact's History"
        )
    # Not its own type: whatever somebody uploaded must not run as a page of ours.
    response = HttpResponse(bytes(file.content), content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, file.name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
