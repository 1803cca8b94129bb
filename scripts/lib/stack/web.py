"""nginx: the server block of etc/nginx, filled in, within a configuration that needs no root and no system folder."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import urllib.error
import urllib.request

from . import process
from .layout import ROOT, Layout, Settings, StackError

PART = "nginx"
START_LIMIT_S = 15.0
TEMPLATE = ROOT / "etc" / "nginx"


def origin(settings: Settings) -> str:
    return f"http://127.0.0.1:{settings.port}"


def start(layout: Layout, settings: Settings) -> None:
    prefix = layout.data / PART
    prefix.mkdir(mode=0o700, exist_ok=True)
    (prefix / "takings.conf").write_text(_server_block(layout, settings))
    (prefix / "nginx.conf").write_text(_main_config(layout))
    command = [_nginx(), "-p", f"{prefix}/", "-c", "nginx.conf", "-e", "stderr"]
    process.spawn(layout, PART, command)
    process.wait_ready(layout, PART, lambda: status(settings, "/") is not None, START_LIMIT_S)


def status(settings: Settings, path: str) -> int | None:
    """The HTTP status of a GET, or None without an answer."""
    try:
        with urllib.request.urlopen(origin(settings) + path, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def _server_block(layout: Layout, settings: Settings) -> str:
    values = dict(line.split("=", 1) for line in (TEMPLATE / "defaults").read_text().splitlines())
    values |= {
        "LISTEN": f"127.0.0.1:{settings.port}",
        "METRICS_LISTEN": f"127.0.0.1:{settings.metrics_port}",
        "HTDOCS": f"{ROOT}/htdocs",
        "BUILT": f"{settings.bin}/htdocs",
        "VENDOR": f"{settings.bin}/htdocs/vendor",
        "WORKER_SOCKET": str(layout.socket("worker")),
        "ACCESS_LOG": f"{layout.log}/access.log",
    }
    unknown = settings.nginx.keys() - values.keys()
    if unknown:
        raise StackError(f"--nginx-set knows no {', '.join(sorted(unknown))}; it knows {', '.join(sorted(values))}")
    values |= settings.nginx
    return re.sub(r"@([A-Z_]+)@", lambda match: values[match[1]], (TEMPLATE / "takings.conf.in").read_text())


def _main_config(layout: Layout) -> str:
    # started by root, nginx would give its workers to somebody who may not enter the stack's folder
    user = f"user {getpass.getuser()};\n" if os.geteuid() == 0 else ""
    temporary = "".join(
        f"  {kind}_temp_path {kind}-temp;\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"""{user}daemon off;
pid nginx.pid;
error_log stderr;
worker_processes 2;
events {{
  worker_connections 1024;
}}
http {{
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  sendfile on;
{temporary}  include takings.conf;
}}
"""


def _nginx() -> str:
    # a plain user's PATH may lack the folder
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    if found is None:
        raise StackError("there is no nginx: run scripts/bootstrap demo")
    return found
