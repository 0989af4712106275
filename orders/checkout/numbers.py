"""Order numbers that people read out: S-2H4K9-7Q. Not a sequence, so not guessable, and typing errors show.

Crockford's letters without 0 (no I, L, O, U either) make 31 symbols. The last one checks the six before it:
a weighted sum modulo a prime, so every wrong symbol and every swap of two is noticed.
"""

import re
import secrets

ALPHABET = "123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_SYMBOLS = 6
_SHAPE = re.compile(rf"S-?([{ALPHABET}]{{5}})-?([{ALPHABET}])([{ALPHABET}])")
_VALUES = {symbol: value for value, symbol in enumerate(ALPHABET)}


def new_number() -> str:
    """One of 887 million. The unique constraint decides; a taken one is drawn again."""
    return number_of("".join(secrets.choice(ALPHABET) for _ in range(RANDOM_SYMBOLS)))


def number_of(symbols: str) -> str:
    """The number that six symbols of ALPHABET make."""
    return f"S-{symbols[:5]}-{symbols[5]}{_check(symbols)}"


def normalise(typed: str) -> str | None:
    """The number as stored, for what somebody typed; None where it cannot be one."""
    found = _SHAPE.fullmatch(typed.strip().upper())
    if found is None or _check(found[1] + found[2]) != found[3]:
        return None
    return f"S-{found[1]}-{found[2]}{found[3]}"


def _check(symbols: str) -> str:
    weighted = sum(weight * _VALUES[symbol] for weight, symbol in enumerate(symbols, start=2))
    return ALPHABET[weighted % len(ALPHABET)]
