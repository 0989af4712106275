from datetime import timedelta

from config.settings.env import BASE_DIR, env

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.PasswordBackend"]
PASSWORD_HASHERS = ["accounts.hashers.Argon2Hasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "name"]},
    },
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator"},
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATION}.NumericPasswordValidator"},
    {"NAME": "accounts.services.credentials.SignOutEverywhere"},
]

# Directory of Ed25519 or RSA private keys (PEM); the newest name signs, all verify.
JWT_KEYS_DIR: str = env.str("JWT_KEYS_DIR", default=str(BASE_DIR / ".local" / "keys"))
JWT_ISSUER = env.str("JWT_ISSUER", default="shop")
JWT_AUDIENCE = env.str("JWT_AUDIENCE", default="shop")
ACCESS_TOKEN_LIFETIME = timedelta(seconds=env.int("ACCESS_TOKEN_SECONDS", default=300))
REFRESH_TOKEN_LIFETIME = timedelta(days=env.int("REFRESH_TOKEN_DAYS", default=30))
# How long a session that ended stays visible to its user and to support.
ENDED_SESSIONS_KEPT = timedelta(days=30)
# How long the link in the mail that verifies an address is good for.
VERIFY_EMAIL_MAX_AGE = timedelta(days=3)
DEMO_PASSWORD = env.str("DEMO_PASSWORD", default="demo-Pa55word")
