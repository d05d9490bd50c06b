"""A graph as plain data, and what it is made of: needs nothing but minigrad."""
