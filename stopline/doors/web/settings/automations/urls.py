from django.urls import path

from stopline.doors.web.settings.automations import editing, listing

urlpatterns = [
    path("", listing.automations, name="settings_automations"),
    path("add/", editing.choose, name="choose_automation"),
    path("add/<slug:kind>/", editing.add, name="add_automation"),
    path("<uuid:automation_id>/edit/", editing.edit, name="edit_automation"),
    path("<uuid:automation_id>/delete/", editing.remove, name="delete_automation"),
    path("<uuid:automation_id>/<str:state>/", listing.switch, name="switch_automation"),
]
