"""Counting primes by trial division: slow on purpose, so that it keeps a core busy for seconds."""

from math import isqrt
from typing import TypedDict


class Primes(TypedDict):
    """How many primes there are, and the largest of them (None where there is none)."""

    count: int
    largest: int | None


def primes_below(limit: int) -> Primes:
    """The primes below `limit`; a million takes about half a second of one core, five million six."""
    known: list[int] = []
    for candidate in range(2, limit):
        if _is_prime(candidate, known):
            known.append(candidate)
    return Primes(count=len(known), largest=known[-1] if known else None)


def _is_prime(candidate: int, smaller_primes: list[int]) -> bool:
    largest_divisor = isqrt(candidate)
    for prime in smaller_primes:
        if prime > largest_divisor:
            return True
        if candidate % prime == 0:
            return False
    return True
