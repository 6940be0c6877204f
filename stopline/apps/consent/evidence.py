"""Files given as evidence (a form, a screenshot, a letter): kept beside the ledger, for members only."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from stopline.apps.consent.models import EvidenceFile
from stopline.rules.errors import InvalidInput

if TYPE_CHECKING:
    from uuid import UUID

    from django.core.files.uploadedfile import UploadedFile

LARGEST = 5 * 1024 * 1024  # bytes


def keep(account_id: UUID, upload: UploadedFile) -> EvidenceFile:
    """Raises InvalidInput for a file that is empty or larger than LARGEST."""
    if not upload.size:
        raise InvalidInput("The file is empty. Choose another file, or describe the evidence in words.")
    if upload.size > LARGEST:
        raise InvalidInput(
            "The file is larger than 5 MB. Choose a smaller one, for instance a photo of lower quality."
        )
    return EvidenceFile.objects.create(
        account_id=account_id,
        name=PurePath(upload.name or "").name[-200:] or "evidence",
        content_type=(upload.content_type or "")[:100],
        content=upload.read(),
    )


def reference(file: EvidenceFile) -> dict[str, str]:
    """How an entry's evidence names a file, under the key `file`."""
    return {"id": str(file.id), "name": file.name}
