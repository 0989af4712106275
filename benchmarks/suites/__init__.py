"""What can be measured: a module or a package each, with a `Suite` for `benchmarks.__main__`."""
