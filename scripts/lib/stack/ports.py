"""Free ports on the loopback address."""

from __future__ import annotations

import random
import socket

from .layout import StackError

# Below the ports that the kernel gives to outgoing connections, which could take one in between.
CANDIDATES = range(15000, 32000)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, at random, so that stacks that start at once rarely choose alike."""
    found: list[int] = []
    for port in random.SystemRandom().sample(CANDIDATES, 500):
        if len(found) == count:
            break
        if _is_free(port):
            found.append(port)
    if len(found) < count:
        raise StackError("there are no free ports on 127.0.0.1")
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
