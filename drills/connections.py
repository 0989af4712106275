"""Connections to the shop's public port."""

from threading import local

import requests


class Connections:
    """A connection for each thread that asks, kept open for its next request."""

    def __init__(self) -> None:
        self._threads = local()

    def own(self) -> requests.Session:
        """The session of the calling thread."""
        if not hasattr(self._threads, "session"):
            self._threads.session = requests.Session()
            # Neither a proxy nor a ~/.netrc stands between a client and this shop.
            self._threads.session.trust_env = False
        session: requests.Session = self._threads.session
        return session
