"""python -m benchmarks [SUITE]: measure, print the tables, and write the page of a whole run."""

import signal
import sys
from collections.abc import Sequence

from benchmarks import harness
from benchmarks.errors import BenchmarkError
from benchmarks.suites.hot_sku import HotSkuSuite
from benchmarks.suites.orders.suite import OrdersSuite
from benchmarks.suites.routes.suite import RoutesSuite
from localstack.errors import StackError

SUITES = (RoutesSuite(), OrdersSuite(), HotSkuSuite())  # the first is the one that runs without a name
CANNOT_MEASURE = 2
INTERRUPTED = 130


def main(argv: Sequence[str]) -> int:
    suite, arguments = harness.parse(SUITES, argv)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return harness.run(suite, arguments)
    except KeyboardInterrupt:
        print("\nStopped; nothing was written.", file=sys.stderr)
        return INTERRUPTED
    except BenchmarkError as error:
        print(f"\n{error}", file=sys.stderr)
    except StackError as error:
        print(f"\n{error}\n{error.hint}", file=sys.stderr)
    return CANNOT_MEASURE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
