from datetime import timedelta

from config.settings.env import BASE_DIR, env

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["accounts.hashers.Argon2Hasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# Directory of Ed25519 or RSA private keys (PEM); the newest name signs, all verify.
JWT_KEYS_DIR: str = env.str("JWT_KEYS_DIR", default=str(BASE_DIR / ".local" / "keys"))
JWT_ISSUER = env.str("JWT_ISSUER", default="shop")
JWT_AUDIENCE = env.str("JWT_AUDIENCE", default="shop")
ACCESS_TOKEN_LIFETIME = timedelta(seconds=env.int("ACCESS_TOKEN_SECONDS", default=300))
REFRESH_TOKEN_LIFETIME = timedelta(days=env.int("REFRESH_TOKEN_DAYS", default=30))
DEMO_PASSWORD = env.str("DEMO_PASSWORD", default="demo-Pa55word")
# The unique constraint on lower(email) does what this check asks for, without regard to case.
SILENCED_SYSTEM_CHECKS = ["auth.E003"]
