"""Through which of its network interfaces a machine reaches another one."""

from __future__ import annotations

import ipaddress
import socket
from pathlib import Path

_TABLE = Path("/proc/net/route")  # Linux, IPv4: numbers as hexadecimal in the processor's order
_UP = 1


def interface_towards(host: str, table: Path = _TABLE) -> str:
    """The interface whose route leads to a host; empty where none is known.

    Also for the host's own address, which lies in the net of one of its interfaces. A host that is
    this machine's loop by name is reached by others in some other way: empty.
    """
    try:
        address = ipaddress.IPv4Address(socket.gethostbyname(host))
        lines = table.read_text().splitlines()[1:]
    except (OSError, UnicodeError, ValueError):
        return ""
    if address.is_loopback or address.is_unspecified:
        return ""
    best, found = -1, ""
    for line in lines:
        words = line.split()
        if len(words) < 8:
            continue
        net, mask = _number(words[1]), _number(words[7])
        if int(words[3], 16) & _UP and int(address) & mask == net and mask > best:
            best, found = mask, words[0]
    return found


def _number(text: str) -> int:
    return int.from_bytes(bytes.fromhex(text), "little")
