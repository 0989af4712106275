"""Orders alone: how many are accepted and shipped, what each costs, how soon it is done, and whether that
stays so when a shop has grown. A whole run writes orders.md.
"""
