"""Whose address a request comes from when a proxy stands in front: what the trusted proxy says, and of nobody else's word anything.

Without it everybody behind nginx would share its address, and with it the count of failed sign-ins of one network exit.
"""

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class BehindProxies:
    """A WSGI entry that sets REMOTE_ADDR to the last address in X-Forwarded-For, when the request came from one of `proxies`
    (addresses or networks, `127.0.0.1`, `10.0.3.0/24`). Raises ValueError for what is neither."""

    def __init__(self, whole: Wsgi, proxies: Sequence[str]) -> None:
        self._whole = whole
        networks = [ipaddress.ip_network(each, strict=False) for each in proxies]
        self._is_proxy = lru_cache(256)(lambda address: _is_in(address, networks))

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        told = environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        if told and self._is_proxy(environ.get("REMOTE_ADDR", "")) and _address(told) is not None:
            environ["REMOTE_ADDR"] = told
        return self._whole(environ, start_response)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _is_in(text: str, networks: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    address = _address(text)
    return address is not None and any(address in network for network in networks)
