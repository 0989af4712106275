"""Networks as settings name them."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

# Addresses that nobody outside a house has (RFC 1122, 1918, 3927, 4193, 4291, 6598).
PRIVATE = [
    *map(ip_network, ("10.0.0.0/8", "127.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12")),
    *map(ip_network, ("192.168.0.0/16", "::1/128", "fc00::/7", "fe80::/10")),
]
IPV4_IN_IPV6 = ip_network("::ffff:0:0/96")
MIN_PREFIX = {4: 16, 6: 32}  # bits; a wider network of public addresses is not one installation's


class Networks:
    """A set of networks that says quickly whether an address is in it."""

    def __init__(self, cidrs: Iterable[str]) -> None:
        self._networks = [ip_network(cidr) for cidr in cidrs]
        self.contains = lru_cache(maxsize=1024)(self._contains)

    def wide(self) -> list[str]:
        """The networks that are so wide that strangers are in them."""
        return [str(network) for network in self._networks if _is_wide(network)]

    def _contains(self, address: str) -> bool:
        try:
            ip = ip_address(address)
        except ValueError:
            return False
        return any(ip in network for network in self._networks)


def _is_wide(network: IPv4Network | IPv6Network) -> bool:
    if any(each.version == network.version and network.subnet_of(each) for each in PRIVATE):  # type: ignore[arg-type]
        return False
    if network.version == IPV4_IN_IPV6.version and network.subnet_of(IPV4_IN_IPV6):  # type: ignore[arg-type]
        return network.prefixlen - IPV4_IN_IPV6.prefixlen < MIN_PREFIX[4]
    return network.prefixlen < MIN_PREFIX[network.version]
