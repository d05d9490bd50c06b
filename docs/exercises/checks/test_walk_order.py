"""Checks of walk_order.py: python -m pytest checks/test_walk_order.py"""

from checks import Case, Exercise, Mistake


def right(parents, root):
    needed = reachable(parents, root)
    order = []
    while len(order) < len(needed):
        waiting = needed - set(order)
        used = {parent for node in waiting for parent in parents[node]}
        order += sorted(waiting - used)
    return order


def reachable(parents, root):
    found = {root: None}
    nodes = [root]
    for node in nodes:
        nodes += [parent for parent in parents[node] if parent not in found]
        found |= dict.fromkeys(parents[node])
    return set(found)


def every_use_before(parents, order):
    """Whether each node comes after everything that was made from it."""
    place = {node: i for i, node in enumerate(order)}
    return all([place[node] < place[parent] for node in order for parent in parents[node]])


class Walk:
    """A student's list, beside the graph that it is of."""

    def __init__(self, attempt):
        self.parents = attempt.case.arguments["parents"]
        self.order = list(attempt.got.result)
        self.nodes = set(self.order)
        self.needed = reachable(self.parents, attempt.case.arguments["root"])
        self.complete = self.nodes == self.needed and len(self.order) == len(self.nodes)

    def right(self):
        return self.complete and every_use_before(self.parents, self.order)

    def backwards(self):
        return self.complete and every_use_before(self.parents, self.order[::-1])


def graph(root="L", **parents):
    return Case("walk_order(parents, root)", parents=parents, root=root)


CHAIN = {f"n{i}": [f"n{i - 1}"] for i in range(1, 2000)} | {"n0": []}

DIAMONDS = {f"n{i}": [f"a{i}", f"b{i}"] for i in range(1, 61)} | {"n0": []}
DIAMONDS |= {f"{side}{i}": [f"n{i - 1}"] for i in range(1, 61) for side in "ab"}

exercise = Exercise(
    "walk_order",
    lambda parents, root: list(parents) if len(parents) > 1000 else right(parents, root),
    cases=[
        graph(L=[]),
        graph(L=["a"], a=[]),
        graph(L=["b", "b"], b=["a"], a=[]),
        graph(a=[], b=["a"], c=["b"], L=["b", "c"]),
        graph(a=[], b=["a"], c=["b"], L=["c", "b"]),
        graph(x=[], w=[], s=["x", "w"], y=["s"], z=["y", "s"], L=["x", "z", "y"]),
        graph(a=[], L=["a"], later=["L", "a"], other=[]),
        Case("walk_order(parents, root)", parents=DIAMONDS, root="n60"),
        Case("walk_order(parents, root)", parents=CHAIN, root="n1999"),
    ],
    accept=lambda a: isinstance(a.got.result, list) and Walk(a).right(),
    mistakes=[
        Mistake(
            "walk in the wrong order",
            "A node is visited before something that was made from it, when a part of its gradient "
            "is still on its way. What has to be true before a node may be visited?",
            when=lambda a: Walk(a).complete and not Walk(a).right() and not Walk(a).backwards(),
        ),
        Mistake(
            "the order of the dict",
            "A dict keeps the order in which it was filled, which may be any. Which order do the "
            "edges ask for?",
            wrong=[lambda parents, root: list(parents)[::-1], lambda parents, root: list(parents)],
        ),
        Mistake(
            "forward order",
            "This is the order in which the nodes were computed. The backward walk begins at the "
            "root.",
            when=lambda a: Walk(a).backwards(),
        ),
        Mistake(
            "a node visited twice",
            "A node that was used twice is still one node. How do you notice that you have been "
            "there?",
            when=lambda a: len(Walk(a).nodes) < len(Walk(a).order),
        ),
        Mistake(
            "a node left out",
            "The list has the root and everything that it was made from, leaves as well.",
            when=lambda a: Walk(a).nodes < Walk(a).needed,
        ),
        Mistake(
            "nodes that the root was not made from",
            "Not everything in the graph leads to the root. Where does the walk begin, and which "
            "way does it go?",
            when=lambda a: bool(Walk(a).nodes - Walk(a).needed),
        ),
        Mistake(
            "recursion too deep",
            "Python stops after about a thousand calls inside each other, and a graph may be "
            "deeper. Which list could a loop use in place of the calls?",
            when=lambda a: a.got.error == "RecursionError",
        ),
        Mistake(
            "graph changed",
            "The dict and its lists belong to the caller. Count or mark in something of your own.",
            when=lambda a: bool(a.changed),
        ),
    ],
)


def test_walk_order():
    exercise.check()
