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


def the_order_of_the_dict(parents, root):
    return list(parents)[::-1]


def walk_in_the_wrong_order__3(parents, root):
    out, q = ([], [root])
    while q:
        n = q.pop(0)
        if n not in out:
            out.append(n)
            q += parents[n]
    return out


def walk_in_the_wrong_order__4(parents, root):
    out = []

    def go(n):
        if n in out:
            return
        out.append(n)
        for p in parents[n]:
            go(p)

    go(root)
    return out


def forward_order__2(parents, root):
    seen, order = (set(), [])

    def go(n):
        if n in seen:
            return
        seen.add(n)
        for p in parents[n]:
            go(p)
        order.append(n)

    go(root)
    return order


def graph_changed__2(parents, root):
    order, seen, todo = ([], set(), [root])
    while todo:
        n = todo[-1]
        seen.add(n)
        while parents[n] and parents[n][-1] in seen:
            parents[n].pop()
        if parents[n]:
            todo.append(parents[n].pop())
        else:
            order.append(n)
            todo.pop()
    return order[::-1]


def a_node_left_out__3(parents, root):
    seen, order = (set(), [])
    todo = [(root, 0)]
    while todo:
        n, i = todo.pop()
        if i == 0:
            if n in seen:
                continue
            seen.add(n)
        if i < len(parents[n]):
            todo.append((n, i + 1))
            todo.append((parents[n][i], 0))
        elif parents[n]:
            order.append(n)
    return order[::-1]


def it_does_not_come_to_an_end(parents, root):
    order = []

    def go(n):
        for p in parents[n]:
            go(p)
        if n not in order:
            order.append(n)

    go(root)
    return order[::-1]


def right__quadratic(parents, root):
    order, todo = ([], [(root, 0)])
    seen = []
    while todo:
        n, i = todo.pop()
        if i == 0:
            if n in seen:
                continue
            seen.append(n)
        if i < len(parents[n]):
            todo.append((n, i + 1))
            todo.append((parents[n][i], 0))
        else:
            order.insert(0, n)
    return order
