"""The MongoDB servers: a replica set of one or three nodes with a key file and authentication."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from . import process
from .layout import BUILD, Layout, Settings, StackError

REPLICA_SET = "takings"
ADMIN = "admin"
START_LIMIT_S = 60.0
ELECTION_TIMEOUT_MS = 2000
HEARTBEAT_MS = 500


def parts(settings: Settings) -> list[str]:
    """The names of the parts; none when TAKINGS_MONGO_URI names servers that are already there."""
    return [f"mongod-{number}" for number in range(1, len(settings.mongo_ports) + 1)]


def external_uri() -> str | None:
    """The administrator's URI of servers that somebody else runs."""
    return os.environ.get("TAKINGS_MONGO_URI") or None


def plain_uri(settings: Settings) -> str:
    """The URI without credentials, for takings.conf."""
    external = external_uri()
    if external is not None:
        scheme, rest = external.split("://", 1)
        return f"{scheme}://{rest.rpartition('@')[2]}"
    hosts = ",".join(f"127.0.0.1:{port}" for port in settings.mongo_ports)
    return f"mongodb://{hosts}/?replicaSet={REPLICA_SET}"


def admin_uri(layout: Layout, settings: Settings) -> str:
    external = external_uri()
    if external is not None:
        return external
    login = f"{ADMIN}:{quote(layout.secret('mongo-admin'))}@"
    return plain_uri(settings).replace("://", f"://{login}") + "&authSource=admin"


def start_node(layout: Layout, settings: Settings, part: str) -> None:
    """Starts one server and waits until it answers; it may not be a member of a replica set yet."""
    port = _port(settings, part)
    data = layout.data / part
    data.mkdir(mode=0o700, exist_ok=True)
    layout.secret("mongo-key")
    process.spawn(
        layout,
        part,
        [
            _mongod(),
            *("--bind_ip", "127.0.0.1", "--port", str(port), "--nounixsocket"),
            *("--dbpath", str(data), "--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "1024"),
            *("--replSet", REPLICA_SET, "--keyFile", str(layout.secrets / "mongo-key")),
            *("--setParameter", "diagnosticDataCollectionEnabled=false"),
            # a primary that is told to stop waits 15 s for its clients unless told otherwise
            *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=500"),
        ],
    )
    process.wait_ready(layout, part, lambda: _hello(port) is not None, START_LIMIT_S)


def make_replica_set(layout: Layout, settings: Settings) -> None:
    """Makes the nodes a replica set and its administrator, both from loopback before there is any user."""
    config = {
        "_id": REPLICA_SET,
        "settings": {"electionTimeoutMillis": ELECTION_TIMEOUT_MS, "heartbeatIntervalMillis": HEARTBEAT_MS},
        "members": [
            # the first node is preferred, so that no second election follows the first
            {"_id": number, "host": f"127.0.0.1:{port}", "priority": 2 if number == 0 else 1}
            for number, port in enumerate(settings.mongo_ports)
        ],
    }
    first = settings.mongo_ports[0]
    with _direct(first) as client:
        client.admin.command("replSetInitiate", config)
        process.wait_until(lambda: _is_primary(first), START_LIMIT_S, "mongod-1 does not become primary")
        client.admin.command("createUser", ADMIN, pwd=layout.secret("mongo-admin"), roles=["root"])


def wait_primary(layout: Layout, settings: Settings) -> None:
    """Waits until the set takes writes."""
    uri = admin_uri(layout, settings)
    try:
        with MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=int(START_LIMIT_S * 1000)) as client:
            client.admin.command("ping")
    except PyMongoError as error:
        raise StackError(f"MongoDB has no primary after {START_LIMIT_S:g} s: {error}") from error


def wait_member(settings: Settings, part: str) -> None:
    """Waits until a node that was started is primary or secondary."""
    port = _port(settings, part)

    def is_member() -> bool:
        hello = _hello(port) or {}
        return bool(hello.get("isWritablePrimary") or hello.get("secondary"))

    process.wait_until(is_member, START_LIMIT_S, f"{part} does not join the replica set")


def _port(settings: Settings, part: str) -> int:
    return settings.mongo_ports[int(part.rpartition("-")[2]) - 1]


def _mongod() -> str:
    found = shutil.which("mongod") or shutil.which(BUILD / "mongodb" / "mongod")
    if found is None:
        raise StackError("there is no mongod: run scripts/bootstrap demo, or name servers in TAKINGS_MONGO_URI")
    return str(Path(found))


def _direct(port: int) -> MongoClient[dict[str, Any]]:
    return MongoClient("127.0.0.1", port, directConnection=True, serverSelectionTimeoutMS=1000)


def _hello(port: int) -> dict[str, Any] | None:
    try:
        with _direct(port) as client:
            return client.admin.command("hello")
    except PyMongoError:
        return None


def _is_primary(port: int) -> bool:
    return bool((_hello(port) or {}).get("isWritablePrimary"))
