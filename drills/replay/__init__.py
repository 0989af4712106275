"""Real orders, placed over HTTP as shoppers would, and what became of them."""
