import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READ = re.compile(r"(?:\benv(?:\.\w+)?|redis_url|environ(?:\.get)?)[\[(]\s*\"([A-Z][A-Z0-9_]+)\"")
# Read by the local stack and its tests only, which set them themselves.
INTERNAL = {"LOCAL_STACK", "MAIL_INBOX_DIR", "DJANGO_SETTINGS_MODULE"}


def test_env_example__every_variable_that_the_settings_read__is_explained():
    sources = [*(ROOT / "config").rglob("*.py")]
    read = {name for source in sources for name in READ.findall(source.read_text())}
    explained = set(re.findall(r"^#([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))

    assert read - INTERNAL - explained == set()
