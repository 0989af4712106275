"""A real shop's sales as demo data: the file (source), what it means (articles, history), loading it."""
