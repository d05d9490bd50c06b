"""Pages to step through a graph: need a browser, and Graphviz for their picture."""
