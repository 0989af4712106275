"""Orders alone: how many are accepted and shipped, what each costs, how soon it is done, and whether that
stays so when a shop has grown.

`python -m benchmarks.orders` runs it and writes orders.md beside this package.
"""
