"""How words become search terms, for the writer of the read model and for its readers."""

LANGUAGE = "english"  # PostgreSQL's text search configuration: stems words, drops stop words
