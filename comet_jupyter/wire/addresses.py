"""Which network addresses an output may be fetched from. Pure.

A payload names the URLs, and a kernel often stands inside a company's or a cloud's network:
nothing there may be reached by a link in someone's answer.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_NOT_PUBLIC = {
    IPv4Network(block): kind
    for kind, blocks in {
        "a private": "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10",
        "a loopback": "127.0.0.0/8",
        "a link-local": "169.254.0.0/16",
        "a cloud's internal": "168.63.129.16/32",
        "a multicast": "224.0.0.0/4",
        "a reserved": "0.0.0.0/8 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.18.0.0/15"
        " 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4",
    }.items()
    for block in blocks.split()
}
# IANA hands out public IPv6 from 2000::/3 alone; the rest is private, local or reserved.
_PUBLIC_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments, with Teredo, which carries an IPv4 address
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which carries an IPv4 address and is shut down
        "3fff::/20",  # documentation
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
_NUMERIC = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")


def refusal(address: str) -> str:
    """What kind of address it is that may not be reached, empty for a public one.

    Parameters
    ----------
    address : str
        An IPv4 or IPv6 address as a resolver gives it.
    """
    try:
        number = ip_address(address)
    except ValueError:
        return "a malformed"
    if isinstance(number, IPv6Address):
        carried = _carried(number)
        if carried is None:
            is_public = number in _PUBLIC_6 and not any(number in net for net in _NOT_PUBLIC_6)
            return "" if is_public else "a private or reserved"
        number = carried
    return next((kind for network, kind in _NOT_PUBLIC.items() if number in network), "")


def is_odd_number(host: str) -> bool:
    """True for a number that stands for an address without being written as one.

    ``2130706433``, ``0x7f.1`` and ``0177.0.0.1`` all mean 127.0.0.1 to a resolver.
    """
    is_number = _NUMERIC.fullmatch(host.rstrip(".").rpartition(".")[2]) is not None
    return is_number and not is_literal(host)


def is_literal(host: str) -> bool:
    """True for an address written out."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """True for this machine itself, by name or by address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _carried(number: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that the packet would end at."""
    if number.ipv4_mapped is not None:
        return number.ipv4_mapped
    return IPv4Address(int(number) & 0xFFFFFFFF) if number in _NAT64 else None
