"""The address of a request behind a proxy: believed from the proxies we trust, and from nobody else."""

import pytest

from lms.config import BadSettings, Settings
from lms.web.proxies import BehindProxies


def seen(proxies, remote, forwarded=None):
    """The REMOTE_ADDR the site sees."""
    environ = {"REMOTE_ADDR": remote} | ({"HTTP_X_FORWARDED_FOR": forwarded} if forwarded is not None else {})
    told = []

    def site(given, _start):
        told.append(given["REMOTE_ADDR"])
        return []

    BehindProxies(site, proxies)(environ, lambda *_: None)
    return told[0]


@pytest.mark.parametrize(
    ("remote", "forwarded", "expected"),
    [
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.3.7", "2001:db8::1", "2001:db8::1"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "198.51.100.1, x", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", None, "127.0.0.1"),
        ("203.0.113.5", "127.0.0.1", "203.0.113.5"),
        ("10.0.4.7", "203.0.113.9", "10.0.4.7"),
        ("", "203.0.113.9", ""),
    ],
)
def test_only_what_a_trusted_proxy_adds_itself_is_believed(remote, forwarded, expected):
    assert seen(("127.0.0.1", "10.0.3.0/24"), remote, forwarded) == expected


def test_what_is_no_address_stops_the_start_with_the_variables_name():
    with pytest.raises(BadSettings, match="LMS_PROXIES"):
        Settings(proxies=("nginx",))
