import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.checkout.numbers import ALPHABET, new_number, normalise

numbers = st.builds(new_number)


def test_new_number__drawn__reads_like_the_contract():
    drawn = {new_number() for _ in range(1000)}

    assert len(drawn) > 990
    assert all(re.fullmatch(r"S-[1-9A-Z]{5}-[1-9A-Z]{2}", number) for number in drawn)
    assert all(normalise(number) == number for number in drawn)


@given(numbers, st.integers(2, 6), st.sampled_from(ALPHABET))
def test_normalise__one_symbol_wrong__is_noticed(number, place, symbol):
    typed = number[:place] + symbol + number[place + 1 :]

    assert normalise(typed) == (number if typed == number else None)


@given(numbers, st.sampled_from([(2, 3), (3, 4), (4, 5), (5, 6), (6, 8), (8, 9)]))
def test_normalise__two_neighbours_swapped__is_noticed(number, places):
    first, second = places
    symbols = list(number)
    symbols[first], symbols[second] = symbols[second], symbols[first]
    typed = "".join(symbols)

    assert normalise(typed) == (number if typed == number else None)


@pytest.mark.parametrize("change", [str.lower, lambda n: n.replace("-", ""), lambda n: f" {n} "])
def test_normalise__typed_carelessly__is_understood(change):
    number = new_number()

    assert normalise(change(number)) == number


@pytest.mark.parametrize("typed", ["", "S-", "1", "S-00000-00", "X-2H4K9-7Q", "S-2H4K9-7Q1", "\x00"])
def test_normalise__not_a_number__is_none(typed):
    assert normalise(typed) is None
