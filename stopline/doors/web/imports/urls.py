from django.urls import path

from stopline.doors.web.imports import export, mapping, progress, upload

urlpatterns = [
    path("import/", upload.upload, name="import"),
    path("import/<uuid:import_id>/columns/", mapping.mapping, name="import_mapping"),
    path("import/<uuid:import_id>/", progress.progress, name="import_progress"),
    path("import/<uuid:import_id>/resume/", progress.resume, name="import_resume"),
    path("import/<uuid:import_id>/bad-rows.csv", progress.bad_rows, name="import_faults"),
    path("export/", export.export, name="export"),
]
