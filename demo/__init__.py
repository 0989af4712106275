"""A real shop's sales as demo data: read (source, articles, history), load, replay, and check (agreement)."""
