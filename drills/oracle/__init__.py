"""Whether everybody tells the same story: customers' answers, our ledgers, the provider's, and the inbox.

Replays and the tests of faults ask the same oracle. It reads the tables of every app at once, which the
product never does.
"""
