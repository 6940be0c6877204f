from django.urls import path

from stopline.doors.web.inbox import (
    actions,
    composer,
    conversations,
    formatted,
    media,
    new,
    profile,
    templates,
    thread,
)

urlpatterns = [
    path("", conversations.inbox, name="inbox"),
    path("list/", conversations.rows, name="inbox_list"),
    path("new/", new.message, name="new_message"),
    path("read-all/", actions.read_all, name="mark_all_read"),
    path("close-read/", actions.close_read, name="close_all_read"),
    path("templates/<uuid:connection_id>/refresh/", templates.refresh, name="refresh_templates"),
    path("<uuid:conversation_id>/", conversations.conversation, name="conversation"),
    path("<uuid:conversation_id>/thread/", thread.thread, name="conversation_thread"),
    path("<uuid:conversation_id>/composer/", composer.composer, name="conversation_composer"),
    path("<uuid:conversation_id>/profile/", profile.profile, name="conversation_profile"),
    path("<uuid:conversation_id>/assign/", actions.assign, name="assign_conversation"),
    path("<uuid:conversation_id>/close/", actions.close, name="close_conversation"),
    path("<uuid:conversation_id>/reopen/", actions.reopen, name="reopen_conversation"),
    path("<uuid:conversation_id>/read/", actions.read, name="read_conversation"),
    path("<uuid:conversation_id>/unread/", actions.unread, name="unread_conversation"),
    path("<uuid:conversation_id>/messages/<uuid:message_id>/again/", actions.again, name="send_again"),
    path("<uuid:conversation_id>/messages/<uuid:message_id>/fetch/", media.again, name="fetch_media_again"),
    path("files/<uuid:file_id>/", media.file, name="media_file"),
    path(
        "<uuid:conversation_id>/messages/<uuid:message_id>/formatted/",
        formatted.formatted,
        name="formatted_message",
    ),
    path(
        "<uuid:conversation_id>/messages/<uuid:message_id>/dismiss/", actions.dismiss, name="dismiss_opt_out"
    ),
    path(
        "<uuid:conversation_id>/messages/<uuid:message_id>/unsubscribe/",
        actions.unsubscribe,
        name="confirm_opt_out",
    ),
]
