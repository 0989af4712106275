"""The shop beside an Express cluster that does the same, measured on one PostgreSQL and one Valkey.

`python -m benchmarks` runs it; README.md tells what is compared and why that is fair. Nothing here is
part of the product.
"""
