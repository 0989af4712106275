"""Where the local stack keeps its things: everything below `.local/` of the checkout."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    root: Path

    @property
    def local(self) -> Path:
        return self.root / ".local"

    @property
    def logs(self) -> Path:
        return self.local / "logs"

    @property
    def mail(self) -> Path:
        return self.local / "mail"

    @property
    def keys(self) -> Path:
        return self.local / "keys"

    @property
    def static(self) -> Path:
        return self.local / "static"

    @property
    def media(self) -> Path:
        return self.local / "media"

    @property
    def nginx(self) -> Path:
        return self.local / "nginx"

    @property
    def valkey(self) -> Path:
        return self.local / "valkey"

    @property
    def ports(self) -> Path:
        return self.local / "ports.json"

    @property
    def record(self) -> Path:
        """What runs now, with process ids."""
        return self.local / "stack.json"

    @property
    def lock(self) -> Path:
        """Held by the supervisor for as long as it lives."""
        return self.local / "stack.lock"

    @property
    def environment(self) -> Path:
        """The variables of the running stack, so that `manage.py` finds its servers."""
        return self.local / "env"

    def secret(self, name: str) -> Path:
        return self.local / f"{name}.secret"

    def stamp(self, name: str) -> Path:
        """Remembers that a step is done, and for what."""
        return self.local / f"{name}.done"

    def make_directories(self) -> None:
        """Others may pass through `.local` where PostgreSQL has to, and read nothing in it."""
        self.local.mkdir(exist_ok=True)
        self.local.chmod(0o711 if os.geteuid() == 0 else 0o700)
        for directory in (self.logs, self.mail, self.keys, self.media, self.nginx):
            directory.mkdir(mode=0o700, exist_ok=True)
