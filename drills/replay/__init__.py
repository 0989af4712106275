from drills.replay.checking import Database
from drills.replay.replaying import run
from drills.replay.summary import Summary

__all__ = ["Database", "Summary", "run"]
