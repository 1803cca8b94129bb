"""Requests written byte by byte, for what no HTTP client would send."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from urllib.parse import urlsplit


@dataclass(frozen=True)
class RawAnswer:
    status_code: int
    headers: Message[str, str]  # looked up without regard to case
    content: bytes


def connect(url: str) -> socket.socket:
    parts = urlsplit(url)
    assert parts.hostname is not None and parts.port is not None
    return socket.create_connection((parts.hostname, parts.port), timeout=15.0)


def send(url: str, request: bytes) -> RawAnswer:
    """Sends the bytes, which must ask for the end of the connection, and reads the answer up to there."""
    with connect(url) as peer:
        try:
            peer.sendall(request)
        except OSError:
            pass  # refused before the end of the request: the answer is there to be read
        return parse(read_all(peer))


def read_all(peer: socket.socket) -> bytes:
    received = b""
    try:
        while chunk := peer.recv(65536):
            received += chunk
    except ConnectionResetError:
        pass
    return received


def parse(received: bytes) -> RawAnswer:
    head, _, content = received.partition(b"\r\n\r\n")
    status_line, _, fields = head.partition(b"\r\n")
    assert status_line.startswith(b"HTTP/"), received
    headers = BytesParser().parsebytes(fields + b"\r\n\r\n")
    return RawAnswer(int(status_line.split()[1]), headers, content)
