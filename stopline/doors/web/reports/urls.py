from django.urls import path

from stopline.doors.web.reports import page

urlpatterns = [
    path("", page.reports, name="reports"),
    path("<slug:subject>/<slug:name>.csv", page.download, name="report_table"),
]
