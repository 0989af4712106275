from orders.demo.replay.checking import Database
from orders.demo.replay.replaying import run
from orders.demo.replay.summary import Summary

__all__ = ["Database", "Summary", "run"]
