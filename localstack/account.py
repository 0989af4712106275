"""The account PostgreSQL runs under: it refuses to run as root, so root lends it `nobody`."""

import os
import pwd
import subprocess
from pathlib import Path
from typing import NamedTuple, TypedDict


class Account(NamedTuple):
    uid: int
    gid: int


class Credentials(TypedDict, total=False):
    """The arguments of Popen that switch to another account."""

    user: int
    group: int
    extra_groups: list[int]


def server_account() -> Account | None:
    """The account to switch to, or None where we are a plain user already."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def credentials(account: Account | None) -> Credentials:
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def can_search(directory: Path, account: Account | None) -> bool:
    """Whether the account may pass through `directory`, asked of the kernel and not of mode bits."""
    probe = ["/bin/sh", "-c", 'cd "$0"', str(directory)]
    return _succeeds(probe, account)


def can_run(program: Path, account: Account | None) -> bool:
    return _succeeds([str(program), "--version"], account)


def _succeeds(command: list[str], account: Account | None) -> bool:
    try:
        done = subprocess.run(command, cwd="/", capture_output=True, check=False, **credentials(account))
    except PermissionError:
        return False
    return done.returncode == 0


def make_private_directory(path: Path, account: Account | None) -> None:
    """Create `path` readable by the account alone. Directories that exist keep their mode."""
    if not path.exists():
        path.mkdir(mode=0o700)
        if account is not None:
            os.chown(path, account.uid, account.gid)
