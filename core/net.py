"""Networks as settings name them."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address, ip_network


class Networks:
    """A set of networks that says quickly whether an address is in it."""

    def __init__(self, cidrs: Iterable[str]) -> None:
        self._networks = [ip_network(cidr) for cidr in cidrs]
        self.contains = lru_cache(maxsize=1024)(self._contains)

    def _contains(self, address: str) -> bool:
        try:
            ip = ip_address(address)
        except ValueError:
            return False
        return any(ip in network for network in self._networks)
