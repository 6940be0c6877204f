"""Sign-in and what belongs to it. Of django-allauth's pages only those named here exist."""

from allauth.account import views as allauth
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import path, re_path
from django.views.generic import RedirectView

from stopline.doors.web.accounts import choices, entrance, invitation

to_profile = RedirectView.as_view(pattern_name="settings_profile")

urlpatterns = [
    path("", entrance.home, name="home"),
    path("welcome/", entrance.welcome, name="welcome"),
    path("invitation/<str:token>/", invitation.join, name="invitation"),
    path("account/switch/", choices.switch_account, name="switch_account"),
    path("account/theme/", choices.set_theme, name="set_theme"),
    path("account/sign-in/", entrance.sign_in, name="account_login"),
    path("account/sign-out/", allauth.logout, name="account_logout"),
    path("account/sign-up/", RedirectView.as_view(pattern_name="account_login"), name="account_signup"),
    path("account/inactive/", allauth.account_inactive, name="account_inactive"),
    path("account/confirm/", allauth.reauthenticate, name="account_reauthenticate"),
    path("account/password/", allauth.password_change, name="account_change_password"),
    path("account/password/forgotten/", entrance.forgotten_password, name="account_reset_password"),
    path("account/password/sent/", allauth.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^account/password/new/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        allauth.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "account/password/changed/",
        allauth.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    # The second step, and keeping its means.
    path("account/2fa/", to_profile, name="mfa_index"),
    path("account/2fa/code/", mfa.authenticate, name="mfa_authenticate"),
    path("account/2fa/confirm/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("account/2fa/app/", totp.activate_totp, name="mfa_activate_totp"),
    path("account/2fa/app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/2fa/codes/", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "account/2fa/codes/new/", recovery_codes.generate_recovery_codes, name="mfa_generate_recovery_codes"
    ),
    path("account/passkeys/", to_profile, name="mfa_list_webauthn"),
    path("account/passkeys/add/", webauthn.add_webauthn, name="mfa_add_webauthn"),
    path("account/passkeys/sign-in/", webauthn.login_webauthn, name="mfa_login_webauthn"),
    path("account/passkeys/confirm/", webauthn.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("account/passkeys/<int:pk>/remove/", webauthn.remove_webauthn, name="mfa_remove_webauthn"),
]
