"""Which addresses an output may come from."""

from __future__ import annotations

import pytest

from comet_jupyter.wire.addresses import is_odd_number, refusal
from comet_jupyter.wire.origin import Origin


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255"),
        *("192.168.1.1", "100.64.0.1", "100.100.100.200", "169.254.169.254", "168.63.129.16"),
        *("192.0.0.192", "192.0.2.1", "198.18.0.1", "203.0.113.9", "224.0.0.1", "255.255.255.255"),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1"),
        *("64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:7f00:1::", "2001:db8::1"),
        *("", "x", "1.2.3", "1.2.3.4.5"),
    ],
)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    """Private, loopback, link-local, metadata, multicast and embedding addresses are named."""
    assert refusal(address)


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "172.32.0.1", "104.16.1.1", "2606:4700::1", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_a_public_address_is_not_refused(address: str) -> None:
    """The refusals above do not come from a rule that refuses everything."""
    assert refusal(address) == ""


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "1.2.3.08",
        "999.1.1.1",
        "1.2.3.4.",
    ],
)
def test_numbers_that_stand_for_an_address_are_odd(host: str) -> None:
    """Decimal, octal, hexadecimal and shortened spellings are recognised without a resolver."""
    assert is_odd_number(host)


@pytest.mark.parametrize("host", ["1.2.3.4", "a.example", "1.example", "0x.example", "::1", "cafe"])
def test_names_and_plain_addresses_are_not_odd(host: str) -> None:
    """Ordinary hosts are left alone."""
    assert not is_odd_number(host)


def test_digits_of_other_scripts_are_digits() -> None:
    """A host in full-width digits is the address it will become."""
    assert Origin.of("https://\uff11\uff12\uff17.0.0.1/").host == "127.0.0.1"


@pytest.mark.parametrize(
    "url",
    [
        *("", "x", "ftp://a/", "file:///etc/passwd", "javascript:1", "https://", "https:///x"),
        *("https://u:p@a/", "https://u@a/", "https://@a/", "https://a:x/", "https://a:99999/"),
        *("https://a:0/", "https://[::1/", "https://a b/", "https://a%2eb/", "https://a\\b/"),
        *("https://[fe80::1%25eth0]/", "https://" + "a" * 70 + ".example/", "https://a..b/"),
    ],
)
def test_a_malformed_url_has_no_origin(url: str) -> None:
    """Other schemes, credentials and malformed hosts are refused, and never quoted."""
    with pytest.raises(ValueError, match=r"^its|^it ") as caught:
        Origin.of(url)
    assert "u:p" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://A.Example/x", "a.example"),
        ("https://a.example:443", "a.example"),
        ("https://a.example:8443", "a.example:8443"),
        ("http://127.0.0.1:80/", "127.0.0.1"),
        ("http://[::1]:81/", "[::1]:81"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
    ],
)
def test_an_origin_is_written_as_a_host_header(url: str, authority: str) -> None:
    """Default ports are left out, IPv6 is bracketed, names are ASCII."""
    assert Origin.of(url).authority == authority
