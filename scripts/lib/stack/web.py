"""nginx: the server block of etc/nginx, filled in, within a configuration that needs no root and no system folder."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from . import process
from .layout import ROOT, Layout, Settings, StackError

PART = "nginx"
START_LIMIT_S = 15.0
TEMPLATES = ROOT / "etc" / "nginx"

# for tests and demonstrations, which ask more than customers do
RATES = ("KEY_RATE", "KEY_BURST", "SESSION_RATE", "SESSION_BURST", "ADDRESS_RATE", "ADDRESS_BURST", "CEILING_RATE")
RAISED_LIMITS = dict.fromkeys(RATES, "1000000") | {"CONNECTIONS": "60000", "STREAMS": "60000"}


def origin(settings: Settings) -> str:
    return f"{'https' if settings.tls else 'http'}://127.0.0.1:{settings.port}"


def start(layout: Layout, settings: Settings) -> None:
    prefix = layout.data / PART
    prefix.mkdir(mode=0o700, exist_ok=True)
    _write_server(layout, settings, prefix)
    (prefix / "nginx.conf").write_text(_main_config(layout))
    command = [_nginx(), "-p", f"{prefix}/", "-c", "nginx.conf", "-e", "stderr"]
    process.spawn(layout, PART, command)
    process.wait_ready(layout, PART, lambda: status(settings, "/") is not None, START_LIMIT_S)


def status(settings: Settings, path: str) -> int | None:
    """The HTTP status of a GET, or None without an answer."""
    try:
        # nobody vouches for the certificate, and nobody else listens on loopback in this name
        context = ssl._create_unverified_context()
        with urllib.request.urlopen(origin(settings) + path, timeout=5, context=context) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def _values(layout: Layout, settings: Settings, prefix: Path) -> dict[str, str]:
    """What stands for the names between @ signs."""
    values = dict(line.split("=", 1) for line in (TEMPLATES / "defaults").read_text().splitlines())
    values |= {
        "LISTEN": f"127.0.0.1:{settings.port}",
        "METRICS_LISTEN": f"127.0.0.1:{settings.metrics_port}",
        "HTDOCS": f"{settings.bin}/site",
        "WORKER_SOCKET": str(layout.socket("worker")),
        "PUSH_SOCKET": str(layout.socket("push")),
        "ACCESS_LOG": f"{layout.log}/access.log",
        "TLS_LISTEN": f"127.0.0.1:{settings.port}",
        "TLS_LISTEN6": f"127.0.0.2:{settings.port}",  # not every machine has IPv6
        "TLS_NAME": f"127.0.0.1:{settings.port}",
        "TLS_CERTIFICATE": f"{prefix}/certificate.pem",
        "TLS_KEY": f"{prefix}/key.pem",
        "REDIRECT_LISTEN": f"127.0.0.3:{settings.port}",
    }
    if not settings.limits:
        values |= RAISED_LIMITS
    unknown = settings.nginx.keys() - values.keys()
    if unknown:
        raise StackError(f"--nginx-set knows no {', '.join(sorted(unknown))}; it knows {', '.join(sorted(values))}")
    return values | settings.nginx


def _write_server(layout: Layout, settings: Settings, prefix: Path) -> None:
    values = _values(layout, settings, prefix)

    def fill_in(name: str) -> str:
        template = (TEMPLATES / f"{name}.in").read_text()
        return re.sub(r"@([A-Z0-9_]+)@", lambda match: values[match[1]], template)

    server = fill_in("takings.conf")
    if settings.tls:
        listen = f"  listen {values['LISTEN']};\n"
        assert server.count(listen) == 1, "takings.conf.in does not listen as it did"
        server = server.replace(listen, "  include takings-tls.conf;\n") + fill_in("takings-redirect.conf")
        (prefix / "takings-tls.conf").write_text(fill_in("takings-tls.conf"))
        _make_certificate(prefix)
    (prefix / "takings.conf").write_text(server)


def _make_certificate(prefix: Path) -> None:
    """For this stack alone, signed by itself."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", prefix / "key.pem", "-out", prefix / "certificate.pem"]
    if not (prefix / "key.pem").exists():
        subprocess.run([*command, *names, *files], check=True, capture_output=True)


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
worker_rlimit_nofile 16384;
events {{
  worker_connections 8192;
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
