"""What the Inbox adds to the settings."""

from django.urls import path

from stopline.doors.web.inbox import saved_replies

urlpatterns = [
    path("", saved_replies.saved_replies, name="settings_saved_replies"),
    path("add/", saved_replies.edit, name="add_saved_reply"),
    path("<uuid:reply_id>/", saved_replies.edit, name="edit_saved_reply"),
    path("<uuid:reply_id>/remove/", saved_replies.remove, name="remove_saved_reply"),
]
