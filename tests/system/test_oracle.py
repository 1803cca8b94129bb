"""Random histories of many merchants: every stored row and every answer equals the oracle's, cell by cell."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from oracle import answers
from oracle.answers import Range
from oracle.shop import position_number
from support.api import expect
from support.histories import PLACES, Story, today
from support.load import all_at_once, meanwhile
from support.merchant import Merchant
from support.pictures import Picture, differences, take_picture
from support.sizes import sized
from support.stack import Stack

ROUNDS = sized(quick=3, full=60)
STEPS = 10  # of each merchant in a round
SEED = 20261123
POSTING_THREADS = 6


@dataclass
class Sample:
    """Something read during the load, to be judged when all receipts are in."""

    story: Story
    picture: Picture
    within: Range
    summary: dict[str, Any]
    interval: str
    currency: str
    series: dict[str, Any]


@dataclass
class Histories:
    stories: list[Story]
    samples: list[Sample] = field(default_factory=list)


def days_with_history(story: Story) -> Range:
    """The place's own dates, or yesterday to tomorrow, where the other half of its history falls."""
    day = today(story.merchant)
    return Range(day - timedelta(days=1), day + timedelta(days=1))


def take_sample(stack: Stack, story: Story, rng: random.Random) -> Sample:
    merchant, place = story.merchant, story.place
    within = rng.choice((place.range, days_with_history(story)))
    days = within.days(merchant.shop.zone)
    interval, currency = rng.choice(("hour", "day")), rng.choice(place.currencies)
    series = merchant.api.series(**within.parameters(), interval=interval, currency=currency)
    summary = merchant.api.summary(**within.parameters())
    picture = take_picture(stack.redis, merchant.shop, merchant.id, days)
    return Sample(story, picture, within, expect(summary), interval, currency, expect(series))


@pytest.fixture(scope="module")
def histories(stack: Stack, add_merchant: Callable[..., Merchant]) -> Iterator[Histories]:
    """Thirty-five merchants with their histories, posted at once while figures are read."""
    with ThreadPoolExecutor(POSTING_THREADS) as pool:
        merchants = list(pool.map(lambda place: add_merchant(place.zone, *place.currencies), PLACES))
    stories = [Story(merchant, place, SEED) for merchant, place in zip(merchants, PLACES)]
    made = Histories(stories)
    rng = random.Random(SEED)

    def write(story: Story) -> None:
        for _ in range(STEPS):
            story.step()

    jobs = [partial(write, story) for story in stories]

    def sample() -> None:
        made.samples.append(take_sample(stack, rng.choice(stories), rng))

    with meanwhile(sample):
        for _ in range(ROUNDS):
            all_at_once(jobs, POSTING_THREADS)
    for story in stories:
        story.merchant.settled()
    yield made


def test_rows_read_during_load_are_the_oracles_at_their_checkpoint(histories: Histories) -> None:
    assert len(histories.samples) >= 30
    for sample in histories.samples:
        assert differences(sample.story.merchant.shop, sample.picture) == []


def test_samples_were_taken_before_the_end(histories: Histories) -> None:
    """Otherwise the comparison during load would have compared nothing."""
    partial = [
        sample
        for sample in histories.samples
        if any(entry.position > sample.picture.position for entry in sample.story.merchant.shop.entries)
    ]
    assert len(partial) >= 10


def test_answers_given_during_load_are_the_oracles_at_their_position(histories: Histories) -> None:
    for sample in histories.samples:
        shop = sample.story.merchant.shop
        position = position_number(sample.summary["meta"]["position"])
        assert sample.summary["data"] == answers.summary(shop, sample.within, position)
        position = position_number(sample.series["meta"]["position"])
        wanted = answers.series(shop, sample.within, sample.interval, sample.currency, position)
        assert sample.series["data"] == wanted


@pytest.mark.parametrize("number", range(len(PLACES)), ids=lambda n: f"{PLACES[n].zone}-{PLACES[n].first}")
def test_at_rest_every_row_and_every_answer_is_the_oracles(stack: Stack, histories: Histories, number: int) -> None:
    story = histories.stories[number]
    merchant = story.merchant
    picture = take_picture(stack.redis, merchant.shop, merchant.id)
    assert picture.position >= max(entry.position for entry in merchant.shop.entries)
    assert differences(merchant.shop, picture) == []
    merchant.check_all(story.place.range)
    merchant.check_all(days_with_history(story))


def test_a_range_of_instants_is_the_hours_in_it(histories: Histories) -> None:
    for story in histories.stories:
        zone = story.merchant.shop.zone
        day = zone.days_between(story.place.first, story.place.end)[0]
        hours = list(zone.hours_between(zone.day_start(day), zone.day_start(day) + 2 * 86400))
        story.merchant.check_all(Range(hours[5].start, hours[-3].start))


def test_verify_finds_no_difference(stack: Stack, histories: Histories) -> None:
    stack.batch("verify")
