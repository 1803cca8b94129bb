"""Writes what the programs and their users read: takings.conf, and env with the addresses."""

from __future__ import annotations

import configparser

from . import env, kv, mongo, web
from .layout import Layout, Settings, StackError

PROGRAMS = ("worker", "tailer", "batch", "cli")
WITHOUT_MONGO = ("push",)


def write(layout: Layout, settings: Settings) -> None:
    _write_config(layout, settings)
    _write_env(layout, settings)


def _write_config(layout: Layout, settings: Settings) -> None:
    config = configparser.RawConfigParser(delimiters=("=",))
    config.read_dict(
        {
            "mongo": {"uri": mongo.plain_uri(settings)},
            "redis": {"socket": str(layout.socket(kv.PART))},
            "worker": {"socket": str(layout.socket("worker")), "public_origin": web.origin(settings)},
            "push": {"socket": str(layout.socket("push"))},
            "tailer": {"batch_program": f"{settings.bin}/takings-batch"},
            "metrics": {"directory": str(layout.counters)},
            "admin": _credentials(layout, "admin", mongo.ADMIN, kv.ADMIN),
        }
    )
    for program in PROGRAMS:
        config.read_dict({program: _credentials(layout, program, f"takings-{program}", f"takings-{program}")})
    for program in WITHOUT_MONGO:
        config.read_dict({program: _redis_credentials(layout, program, f"takings-{program}")})
    for name, value in settings.config.items():
        group, dot, key = name.partition(".")
        if not dot:
            raise StackError(f"--set wants group.key=value, not {name}={value}")
        config.read_dict({group: {key: value}})
    with open(layout.config, "w", encoding="utf-8") as file:
        config.write(file, space_around_delimiters=False)


def _credentials(layout: Layout, group: str, mongo_user: str, redis_user: str) -> dict[str, str]:
    layout.secret(f"mongo-{group}")
    return {
        "mongo_user": mongo_user,
        "mongo_password_file": f"secrets/mongo-{group}",
    } | _redis_credentials(layout, group, redis_user)


def _redis_credentials(layout: Layout, group: str, redis_user: str) -> dict[str, str]:
    layout.secret(f"redis-{group}")
    return {"redis_user": redis_user, "redis_password_file": f"secrets/redis-{group}"}


def _write_env(layout: Layout, settings: Settings) -> None:
    values = {
        "TAKINGS_URL": web.origin(settings),
        "TAKINGS_METRICS_URL": f"http://127.0.0.1:{settings.metrics_port}/metrics",
        "TAKINGS_CONFIG": layout.config,
        "TAKINGS_BIN": settings.bin,
        "MONGO_ADMIN_URI": mongo.admin_uri(layout, settings),
        "REDIS_SOCKET": layout.socket(kv.PART),
        "REDIS_ADMIN_PASSWORD": layout.secret("redis-admin"),
        "STACK_DIR": layout.dir,
    }
    env.write(layout.env, values)
