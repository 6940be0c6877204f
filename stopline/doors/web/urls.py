from django.urls import include, path

from stopline.doors.web.inbox import media

urlpatterns = [
    path("", include("stopline.doors.web.accounts.urls")),
    path("contacts/", include("stopline.doors.web.imports.urls")),
    path("contacts/", include("stopline.doors.web.contacts.urls")),
    path("inbox/", include("stopline.doors.web.inbox.urls")),
    path("settings/saved-replies/", include("stopline.doors.web.inbox.settings_urls")),
    path("settings/fields/", include("stopline.doors.web.contacts.custom_fields_urls")),
    path("settings/", include("stopline.doors.web.settings.urls")),
    path("broadcasts/", include("stopline.doors.web.broadcasts.urls")),
    path("reports/", include("stopline.doors.web.reports.urls")),
    path("sandbox/", include("stopline.doors.web.sandbox.urls")),
    path("support/", include("stopline.doors.web.support.urls")),
    path("media/<str:token>/<str:name>", media.lent, name="lent_media"),
    path("u/", include("stopline.doors.web.preferences.urls")),
]
