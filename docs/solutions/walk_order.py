"""Walk order: in which order the backward pass visits the nodes of a graph."""


def walk_order(parents, root):
    """List the nodes in an order in which the backward walk may visit them.

    A node may pass its gradient on only when the gradient is complete: after everything that was
    made from the node has been visited. This is called reverse topological order. There may be
    several such orders, and any of them is right. A graph may be a chain of thousands of nodes.

    Parameters
    ----------
    parents : dict from str to list of str
        For each node the nodes that it was made from; [] for a leaf.
    root : str
        Where the walk begins, the loss.

    Returns
    -------
    list of str
        The root and every node that it was made from, directly or not, each once.

    Examples
    --------
    >>> walk_order({"a": [], "b": ["a"], "c": ["b"], "L": ["b", "c"]}, "L")
    ['L', 'c', 'b', 'a']
    """
    uses = {root: 0}
    found = [root]
    for node in found:
        for parent in parents[node]:
            if parent not in uses:
                uses[parent] = 0
                found.append(parent)
            uses[parent] += 1

    order, ready = [], [root]
    while ready:
        node = ready.pop()
        order.append(node)
        for parent in parents[node]:
            uses[parent] -= 1
            if uses[parent] == 0:
                ready.append(parent)
    return order
