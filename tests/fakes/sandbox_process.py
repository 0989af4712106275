"""The sandbox as the process that it is in production and on the local stack."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import requests
from urllib3.util.retry import Retry


@contextmanager
def running_sandbox(url: str, **environment: str) -> Iterator[None]:
    """Listening at `url` for as long as the block lasts."""
    command = [sys.executable, "-m", "gunicorn", "--bind", url.removeprefix("http://"), "--threads", "8"]
    command += ["--no-control-socket", "--log-level", "warning", "sandbox.provider:app"]
    process = subprocess.Popen(command, env=os.environ | environment)
    try:
        with requests.Session() as session:
            session.trust_env = False
            patient = Retry(total=60, connect=60, backoff_factor=0.1, backoff_max=0.5)
            session.mount("http://", requests.adapters.HTTPAdapter(max_retries=patient))
            session.get(f"{url}/health", timeout=5).raise_for_status()
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=10)
