"""Posts a made-up order now and then, so that the dashboard moves; runs until it is stopped."""

from __future__ import annotations

import random
import sys
import time

from .api import Api, ApiError
from .generate_shop import make_order

PART = "trickle"
# The first comes soon, for whoever has just opened the dashboard; the others leave the chart's shape as it is: the
# made-up year has some 55 orders a day.
FIRST_PAUSE_S = 4.0
MEAN_PAUSE_S = 25.0


def main(url: str, merchant: str, key_file: str) -> None:
    with open(key_file, encoding="utf-8") as file:
        api = Api(url, merchant, file.read())
    chance = random.Random()
    pause_s = FIRST_PAUSE_S
    while True:
        time.sleep(pause_s)
        pause_s = chance.uniform(0.5, 1.5) * MEAN_PAUSE_S
        try:
            api.post("/orders", make_order(chance))
        except ApiError as error:
            print(error, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
