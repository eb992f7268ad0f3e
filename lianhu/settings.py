"""Django settings. What the environment decides is read and checked in `lianhu.environment`."""

import os
from typing import Any

import django_stubs_ext
from csp.constants import NONE, SELF

from lianhu import environment
from lianhu.logging import logging_settings

# Lets models write ForeignKey["Unit"] at run time too.
django_stubs_ext.monkeypatch()

ENV = environment.read()
BASE_DIR = environment.ROOT
LIANHU_DATA = ENV.data
EMBEDDED = ENV.embedded
DEBUG = EMBEDDED and os.environ.get("LIANHU_DEBUG") == "1"

SECRET_KEY = ENV.secret_key
ENCRYPTION_KEYS = ENV.encryption_keys
HASH_KEY = ENV.hash_key
AUDIT_KEY = ENV.audit_key
ALLOWED_HOSTS = ENV.allowed_hosts

INSTALLED_APPS = [
    # Its pages only: lianhu.system_admin registers what there is.
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "guardian",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "lianhu",
    "accounts",
    "registry",
    "visits",
    "grievances",
    "reports",
]
MIDDLEWARE = [
    "lianhu.headers.ClientAddress",
    "lianhu.headers.NobodyInPublic",
    "lianhu.logging.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "lianhu.headers.Headers",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.IdleEnd",
    "django_otp.middleware.OTPMiddleware",
    "accounts.middleware.ActingUser",
    "accounts.middleware.SecondFactor",
    "accounts.middleware.DraftTaken",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "lianhu.urls"
WSGI_APPLICATION = "lianhu.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "reports.pages.menu.menu",
            ],
        },
    },
]

DATABASES: dict[str, dict[str, Any]] = {
    "default": ENV.database
    | {
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # A county's figures group hundreds of thousands of rows in memory; compiling such a statement
        # takes longer than it saves (docs/measurements.md).
        "OPTIONS": {"options": "-c jit=off -c work_mem=64MB"},
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SESSION_ENGINE = "accounts.sessions"
_MEMORY = "django.core.cache.backends.locmem.LocMemCache"
CACHES = {
    "default": {"BACKEND": _MEMORY},
    # Pages without sign-in (grievances.public.caching): however many there are, they push out nothing else.
    "public": {"BACKEND": _MEMORY, "LOCATION": "public", "OPTIONS": {"MAX_ENTRIES": 500}},
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "registry.sign_in.InService",
    "guardian.backends.ObjectPermissionBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "accounts.passwords.AccountPassword"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["username", "name"]},
    },
]
# Asked of them; enforced everywhere but in the demo county.
SECOND_FACTOR_ASKED_OF = "registry.sign_in.needs_second_factor"
OTP_TOTP_ISSUER = "联户联情"
# accounts.lockout counts codes as it counts passwords: two brakes would only fight.
OTP_TOTP_THROTTLE_FACTOR = OTP_STATIC_THROTTLE_FACTOR = 0
# No row stands for nobody: guardian's anonymous user is switched off.
ANONYMOUS_USER_NAME = None
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
# The embedded default serves straight from the source tree; production has hashed names.
STATIC_ROOT = None if EMBEDDED else BASE_DIR / "staticfiles"
STATICFILES_DIRS = [path for path in [BASE_DIR / "static"] if path.is_dir()]
NODE_MODULES = BASE_DIR / "node_modules"
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "lianhu.browser_libraries.BrowserLibraries",
]
MEDIA_ROOT = LIANHU_DATA / "media"
# Checkpoints of the audit chain: outside the database, so that whoever holds that alone cannot cut it.
AUDIT_DIR = LIANHU_DATA / "audit"
WHITENOISE_USE_FINDERS = EMBEDDED
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "photos": ENV.photos,
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if EMBEDDED
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}
# Where the proxy in front finds photos and exports (docs/running.md); empty: they are sent from here.
PHOTO_ACCEL = ENV.photo_accel
EXPORT_ACCEL = ENV.export_accel
MAP_TILES = ENV.map_tiles

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        # The field pages add the hash of their import map, which browsers take only inline.
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:", *filter(None, [ENV.photo_origin, ENV.map_origin])],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
DEVICE_COOKIE_NAME = "device"

if not EMBEDDED:
    # The proxy in front must set this header itself and never pass on a client's.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    # The prefix: a browser takes these only over https, for this host alone, never from a subdomain.
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
    DEVICE_COOKIE_NAME = "__Host-device"

# 县简称: the first part of a matter's number (contract, section 4).
COUNTY_SHORT = "LH"
REDIS_URL = ENV.redis_url
# Where a digest leads to, and the channels it goes out by (accounts.channels).
SITE_URL = ENV.site_url
CHANNELS = ENV.channels

# Everybody knows the demo county's passwords, so each page says that it is one. Read at the start:
# `make run` loads the county before the web server.
_DEMO_STATE = LIANHU_DATA / "demo.state"
DEMO = EMBEDDED and _DEMO_STATE.is_file() and _DEMO_STATE.read_text() == "loaded"
LOGGING = logging_settings(plain=DEBUG)
