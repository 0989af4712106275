"""Measures the shop, and an Express cluster that does the same, on one PostgreSQL and one Valkey.

`python -m benchmarks SUITE` runs one of the suites in `suites/`; README.md says what they measure and why
that is fair. `harness` is the frame of each run and `bench` starts what it needs; `rounds` takes turns,
`measure` makes one measurement, `load` sends the requests; `report` and `document` make tables and pages.
Nothing here is part of the product.
"""
