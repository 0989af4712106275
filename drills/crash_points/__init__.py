"""Points at which a process ends itself as `kill -9` would, so that drills see what a crash there leaves.

The product has no line for them: `installing.install` wraps it from outside, in a process that is to crash
and in no other. Every point lies beside something that a function of the product does, which names it
(places.py); names.py keeps short names for those that every torture test goes through.
"""
