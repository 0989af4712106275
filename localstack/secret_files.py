import os
import secrets
from pathlib import Path


def remembered_secret(file: Path) -> str:
    """The secret in `file`; made at the first call, readable by its owner alone."""
    if not file.exists():
        write_private(file, secrets.token_urlsafe(48))
    return file.read_text()


def write_private(file: Path, text: str) -> None:
    """Replace `file` in one step; nobody else can read it at any moment."""
    fresh = file.with_name(file.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
    fresh.replace(file)
