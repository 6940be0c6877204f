from django.urls import path

from stopline.doors.web.broadcasts import actions, compose, listing, page, previewing, recipients, review

urlpatterns = [
    path("", listing.broadcasts, name="broadcasts"),
    path("new/", listing.new, name="new_broadcast"),
    path("<uuid:broadcast_id>/", page.broadcast, name="broadcast"),
    path("<uuid:broadcast_id>/edit/", compose.edit, name="edit_broadcast"),
    path("<uuid:broadcast_id>/edit/audience/", compose.audience, name="broadcast_audience"),
    path("<uuid:broadcast_id>/edit/template/", compose.template, name="broadcast_template"),
    path("<uuid:broadcast_id>/preview/", previewing.preview, name="preview_broadcast"),
    path("<uuid:broadcast_id>/preview/html/<uuid:contact_id>/", previewing.html, name="preview_html"),
    path("<uuid:broadcast_id>/test/", previewing.test, name="test_broadcast"),
    path("<uuid:broadcast_id>/test/<uuid:message_id>/", previewing.tested, name="tested_broadcast"),
    path("<uuid:broadcast_id>/review/", review.review, name="review_broadcast"),
    path("<uuid:broadcast_id>/left-out/", review.left_out, name="broadcast_left_out"),
    path("<uuid:broadcast_id>/left-out.csv", review.left_out_file, name="broadcast_left_out_file"),
    path("<uuid:broadcast_id>/send/", actions.send, name="send_broadcast"),
    path("<uuid:broadcast_id>/unschedule/", actions.unschedule, name="unschedule_broadcast"),
    path("<uuid:broadcast_id>/pause/", actions.pause, name="pause_broadcast"),
    path("<uuid:broadcast_id>/resume/", actions.resume, name="resume_broadcast"),
    path("<uuid:broadcast_id>/cancel/", actions.cancel, name="cancel_broadcast"),
    path("<uuid:broadcast_id>/retry/", actions.retry, name="retry_broadcast"),
    path("<uuid:broadcast_id>/copy/", actions.copy, name="copy_broadcast"),
    path("<uuid:broadcast_id>/delete/", actions.delete, name="delete_broadcast"),
    path("<uuid:broadcast_id>/recipients/", recipients.recipients, name="broadcast_recipients"),
    path("<uuid:broadcast_id>/recipients.csv", recipients.recipients_file, name="broadcast_recipients_file"),
]
