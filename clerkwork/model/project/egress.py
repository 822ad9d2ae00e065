"""Where a bot's browser may connect to: its target and the hosts in the target's file.

A name is checked before it is resolved, and each of its addresses afterwards, because the owner of
a listed name could point it at this machine or its network.
"""

import ipaddress
import re
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

PORTS = {"http": 80, "https": 443}
LOOPBACK = "localhost"
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|(?:\*\.)?[\w.-]+?)\.?(?::(?P<port>\d{1,5}))?")
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")


class Fence(Protocol):
    """Lets a browser's requests pass only while this worker holds the item."""

    def held(self) -> bool:
        """Return whether this worker still holds the item."""

    def passing(self) -> AbstractContextManager[bool]:
        """Open a context with whether the item is held; no worker can take it over meanwhile."""


class Unfenced:
    """The fence of a call without an item: every request passes."""

    def held(self) -> bool:
        """Return True."""
        return True

    def passing(self) -> AbstractContextManager[bool]:
        """Return a context with True."""
        return nullcontext(True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host that a browser may connect to.

    Attributes:
        name: In lower case, without brackets; ``*.`` before it means every name below it.
        ports: The allowed ports.
    """

    name: str
    ports: frozenset[int]

    def covers(self, name: str, port: int) -> bool:
        """Return whether *name*:*port* is this host."""
        under = self.name.startswith("*.") and name.endswith(self.name[1:])
        return port in self.ports and (under or name == self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Egress:
    """The allowed destinations of a target's pages.

    Attributes:
        hosts: The allowed hosts.
        networks: Networks of the private addresses that these hosts may have.
    """

    hosts: tuple[Host, ...]
    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, base_url: str, listed: Iterable[str]) -> "Egress":
        """Return the egress to the target at *base_url* and to the entries of its file."""
        address = urlsplit(base_url)
        port = address.port or PORTS.get(address.scheme, 443)
        own = Host(name=plain(address.hostname or ""), ports=frozenset({port}))
        entries = [parse(entry) for entry in listed]
        return cls(
            hosts=(own, *(entry for entry in entries if isinstance(entry, Host))),
            networks=tuple(entry for entry in entries if not isinstance(entry, Host)),
        )

    def names(self, name: str, port: int) -> bool:
        """Return whether *name*:*port* is listed, without a check of its address."""
        return any(host.covers(plain(name), port) for host in self.hosts)

    def allows(self, name: str, address: Address) -> bool:
        """Return whether a listed *name* may have this address.

        Allowed are public addresses, the address that *name* itself is, and listed networks.
        """
        inner = _unwrapped(address)
        return (
            (inner.is_global and not inner.is_multicast)
            or str(address) == plain(name)
            or (plain(name) == LOOPBACK and inner.is_loopback)
            or any(inner in network for network in self.networks)
        )


def parse(entry: str) -> Host | Network:
    """Parse an entry of a target's list.

    Raises:
        ValueError: The entry is neither a host, with or without a port, nor a network.
    """
    if "/" in entry:
        try:
            return ipaddress.ip_network(entry)
        except ValueError:
            pass
    elif found := _HOST.fullmatch(entry.lower()):
        ports = frozenset({int(found["port"])} if found["port"] else PORTS.values())
        return Host(name=plain(found["name"]), ports=ports)
    raise ValueError(
        f"{entry!r} is neither a host, such as `cdn.example.com`, `*.example.com` or"
        " `example.com:8443`, nor a network, such as `10.0.0.0/8`"
    )


def plain(name: str) -> str:
    """Return a host's name in lower case, without brackets and without a final dot."""
    return name.lower().strip("[]").removesuffix(".")


def _unwrapped(address: Address) -> Address:
    """Return the IPv4 address that is embedded in an IPv6 address, or the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo or address
