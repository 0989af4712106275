"""Who a client is to a limit: their address as our own nginx saw it, and the network that it is in."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request


def client_address(request: HttpRequest | Request) -> str:
    """The peer, or what our own nginx says of it.

    nginx overwrites X-Forwarded-For with the address it sees, so its last entry cannot be forged; the
    header counts only where the peer is one of settings.TRUSTED_PROXIES, which is where nginx is.
    """
    peer: str = request.META.get("REMOTE_ADDR", "") or "127.0.0.1"
    if settings.TRUSTED_PROXIES.contains(peer):
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").rsplit(",", 1)[-1].strip()
        return forwarded if _parsed(forwarded) else peer
    return peer


def client_key(address: str) -> str:
    """Whom a limit counts: an IPv4 address, or the /64 that every IPv6 client has to itself."""
    return _network(address, v4=32, v6=64)


def network_of(address: str) -> str:
    """The neighbourhood of an address: its /24, or for IPv6 its /48, which is what a site is given."""
    return _network(address, v4=24, v6=48)


@lru_cache(maxsize=4096)
def _network(address: str, *, v4: int, v6: int) -> str:
    ip = _parsed(address)
    if ip is None:
        return address[:64]
    return str(ip_network((ip, v4 if ip.version == 4 else v6), strict=False))


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    """IPv4 in IPv6's clothes (::ffff:192.0.2.1) is IPv4, or all of it would share one /64."""
    try:
        ip = ip_address(address)
    except ValueError:
        return None
    return getattr(ip, "ipv4_mapped", None) or ip
