"""Pictures of graphs: need Graphviz."""
