"""The load: `wrk` keeps every connection busy, `sending` sends a given number, at a rate or at once."""
