from config.settings.env import env

vars().update(env.email_url("EMAIL_URL", default="smtp://127.0.0.1:25"))
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Shop <shop@localhost>")
# Maildir that the local SMTP inbox writes and /dev/mail shows.
MAIL_INBOX_DIR = env.str("MAIL_INBOX_DIR", default="")
