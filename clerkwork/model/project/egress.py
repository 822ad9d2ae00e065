"""What a bot's browser may connect to: its target, what the target's file lists, nothing else.

A name is judged before it is resolved and each address after, because whoever answers for a listed
name could otherwise point it at this machine or at its neighbours.
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
    """Whoever lets a browser's requests out asks it first whether the item is still held."""

    def held(self) -> bool:
        """Return whether the item is still held."""

    def passing(self) -> AbstractContextManager[bool]:
        """Open a context that says whether the item is held, and in which nobody takes it over."""


class Unfenced:
    """The fence of a call that works on no item."""

    def held(self) -> bool:
        """Return that nothing stands against it."""
        return True

    def passing(self) -> AbstractContextManager[bool]:
        """Return a context that says the same."""
        return nullcontext(True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A name that may be connected to.

    Attributes:
        name: In small letters, without brackets; ``*.`` before it means every name under it.
        ports: The ports that may be connected to.
    """

    name: str
    ports: frozenset[int]

    def covers(self, name: str, port: int) -> bool:
        """Return whether this is the place *name*:*port*."""
        under = self.name.startswith("*.") and name.endswith(self.name[1:])
        return port in self.ports and (under or name == self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Egress:
    """Where the requests of a target's pages may go.

    Attributes:
        hosts: The names that may be connected to.
        networks: Addresses besides the public ones that these names may have.
    """

    hosts: tuple[Host, ...]
    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, base_url: str, listed: Iterable[str]) -> "Egress":
        """Return what leads to the target at *base_url* and to what its file lists."""
        address = urlsplit(base_url)
        port = address.port or PORTS.get(address.scheme, 443)
        own = Host(name=plain(address.hostname or ""), ports=frozenset({port}))
        entries = [parse(entry) for entry in listed]
        return cls(
            hosts=(own, *(entry for entry in entries if isinstance(entry, Host))),
            networks=tuple(entry for entry in entries if not isinstance(entry, Host)),
        )

    def names(self, name: str, port: int) -> bool:
        """Return whether the place *name*:*port* is listed, whatever its address is."""
        return any(host.covers(plain(name), port) for host in self.hosts)

    def allows(self, name: str, address: Address) -> bool:
        """Return whether a listed *name* may have this address.

        Public ones, its own where the name is an address itself, and those of listed networks.
        """
        inner = _unwrapped(address)
        return (
            (inner.is_global and not inner.is_multicast)
            or str(address) == plain(name)
            or (plain(name) == LOOPBACK and inner.is_loopback)
            or any(inner in network for network in self.networks)
        )


def parse(entry: str) -> Host | Network:
    """Return what an entry of a target's list means.

    Raises:
        ValueError: It is neither a host, with or without a port, nor a network.
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
    """Return a host's name in small letters, without brackets and without a dot at its end."""
    return name.lower().strip("[]").removesuffix(".")


def _unwrapped(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one only carries."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo or address
