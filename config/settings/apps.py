from config.settings.env import BASE_DIR
from config.settings.workshop import WORKSHOP_APPS

INSTALLED_APPS = [
    "core.apps.CoreConfig",
    "accounts.apps.AccountsConfig",
    "catalog.apps.CatalogConfig",
    "orders.apps.OrdersConfig",
    "todos.apps.TodosConfig",
    "unfold.apps.BasicAppConfig",
    "core.apps.AdminSiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "corsheaders",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "treebeard",
    "django_celery_beat",
    *WORKSHOP_APPS,
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("he", "עברית")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

UNFOLD = {"SITE_TITLE": "Shop", "SITE_HEADER": "Shop", "SITE_SYMBOL": "storefront"}

SILENCED_SYSTEM_CHECKS = [
    "auth.W004",  # the unique constraint on lower(email) does it, without regard to case
    "security.W002",  # frame options and CSRF protection are there, under core.http.scoped, which these two
    "security.W003",  # checks search for by name
]
