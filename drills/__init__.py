"""A running shop put to the test: orders as shoppers place them, kills meanwhile, and all stories compared.

Nothing of the shop imports it. The tests of faults and `manage.py replay_orders` use the same parts.
"""
