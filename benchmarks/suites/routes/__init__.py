"""Every route of the shop beside the same route of an Express cluster; a whole run writes results.md."""
