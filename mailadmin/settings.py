"""Settings, from the environment only. Each variable is described in docs/settings.md.

A wrong value never raises here: it is kept in ENVIRONMENT.faults and reported by a
system check (mailboxes/checks.py) in one sentence with a hint.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path

from django.core.management.utils import get_random_secret_key

from mailboxes.core.crypto import Keyring, new_key

from . import __version__
from .environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent
ENVIRONMENT = Environment()
_env = ENVIRONMENT

MAILADMIN_VERSION = __version__
MAILADMIN_DATA = Path(_env.text("MAILADMIN_DATA", str(BASE_DIR / "var"))).absolute()
PORT = _env.number("PORT", 8000, 1, 65535)
MAILADMIN_BIND = _env.address("MAILADMIN_BIND", "127.0.0.1")

SECRET_KEY = _env.kept_secret(
    "MAILADMIN_SECRET_KEY", MAILADMIN_DATA / "secret-key", get_random_secret_key
)
if len(SECRET_KEY) < 32:
    _env.fault(
        "MAILADMIN_SECRET_KEY",
        "MAILADMIN_SECRET_KEY is shorter than 32 characters.",
        "Set it to a long random text, or leave it out for the file secret-key in the"
        " data folder.",
    )
_keys = _env.kept_secret(
    "MAILADMIN_ENCRYPTION_KEYS", MAILADMIN_DATA / "encryption-keys", new_key
)
MAILADMIN_ENCRYPTION_KEYS = _keys.replace(",", " ").split()
try:
    Keyring(MAILADMIN_ENCRYPTION_KEYS)
except ValueError:
    _env.fault(
        "MAILADMIN_ENCRYPTION_KEYS",
        "MAILADMIN_ENCRYPTION_KEYS holds something that is not an encryption key.",
        "Set it to Fernet keys (44 characters each, newest first, separated by commas),"
        " or leave it out for the file encryption-keys in the data folder.",
    )
DEBUG = _env.switch("MAILADMIN_DEBUG", False)
ALLOWED_HOSTS = _env.words("MAILADMIN_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
MAILADMIN_HTTPS = _env.switch("MAILADMIN_HTTPS", False)
CSRF_TRUSTED_ORIGINS = _env.words("MAILADMIN_ORIGINS", [])
if not ALLOWED_HOSTS:
    _env.fault(
        "MAILADMIN_HOSTS",
        "MAILADMIN_HOSTS holds no host name, so no page would open.",
        "Set it to host names without scheme and port, separated by commas, or leave it"
        " out.",
    )
if DEBUG and (MAILADMIN_HTTPS or not ip_address(MAILADMIN_BIND).is_loopback):
    _env.fault(
        "MAILADMIN_DEBUG",
        "MAILADMIN_DEBUG is true where others can reach the console: its error pages"
        " show what it is doing.",
        "Leave it out, or listen on 127.0.0.1 without MAILADMIN_HTTPS.",
    )
for _name in ALLOWED_HOSTS:
    if not re.fullmatch(r"\*|\.?[A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\]", _name):
        _env.fault(
            "MAILADMIN_HOSTS",
            f"MAILADMIN_HOSTS holds {_name!r}, which is not a host name.",
            "Set it to host names without scheme and port, separated by commas.",
        )
for _name in CSRF_TRUSTED_ORIGINS:
    if not re.fullmatch(r"https?://[^/\s]+", _name):
        _env.fault(
            "MAILADMIN_ORIGINS",
            f"MAILADMIN_ORIGINS holds {_name!r}, which is not an origin.",
            "Set it to origins such as https://mail.example.com, separated by commas.",
        )
MAILADMIN_LOG_LEVEL = _env.choice(
    "MAILADMIN_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")
)
MAILADMIN_WORKERS = _env.number("MAILADMIN_WORKERS", 5, 5, 32)
MAILADMIN_FETCH_THREADS = _env.number("MAILADMIN_FETCH_THREADS", 8, 1, 64)
MAILADMIN_SENT_DAYS = _env.number("MAILADMIN_SENT_DAYS", 30, 0, 36500)
MAILADMIN_WEB_WORKERS = _env.number("MAILADMIN_WEB_WORKERS", 2, 1, 32)

INSTALLED_APPS = [
    "django_q",  # before mailboxes, which takes its admin pages away
    "mailboxes",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "mailadmin.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "mailadmin.compression.CompressPagesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "mailboxes.views.session_ended.SessionEndedMiddleware",
    "mailboxes.views.audit_address.AuditAddressMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "mailadmin.urls"
WSGI_APPLICATION = "mailadmin.wsgi.application"
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
                "mailboxes.views.frame.frame",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
FILE_UPLOAD_HANDLERS = [
    "mailadmin.uploads.BoundedUploads",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

_default_database = f"sqlite:///{MAILADMIN_DATA / 'mailadmin.sqlite3'}"
DATABASES = {"default": _env.database("DATABASE_URL", _default_database)}
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # page_size must come first and works on a new database only (feasibility.md B):
    # bodies in 4 KB pages cost a third of the fetch speed.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 30,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA page_size=16384; PRAGMA journal_mode=WAL;"
        " PRAGMA synchronous=FULL;",
    }
    # Tests use a file too: threads that share a database in memory meet locks that do
    # not wait, which a file has not.
    DATABASES["default"]["TEST"] = {"NAME": str(MAILADMIN_DATA / "test.sqlite3")}
else:
    # A server that is gone without a word must end a wait: nobody would be told of it.
    # What DATABASE_URL says (?connect_timeout=5) goes before.
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 10,  # seconds
        "keepalives_idle": 30,  # seconds
        "tcp_user_timeout": 30_000,  # milliseconds
        **DATABASES["default"].get("OPTIONS", {}),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = _env.secret("REDIS_URL") or ""
if REDIS_URL and not REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
    _env.fault(
        "REDIS_URL",
        "REDIS_URL is not the address of a Redis server.",
        "Set REDIS_URL like redis://host:6379/0, or leave it out.",
    )
    REDIS_URL = ""
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

# A task is a coarse trigger; every truth is in our rows (DESIGN D10). retry counts from
# the hand-out by the pusher, so it exceeds (queue_limit / workers + 2) × the timeout.
Q_CLUSTER = {
    "name": "mailadmin",
    "workers": MAILADMIN_WORKERS,
    "queue_limit": MAILADMIN_WORKERS,
    "bulk": 1,
    "timeout": 150,
    "retry": 600,
    "max_attempts": 1,
    "ack_failures": True,
    "save_limit": -1,
    "catch_up": False,
    "recycle": 500,
    "max_rss": 400_000,
    "poll": 0.5,
    "guard_cycle": 1,
    "label": "Queue",
    "scheduler": False,  # it would run whatever a row names; nothing of ours is there
    "ALT_CLUSTERS": {},  # each worker has a queue of its own (services/worker/schedule)
    **({"redis": REDIS_URL} if REDIS_URL else {"orm": "default"}),
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "dashboard"
LOGOUT_REDIRECT_URL = "login"

LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = "mailadmin.formats"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "static/"
STATIC_ROOT = MAILADMIN_DATA / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = MAILADMIN_HTTPS
# The port is part of the name, so that two copies on one host keep apart.
SESSION_COOKIE_NAME = f"mailadmin_{PORT}"
CSRF_COOKIE_NAME = f"mailadmin_csrf_{PORT}"
SESSION_COOKIE_AGE = 12 * 3600
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if MAILADMIN_HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 3600
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}
    },
    "filters": {"without_health": {"()": "mailadmin.logs.WithoutHealth"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "mailboxes": {"level": MAILADMIN_LOG_LEVEL},
        "django.request": {"filters": ["without_health"]},
        "django-q": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
    },
}
