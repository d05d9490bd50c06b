def walk_order(parents, root):
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
