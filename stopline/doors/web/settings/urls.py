from django.urls import include, path
from django.views.generic import RedirectView

from stopline.doors.web.settings import (
    agreement,
    broadcasts,
    general,
    members,
    preference_page,
    profile,
    replies,
)

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="settings_general"), name="settings"),
    path("general/", general.general, name="settings_general"),
    path("members/", members.members, name="settings_members"),
    path("members/invite/", members.invite, name="invite_member"),
    path("members/<uuid:member_id>/role/", members.change_role, name="change_role"),
    path("members/<uuid:member_id>/remove/", members.remove, name="remove_member"),
    path("invitations/<uuid:invitation_id>/revoke/", members.revoke, name="revoke_invitation"),
    path("replies/", replies.replies, name="settings_replies"),
    path("broadcasts/", broadcasts.broadcasts, name="settings_broadcasts"),
    path("channels/agreement/", agreement.agreement, name="agreement"),
    path("channels/agreement/compare/", agreement.compare, name="compare_opt_outs"),
    path("channels/", include("stopline.doors.web.settings.channels.urls")),
    path("automations/", include("stopline.doors.web.settings.automations.urls")),
    path("preference-page/", preference_page.looks, name="preference_page"),
    path("preference-page/preview/", preference_page.preview, name="preference_page_preview"),
    path("preference-page/preview/logo", preference_page.logo, name="preference_page_logo"),
    path("preference-page/preview/colour.css", preference_page.colour),
    path("preference-page/withdraw/", preference_page.withdraw, name="withdraw_links"),
    path("profile/", profile.profile, name="settings_profile"),
]
