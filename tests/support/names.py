"""Names that no other test uses."""

from __future__ import annotations

import uuid


def new_merchant_id() -> str:
    return "m-" + uuid.uuid4().hex[:12]


def new_email() -> str:
    return f"{uuid.uuid4().hex[:12]}@example.org"
