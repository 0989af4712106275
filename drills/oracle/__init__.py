"""Whether all records of what happened agree: customers' answers, our ledgers, the provider's, the inbox.

Replays and the tests of faults ask the same oracle. It reads the tables of every app at once, which the
product never does.
"""
