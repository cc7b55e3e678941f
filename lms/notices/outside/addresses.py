"""Which hosts a message may be brought to.

A name is resolved once; every address it has must be public, and the connection goes to the address that was looked at, so that a name
which changes between check and use gains nothing. Hosts inside the house must be named in the settings.
"""

import ipaddress
import socket
from collections.abc import Collection
from dataclasses import dataclass

from lms.notices.channel_rules import Unsent

CONNECT_SECONDS = 5
TALK_SECONDS = 10
REFUSED = "地址指向内网或本机，不允许；确需使用，请在 LMS_INSIDE_HOSTS 里写明这个主机"


@dataclass(frozen=True)
class Place:
    """A host with the address that was found good for it."""

    host: str
    port: int
    address: str

    def connect(self) -> socket.socket:
        """An open connection. Raises Unsent."""
        try:
            opened = socket.create_connection((self.address, self.port), CONNECT_SECONDS)
        except TimeoutError as problem:
            raise Unsent("连接超时") from problem
        except OSError as problem:
            raise Unsent("连接不上对方服务器") from problem
        opened.settimeout(TALK_SECONDS)
        return opened


def find_place(host: str, port: int, inside_hosts: Collection[str]) -> Place:
    """Where the host is. Raises Unsent when its name is unknown for now, finally when it lies inside and is not named."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as problem:
        raise Unsent("查不到对方的主机名") from problem
    addresses = [str(entry[4][0]) for entry in found]
    if host.lower() not in inside_hosts and not all(is_public(address) for address in addresses):
        raise Unsent(REFUSED, is_final=True)
    return Place(host, port, addresses[0])


def is_public(address: str) -> bool:
    """True for an address of the open internet: not loopback, private, link-local, shared, multicast, reserved or unspecified, also when
    one of these is wrapped into IPv6."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or _nat64(ip)
        if inner is not None:
            return is_public(str(inner))
        if ip.teredo is not None or ip.is_site_local:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _nat64(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if ip in ipaddress.IPv6Network("64:ff9b::/96") or ip in ipaddress.IPv6Network("::/96"):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return None
