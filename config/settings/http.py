"""Who may ask, and what every answer carries."""

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE

from config.settings.env import LOCAL_STACK, env
from core.net import Networks

ALLOWED_HOSTS: list[str] = env.list(
    "ALLOWED_HOSTS", default=["localhost", "127.0.0.1"] if LOCAL_STACK else []
)
PUBLIC_URL = env.str("PUBLIC_URL", default="http://localhost:8000").rstrip("/")
_https = PUBLIC_URL.startswith("https://")

STAFF_PAGES = ("/admin", "/dev/")  # pages with sessions, CSRF tokens and languages
MIDDLEWARE = [
    "core.observability.middleware.RequestIdMiddleware",
    "core.http.middleware.DatabaseOutageMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "core.http.scoped.HtmlPolicy",
    "core.http.scoped.AllowedOrigins",
    "core.http.scoped.StaffSession",
    "core.http.scoped.StaffLocale",
    "core.http.scoped.StaffCommon",
    "core.http.scoped.StaffCsrf",
    "core.http.scoped.StaffAuthentication",
    "core.http.scoped.StaffMessages",
    "core.http.scoped.StaffFrameOptions",
]

APPEND_SLASH = False
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _https else None
SECURE_SSL_REDIRECT = _https
SECURE_REDIRECT_EXEMPT = [r"^health", r"^metrics$"]  # probes speak plain HTTP inside the cluster
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _https
SECURE_HSTS_PRELOAD = _https
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[PUBLIC_URL])
X_FRAME_OPTIONS = "DENY"
CORS_ALLOWED_ORIGINS: list[str] = env.list("CORS_ALLOWED_ORIGINS", default=[])
# What a page on one of these origins may send, beside what browsers let every page send, and read.
CORS_ALLOW_HEADERS = [
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "x-api-key",
    "x-cart-token",
    "x-order-token",
    "x-request-id",
]
CORS_EXPOSE_HEADERS = [
    "ETag",
    "Idempotent-Replayed",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "WWW-Authenticate",
    "X-Request-ID",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024  # bytes; forms and uploads of the admin
JSON_BODY_MAX = 1024 * 1024  # bytes

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
# The admin's theme runs Alpine expressions (eval) and sets inline styles; only staff see these pages.
ADMIN_POLICY = {"script-src": [SELF, UNSAFE_EVAL, UNSAFE_INLINE], "style-src": [SELF, UNSAFE_INLINE]}

# Peers whose X-Forwarded-For is believed: where nginx runs.
TRUSTED_PROXIES = Networks(env.list("TRUSTED_PROXIES", default=["127.0.0.0/8", "::1/128"]))
