"""The Redis server: on a unix socket only, with the settings of etc/redis and an administrator named `admin`."""

from __future__ import annotations

import socket

from . import process
from .layout import ROOT, Layout, write_private

PART = "redis"
ADMIN = "admin"
START_LIMIT_S = 30.0

# Nobody logs in as default, but it keeps its rights: Redis 7.0 replays its log as this user, and without them it
# refuses every transaction at a restart and goes on with what is left.
NOBODY = "user default off resetpass ~* &* +@all"


def start(layout: Layout) -> None:
    data = layout.data / PART
    data.mkdir(mode=0o700, exist_ok=True)
    accounts = layout.secrets / "redis-users.acl"
    if not accounts.exists():
        write_private(accounts, f"{NOBODY}\nuser {ADMIN} on >{layout.secret('redis-admin')} ~* &* +@all\n")
    config = layout.dir / "redis.conf"
    config.write_text(_config(layout))
    process.spawn(layout, PART, ["redis-server", str(config)])
    process.wait_ready(layout, PART, lambda: _answers(layout), START_LIMIT_S)


def _config(layout: Layout) -> str:
    # of two settings of one name the later counts, so these win over those included
    return f"""include {ROOT}/etc/redis/takings.conf
unixsocket {layout.socket(PART)}
unixsocketperm 700
aclfile {layout.secrets}/redis-users.acl
dir {layout.data / PART}
daemonize no
logfile ""
"""


def _answers(layout: Layout) -> bool:
    """Whether Redis has loaded its data: then it refuses an unknown visitor instead of saying LOADING."""
    try:
        with _connection(layout) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(100).startswith(b"-NOAUTH")
    except OSError:
        return False


def _connection(layout: Layout) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(2.0)
    connection.connect(str(layout.socket(PART)))
    return connection
