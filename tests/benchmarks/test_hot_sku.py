from benchmarks.suites import hot_sku
from benchmarks.suites.hot_sku import Pace


def test_scripts__the_shops_own_statement__has_a_value_for_each_parameter():
    assert all("%(" not in script for script in hot_sku._scripts().values())


def test_table__medians_beside_the_bare_row__shows_the_ratio():
    found = {"row": [Pace(200, 5)] * 3, "units": [Pace(n, 2.4) for n in (300, 500, 100)]}

    assert (
        hot_sku._table(found).splitlines()[-1]
        == "| units  |                    300 |   100 |  500 |       2 |   1.50 |"
    )
