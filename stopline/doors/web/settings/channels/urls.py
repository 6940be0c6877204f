from django.urls import path

from stopline.doors.web.settings.channels import connecting, listing, routing, trial

urlpatterns = [
    path("", listing.channels, name="settings_channels"),
    path("paused/", listing.paused, name="paused_connections"),
    path("add/", connecting.choose, name="choose_provider"),
    path("add/<slug:provider>/", connecting.add, name="add_connection"),
    path("routes/add/", routing.add, name="add_route"),
    path("routes/remove/", routing.remove, name="remove_route"),
    path("<uuid:connection_id>/edit/", connecting.edit, name="edit_connection"),
    path("<uuid:connection_id>/remove/", connecting.remove, name="remove_connection"),
    path("<uuid:connection_id>/test/", trial.test, name="test_connection"),
    path("<uuid:connection_id>/test/<uuid:message_id>/", trial.tested, name="tested_connection"),
    path("<uuid:connection_id>/<str:action>/", listing.act, name="change_connection"),
]
