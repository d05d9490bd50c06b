"""Wrong walks, one for each mistake that the checks name."""


def walk_in_the_wrong_order(parents, root):
    """Depth-first, each node when the walk first meets it."""
    order, stack = [], [root]
    while stack:
        node = stack.pop()
        if node not in order:
            order.append(node)
            stack += parents[node]
    return order


def walk_in_the_wrong_order__2(parents, root):
    """Breadth-first."""
    order = [root]
    for node in order:
        for parent in parents[node]:
            if parent not in order:
                order.append(parent)
    return order


def _postorder(parents, root):
    order, seen, stack = [], set(), [(root, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack += [(parent, False) for parent in parents[node]]
    return order


def forward_order(parents, root):
    return _postorder(parents, root)


def a_node_visited_twice(parents, root):
    order = [root]
    for node in order:
        order.extend(parents[node])
    return order


def a_node_left_out(parents, root):
    return [node for node in _postorder(parents, root)[::-1] if parents[node]]


def a_node_left_out__2(parents, root):
    return _postorder(parents, root)[::-1][1:]


def nodes_that_the_root_was_not_made_from(parents, root):
    left = dict.fromkeys(parents, 0)
    for node in parents:
        for parent in parents[node]:
            left[parent] += 1
    order = [node for node in parents if left[node] == 0]
    for node in order:
        for parent in parents[node]:
            left[parent] -= 1
            if left[parent] == 0:
                order.append(parent)
    return order


def recursion_too_deep(parents, root):
    order = []

    def visit(node):
        if node not in order:
            for parent in parents[node]:
                visit(parent)
            order.append(node)

    visit(root)
    return order[::-1]


def graph_changed(parents, root):
    order = _postorder(parents, root)[::-1]
    for node in order:
        parents[node].clear()
    return order
