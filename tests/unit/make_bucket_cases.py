#!/usr/bin/env python3
"""Writes bucket_cases.inc: instants of many zones with their local hour and day, by the oracle's own arithmetic over
Python's zoneinfo. Only instants up to 2025, and no zone whose past tzdata has corrected of late (America/Bogota).

    tests/unit/make_bucket_cases.py > tests/unit/bucket_cases.inc
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from oracle.zones import DAY, EPOCH, HOUR, Zone  # noqa: E402

FIRST, LAST = 0, 1_767_225_600  # 2026-01-01T00:00:00Z
RANDOM_INSTANTS, CHANGES = 5, 4
ZONES = """
Africa/Cairo Africa/Casablanca Africa/Johannesburg Africa/Juba Africa/Monrovia Africa/Windhoek America/Argentina/Buenos_Aires
America/Asuncion America/Caracas America/Chicago America/Godthab America/Guyana America/Halifax
America/Havana America/Los_Angeles America/Mexico_City America/Montevideo America/New_York America/Sao_Paulo
America/St_Johns Antarctica/Casey Antarctica/Troll Antarctica/Vostok Asia/Amman Asia/Beirut Asia/Colombo Asia/Dhaka
Asia/Gaza Asia/Hong_Kong Asia/Jakarta Asia/Jerusalem Asia/Kabul Asia/Kathmandu Asia/Kolkata Asia/Pyongyang Asia/Seoul
Asia/Shanghai Asia/Singapore Asia/Tehran Asia/Tokyo Asia/Yangon Atlantic/Azores Atlantic/Cape_Verde Australia/Adelaide
Australia/Eucla Australia/Lord_Howe Australia/Sydney Europe/Berlin Europe/Dublin Europe/Istanbul Europe/Lisbon
Europe/London Europe/Moscow Pacific/Apia Pacific/Auckland Pacific/Chatham Pacific/Kiritimati Pacific/Kwajalein
Pacific/Marquesas UTC
""".split()


def changes(zone: Zone) -> list[int]:
    """Every instant at which the offset differs from that of the second before."""
    found = []
    for day in range(FIRST, LAST, DAY):
        if zone.offset(day) != zone.offset(day + DAY):
            low, high = day, day + DAY
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if zone.offset(middle) == zone.offset(day) else (low, middle)
            found.append(high)
    return found


def instants(zone: Zone, chance: random.Random) -> list[int]:
    chosen = [chance.randrange(FIRST, LAST) for _ in range(RANDOM_INSTANTS)]
    known = changes(zone)
    for change in chance.sample(known, min(CHANGES, len(known))):
        chosen += [change - 1, change, change + chance.randrange(-26 * HOUR, 26 * HOUR)]
    return sorted(chosen)


def main() -> None:
    chance = random.Random(1970)
    print("/* Made by make_bucket_cases.py; {zone, instant, hour's start and end, date, ordinal, day's start, end, hours}. */")
    for name in ZONES:
        zone = Zone(name)
        for instant in instants(zone, chance):
            hour = zone.hour_at(instant)
            day = zone.hours_of(hour.date)
            date = (hour.date - EPOCH.date()).days
            figures = (instant, hour.start, hour.end, date, day.index(hour), day[0].start, day[-1].end, len(day))
            print(f'{{"{name}", {", ".join(map(str, figures))}}},')


if __name__ == "__main__":
    main()
