"""Posts a made-up order every few seconds, so that the dashboard moves; runs until it is stopped."""

from __future__ import annotations

import random
import sys
import time

from .api import Api, ApiError
from .generate_shop import make_order

PART = "trickle"
MEAN_PAUSE_S = 4.0


def main(url: str, merchant: str, key_file: str) -> None:
    with open(key_file, encoding="utf-8") as file:
        api = Api(url, merchant, file.read())
    chance = random.Random()
    while True:
        time.sleep(chance.uniform(0.5, 1.5) * MEAN_PAUSE_S)
        try:
            api.post("/orders", make_order(chance))
        except ApiError as error:
            print(error, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
