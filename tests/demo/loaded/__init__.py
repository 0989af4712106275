"""A package, so that its fixture of the scope "package" ends with it."""
