"""What a run needs beside the Python environment. Nothing is replaced silently when it is missing."""

import re
import shutil
import subprocess
from pathlib import Path

from benchmarks.errors import BenchmarkError

EXPRESS = Path(__file__).parent / "express"
NODE_MAJOR = 20


def require_wrk() -> None:
    if shutil.which("wrk") is None:
        raise BenchmarkError(
            "wrk, the load generator, is not installed. On Debian or Ubuntu: apt-get install wrk; "
            "on macOS: brew install wrk."
        )


def require_express() -> None:
    """Node is there, and so are the packages of package-lock.json; they are installed where they are not."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise BenchmarkError(
                f"{program} is not installed. Install Node.js {NODE_MAJOR} or newer (https://nodejs.org), "
                "or measure our side alone: python -m benchmarks routes --only ours"
            )
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    major = re.match(r"v(\d+)\.", version)
    if major is None or int(major[1]) < NODE_MAJOR:
        raise BenchmarkError(f"Node.js {NODE_MAJOR} or newer is needed; this is {version}.")
    if not _is_installed():
        _install()


def _is_installed() -> bool:
    """npm leaves a copy of the lock file in node_modules; an older one means that the lock has changed."""
    installed, wanted = EXPRESS / "node_modules/.package-lock.json", EXPRESS / "package-lock.json"
    return installed.exists() and installed.stat().st_mtime >= wanted.stat().st_mtime


def _install() -> None:
    print("Installing the packages of the Express side (npm ci) ...", flush=True)
    quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
    command = ["npm", "ci", "--omit=dev", "--ignore-scripts", *quiet]
    done = subprocess.run(command, cwd=EXPRESS, check=False)
    if done.returncode:
        raise BenchmarkError("npm ci failed; its message is above. Is there a network?")
