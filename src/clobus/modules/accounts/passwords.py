"""Passwords: hashed with Argon2id, weighed with zxcvbn, refused when they are among those that leaked most."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import cache

import argon2
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from clobus.core.errors import Unprocessable

SHORTEST, LONGEST = 8, 128
ENOUGH = 3
"""Of zxcvbn's scores 0 to 4: more than 10^8 guesses."""
WEIGHED = 72
"""So many characters are weighed: the rest only makes it stronger, and weighing grows with the square."""


@dataclass(frozen=True, slots=True)
class Strength:
    """How strong a password is: zxcvbn's score, and whether it is among the leaked ones."""

    score: int
    breached: bool

    @property
    def good(self) -> bool:
        """Whether it is taken."""
        return self.score >= ENOUGH and not self.breached


@cache
def leaked() -> frozenset[str]:
    """The 30 000 commonest passwords of leaks, as zxcvbn carries them (from Mark Burnett's and xato's collections)."""
    return frozenset(FREQUENCY_LISTS["passwords"])


def weigh(password: str, about: tuple[str, ...] = ()) -> Strength:
    """How strong a password is for somebody of whom `about` is known."""
    if not password:
        return Strength(0, False)
    inputs = [word for each in about for word in (each, *each.replace("@", " ").split()) if word]
    found = zxcvbn(password[:WEIGHED], user_inputs=inputs)
    return Strength(int(found["score"]), password.lower() in leaked())


def ensure_good(password: str, about: tuple[str, ...] = ()) -> None:
    """Unprocessable `password.breached` or `.weak`; length is the door's to bound."""
    found = weigh(password, about)
    if found.breached:
        raise Unprocessable("password.breached")
    if not found.good or len(password) < SHORTEST:
        raise Unprocessable("password.weak")


class Passwords:
    """Hashes and checks, in a thread: it takes tens of milliseconds by intent."""

    def __init__(self, *, memory_kib: int, rounds: int) -> None:
        self._hasher = argon2.PasswordHasher(time_cost=rounds, memory_cost=memory_kib, parallelism=1)
        self._nobody = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """What is kept of a password."""
        return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, kept: str | None, password: str) -> bool:
        """Whether it is the password; takes as long when there is none, so that time tells nothing."""
        matched = await asyncio.to_thread(self._verify, kept or self._nobody, password)
        return matched and kept is not None

    def is_old(self, kept: str) -> bool:
        """Whether it was hashed with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(kept)

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False
