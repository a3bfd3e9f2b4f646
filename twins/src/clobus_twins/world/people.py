"""People and addresses: names in Russian and Uzbek Latin, phones and e-mails that cannot be real."""

import random
import re
from dataclasses import dataclass

from clobus_twins.world.textbank import data

_NAMES = data("names.json")
_PLAIN = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Person:
    """A person's name in both scripts; `female` agrees with the surname."""

    first: str
    last: str
    first_latin: str
    last_latin: str
    female: bool

    @property
    def full(self) -> str:
        """First and last name in Cyrillic."""
        return f"{self.first} {self.last}"

    @property
    def full_latin(self) -> str:
        """First and last name in Uzbek Latin."""
        return f"{self.first_latin} {self.last_latin}"


def person(rng: random.Random) -> Person:
    """Draw a person."""
    female = rng.random() < 0.55
    first, first_latin = rng.choice(_NAMES["female" if female else "male"])
    last, last_latin = rng.choice(_NAMES["surnames"])
    ending = "а" if female else ""
    return Person(first, last + ending, first_latin, last_latin + ("a" if female else ""), female)


def father_name(rng: random.Random) -> str:
    """Draw a patronymic (male)."""
    return str(rng.choice(_NAMES["fathers"]))


def phone(number: int) -> str:
    """Return the phone number of an ordinal; operator code 00 is assigned to nobody in Uzbekistan."""
    return f"+99800{number % 10_000_000:07d}"


def mailbox(text: str) -> str:
    """Return an ASCII local part for a Latin name."""
    return _PLAIN.sub(".", text.lower().replace("‘", "")).strip(".")


class Regions:
    """Draws a region and a city of Uzbekistan by the weight of its economy."""

    def __init__(self) -> None:
        self._regions = [(name, cities) for name, cities, _ in _NAMES["regions"]]
        self._weights = [weight for _, _, weight in _NAMES["regions"]]

    def draw(self, rng: random.Random, count: int) -> list[tuple[str, str]]:
        """Draw `count` pairs (region, city)."""
        drawn = rng.choices(self._regions, self._weights, k=count)
        return [(name, rng.choice(cities)) for name, cities in drawn]


def folder_names() -> list[str]:
    """Names of the folders of foreign counterparties."""
    return list(_NAMES["folders"])


def company_words() -> tuple[list[list[str]], list[list[str]]]:
    """First and second words of company names: [Russian, Uzbek Latin, Uzbek Cyrillic] each."""
    return _NAMES["first_words"], _NAMES["second_words"]
