"""Settings, read from the environment; every default is the safe one.

STOPLINE_DATA          data folder (default ./data)
DATABASE_URL           PostgreSQL 15 or newer; `stopline up` sets it to the embedded server's
STOPLINE_SECRET_KEY    signs sessions and keys the hashes of erased addresses (default: made once in the data folder)
STOPLINE_PUBLIC_URL    how browsers and providers reach us; https makes cookies secure and turns HSTS on
STOPLINE_DEMO          1: demo sign-ins are shown on the sign-in page
STOPLINE_TRUSTED_PROXIES  number of reverse proxies in front of us (default 0), for the sender's address
STOPLINE_MAIL_PORT     the mail door takes mail there (`stopline mail`)
STOPLINE_SANDBOX       0: no sandbox provider and no sandbox phone
"""

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import NONE, SELF

from stopline.project import logs
from stopline.project.secret import secret_key

ROOT = Path(__file__).resolve().parent.parent
STOPLINE_DATA = Path(os.environ.get("STOPLINE_DATA", "data")).resolve()
SECRET_KEY = os.environ.get("STOPLINE_SECRET_KEY") or secret_key(STOPLINE_DATA)
DEBUG = False
DEMO = os.environ.get("STOPLINE_DEMO") == "1"
MAIL_DOOR = bool(os.environ.get("STOPLINE_MAIL_PORT"))
SANDBOX = os.environ.get("STOPLINE_SANDBOX", "1") != "0"
PUBLIC_URL = os.environ.get("STOPLINE_PUBLIC_URL") or f"http://127.0.0.1:{os.environ.get('PORT', '8000')}"
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", urlsplit(PUBLIC_URL).hostname or ""]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]


# Nobody waits for a lock without end: longer than a hand-off in flight can hold a subscription, then an error that
# says so (consent.subscription.Busy). And nobody who is frozen in a transaction keeps what others want.
PATIENCE = "-c lock_timeout=20s -c idle_in_transaction_session_timeout=60s"


def database(url: str) -> dict[str, object]:
    """DATABASE_URL as Django takes it; parameters behind the `?` go to libpq as they are."""
    parts = urlsplit(url)
    options: dict[str, object] = dict(parse_qsl(parts.query))
    # Unset, Django turns prepared statements off, and accounts.sql would have each of its statements planned anew.
    options["prepare_threshold"] = 5
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/") or "stopline",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", "") or parts.hostname or "",
        "PORT": parts.port or options.pop("port", ""),
        "OPTIONS": {**options, "options": PATIENCE, **({"pool": POOL} if POOL else {})},
    }


# One thread a request under ASGI: without a pool each would open a connection of its own. While the server is away
# the pool gives up after 5 seconds and begins again with the next page; else it would pause ever longer.
POOL = (
    {"min_size": 2, "max_size": 16, "timeout": 10, "reconnect_timeout": 5}
    if os.environ.get("STOPLINE_POOL") == "1"
    else None
)
DATABASES = {"default": database(os.environ.get("DATABASE_URL", "postgresql:///stopline"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "lucide",
    "csp",
    "procrastinate.contrib.django",
    "stopline.apps.accounts",
    "stopline.apps.consent",
    "stopline.apps.contacts",
    "stopline.apps.sending",
    "stopline.apps.automations",
    "stopline.apps.inbox",
    "stopline.apps.broadcasts",
    "stopline.doors.web",
    "stopline.doors.worker",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "stopline.doors.web.middleware.current_member",
    "stopline.doors.web.middleware.told_errors",
]

ROOT_URLCONF = "stopline.project.urls"
ASGI_APPLICATION = "stopline.project.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "doors/web/templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "stopline.doors.web.frame.frame",
            ],
        },
    }
]

STATIC_URL = "/static/"
STATIC_ROOT = STOPLINE_DATA / "static"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.InMemoryStorage"
    },  # nothing is kept in files: see Import
    "staticfiles": {"BACKEND": "stopline.doors.web.static_files.HashedFiles"},
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "CommonPasswordValidator")
] + [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    }
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # members come by invitation, to the address that was invited
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_ADAPTER = "stopline.doors.web.accounts.adapters.ByInvitation"
ACCOUNT_FORMS = {
    "login": "stopline.doors.web.accounts.forms.SignIn",
    "reset_password": "stopline.doors.web.accounts.forms.ForgottenPassword",
    "reset_password_from_key": "stopline.doors.web.accounts.forms.NewPassword",
    "change_password": "stopline.doors.web.accounts.forms.ChangePassword",
    "reauthenticate": "stopline.doors.web.accounts.forms.Confirm",
}
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# Failures count for the address tried and for the network they come from; success gives its try back.
ACCOUNT_RATE_LIMITS = {"login": "120/m/ip", "login_failed": "30/5m/ip,10/5m/key"}
# How many reverse proxies of ours stand in front: X-Forwarded-For is believed that far and no further,
# or anybody could write a new address into it for every guess at a password.
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("STOPLINE_TRUSTED_PROXIES", "0"))

MFA_ADAPTER = "stopline.doors.web.accounts.adapters.SecondFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # see ACCOUNT_EMAIL_VERIFICATION
MFA_TOTP_ISSUER = "Stopline"

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# Two copies on one host share a cookie jar: ports don't separate cookies, so the port is in the name.
SESSION_COOKIE_NAME = f"stopline_session_{urlsplit(PUBLIC_URL).port or ''}".rstrip("_")
CSRF_COOKIE_NAME = f"stopline_csrf_{urlsplit(PUBLIC_URL).port or ''}".rstrip("_")
SECURE_HSTS_SECONDS = 31_536_000 if SESSION_COOKIE_SECURE else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SESSION_COOKIE_SECURE else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "stopline.doors.web.errors.stale_form"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "media-src": [SELF],
        "frame-src": [SELF],  # an e-mail's HTML, sandboxed
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

CACHES = {
    "default": {  # shared by every process, so that rate limits count them all
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "stopline_cache",
        # Past this, entries are thrown out whatever they count: too few would let a flood of made-up addresses
        # push its own limits out.
        "OPTIONS": {"MAX_ENTRIES": 200_000},
    }
}

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = os.environ.get("STOPLINE_SMTP_HOST", "")
EMAIL_PORT = int(os.environ.get("STOPLINE_SMTP_PORT", "587"))
EMAIL_HOST_USER = os.environ.get("STOPLINE_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("STOPLINE_SMTP_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("STOPLINE_SMTP_TLS", "1") == "1"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("STOPLINE_MAIL_FROM", "stopline@localhost")

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
LOGGING = logs.LOGGING
