"""Names from the user's code: what a line assigns a Tensor to, and the expression that made it."""

from __future__ import annotations

import ast
import asyncio
import dataclasses
import functools
import linecache
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from minigrad import Tensor, autograd, nn
from minigrad.autograd.functional import jacobian
from minigrad.context import held
from minigrad.engine import Op, Watcher, watcher
from minigrad.nn import functional as F
from minigrad.viz import draw, step_through
from minigrad.viz.graph import variables
from minigrad.viz.graph.expansion import expand, in_order_made
from minigrad.viz.graph.naming import Name, names_of
from minigrad.viz.graph.survey import snapshot
from minigrad.viz.graph.variables import paths_of


def graph(*roots):
    """All Tensors behind the roots, each before what was made from it."""
    made = [tensor for root in roots for tensor in in_order_made(root)]
    return list(dict.fromkeys(t for tensor in made for t in (*tensor.parents, tensor)))


def labels(*roots):
    """The labels of all results of ops, in the order in which they were made."""
    return [n.label for t, n in names_of(graph(*roots)).items() if t.op is not None]


def leaf_labels(*roots):
    return [n.label for t, n in names_of(graph(*roots)).items() if t.op is None]


def name(tensor):
    return names_of(graph(tensor) or [tensor])[tensor]


def leaf(*shape):
    return Tensor(np.full(shape, 0.5, np.float32), requires_grad=True, name="leaf")


class Seen(Watcher):
    """Keeps every result."""

    def __init__(self):
        self.results = []

    def computed(self, op, parents, result):
        self.results.append(result)


# What the code calls it


def test_an_assignment_names_its_whole_right_hand_side():
    x, W, b = leaf(2, 3), leaf(3, 2), leaf(2)
    h = F.relu(x @ W + b)
    assert [*names_of(graph(h)).values()] == [
        Name("leaf", None),
        Name("leaf", None),
        Name(None, "x @ W"),
        Name("leaf", None),
        Name(None, "x @ W + b"),
        Name("h", "F.relu(x @ W + b)"),
    ]


def test_a_name_comes_before_a_path_and_a_path_before_the_code():
    layer = nn.Linear(1, 1)
    parameter = layer.weight
    h = parameter * 2
    assert [n.label for n in names_of([parameter, h]).values()] == ["weight", "h"]
    parameter.name, h.name = "W", "hidden"
    assert [*names_of([parameter, h]).values()] == [
        Name("W", None),
        Name("hidden", "parameter * 2"),
    ]


def test_every_form_of_assignment():
    class Bag:
        pass

    x, bag, hs = leaf(2), Bag(), {}
    annotated: Tensor = np.exp(x)
    bag.h = np.exp(x)
    hs["key"] = np.exp(x)
    first = second = np.exp(x)
    parenthesised = (x + 1)  # fmt: skip
    added = x
    added += 1
    if (walrus := np.exp(x)) is None:
        pass
    a, b = np.sin(x), np.cos(x)
    (c, [d, e]), f = (x + 1, [x + 2, x + 3]), x + 4
    either = None if x is None else np.exp(x)
    table = {"W": x * 2, "b": [x * 3]}
    results = [annotated, bag.h, hs["key"], second, parenthesised, added, walrus, a, b]
    results += [c, d, e, f, either, table["W"], table["b"][0]]
    assert first is second
    assert [name(result).label for result in results] == [
        *("annotated", "bag.h", 'hs["key"]', "first", "parenthesised", "added", "walrus"),
        *("a", "b", "c", "d", "e", "f", "either", 'table["W"]', 'table["b"][0]'),
    ]
    assert name(added).expression == "added += 1"


def test_elements_of_displays_and_comprehensions():
    pair = [leaf(1) * 2, leaf(1) * 3]
    assert labels(pair[0] + pair[1]) == ["pair[0]", "pair[1]", None]
    ws = [Tensor([i], requires_grad=True, dtype=np.float32) for i in range(3)]
    assert leaf_labels(ws[0] + ws[1]) == ["ws[…]", "ws[…]"]
    stacked = np.stack(ws)
    assert leaf_labels(stacked) == ["ws[0]", "ws[1]", "ws[2]"]
    assert leaf_labels(ws[2].sum()) == ["ws[…]"]
    layers = [(w * 2, w * 3) for w in ws[:2]]
    (w, b), (v, c) = layers
    assert labels(w + b + v + c)[:4] == [
        *("layers[…][0]", "layers[…][1]", "layers[…][0]", "layers[…][1]")
    ]


def test_a_part_of_the_right_hand_side_is_not_named():
    x = leaf(2)
    h = np.exp(x) * 2
    listed = [np.exp(x)].copy()
    starred, *rest = np.sin(x), np.cos(x)
    total = x
    total += np.exp(x)
    after_star = [*rest, np.exp(x)][1]
    for mapped in map(np.exp, [x]):  # noqa: B007
        pass
    within = [m * 1 for m in map(np.exp, [x])]
    seen = Seen()
    with held(watcher, seen):
        tested = 1 if x[0] else 0
        other = (np.exp(x), 1)[1]
        sliced = [np.exp(x)][:0]
    assert (tested, other, sliced) == (1, 1, [])
    assert [name(t).label for t in (after_star, mapped, *seen.results)] == [None] * 5
    assert name(mapped).expression is None
    assert labels(within[0]) == [None, "within[…]"]
    assert labels(h) == [None, "h"]
    assert [name(t).label for t in (*listed, starred, *rest)] == [None, None, None]
    assert labels(total) == [None, "total"]


def test_a_leaf_is_named_by_what_it_is_assigned_to():
    W = Tensor([1.0], requires_grad=True)

    def make():
        return Tensor([2.0], requires_grad=True)

    b = make()
    seen = []
    J = jacobian(lambda z: seen.append(z * 1) or seen[-1], np.ones(1))
    assert leaf_labels(W * b) == ["W", "b"]
    assert J is not None
    assert leaf_labels(seen[0])[0] is None


# What a function returns


def test_what_a_function_returns_is_what_its_caller_calls_it():
    def loss_of(log_probs):
        picked = log_probs[0]
        return -picked.mean()

    square = lambda z: z * z  # noqa: E731
    loss = loss_of(leaf(2))
    assert labels(loss) == ["picked", None, "loss"]
    assert name(loss).expression == "-picked.mean()"
    y = square(leaf(1))
    assert name(y) == Name("y", "z * z")

    def both(x):
        return x + 1, (x + 2 if x is not None else None)

    p, q = both(leaf(1))
    assert (name(p).label, name(q).label) == ("p", "q")


def test_the_call_must_be_one_of_that_function():
    def double(x):
        return x * 2

    class Double(nn.Module):
        def forward(self, x):
            return x * 2

    def add(a, b):
        return a + b

    doubled = list(map(double, [leaf(1)]))
    modules = list(map(Double(), [leaf(1)]))
    part = double(leaf(1)) + 1
    total = functools.reduce(add, [leaf(1), leaf(1)])
    product = functools.reduce(lambda a, b: a * b, [leaf(1), leaf(1)])
    exps = list(map(np.exp, [leaf(1)]))
    results = [doubled[0], modules[0], part.parents[0], total, product, exps[0]]
    assert [name(result).label for result in results] == [None] * 6
    assert name(doubled[0]).expression == "x * 2"


# Labels that several Tensors would have


def test_a_name_assigned_again_is_numbered():
    h = leaf(2)
    for _ in range(3):
        h = np.tanh(h)
    assert labels(h) == ["h, 1st", "h, 2nd", "h"]
    x = leaf(2)
    x = x * 2
    x = x + 1
    assert labels(x) == ["x, 1st", "x"]


def test_a_function_called_several_times():
    def layer(x):
        z = x * 2
        return np.tanh(z)

    h = layer(layer(leaf(2)))
    out = layer(h)
    assert labels(out) == ["z, 1st", None, "z, 2nd", "h", "z", "out"]


def test_explicit_names_stay_and_no_other_label_is_equal_to_one():
    x = Tensor([1.0], requires_grad=True, name="x")
    x = x * 2
    x = x + 1
    assert [n.label for n in names_of(graph(x)).values() if n.label] == ["x", "x, 2nd", "x, 3rd"]


# One call of several ops


def test_of_a_functions_ops_only_the_result_is_named():
    z = leaf(2, 3)
    probs = F.naive_softmax(z)
    assert names_of(graph(probs)) == {
        z: Name("leaf", None),
        probs.parents[0]: Name(None, None),
        probs.parents[1]: Name(None, None),
        probs: Name("probs", "F.naive_softmax(z)"),
    }
    for _ in range(2):
        z = F.naive_softmax(z)
    assert labels(z) == [None, None, "z, 1st", None, None, "z"]
    losses = [z.sum(), z.mean(), z.max()]
    loss = sum(losses)
    assert [n for n in labels(loss) if n and n[0] == "l"] == [
        *("losses[0]", "losses[1]", "losses[2]", "loss")
    ]


def test_different_ops_at_one_place_that_do_not_use_one_another_are_different_calls():
    x = leaf(2)
    hs = [f(x) for f in (np.tanh, np.exp)]
    joined = np.concatenate(hs)
    assert labels(joined)[:2] == ["hs[0]", "hs[1]"]


class Own(nn.Module):
    """A user's Module."""

    def __init__(self):
        self.layers = [nn.Linear(2, 2), nn.Linear(2, 2)]
        self.head = nn.Sequential(nn.Linear(2, 2), nn.ReLU())

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.head(x)


def test_of_a_modules_ops_only_the_result_is_named():
    images = leaf(1, 2)
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1))
    logits = model(images)
    assert labels(logits) == [None, None, "logits"]
    for _ in range(2):
        images = model[1](model[0](images))
    assert labels(images) == [None, "images, 1st", None, "images"]


def test_a_users_module_has_names_of_its_own():
    out = Own()(leaf(1, 2))
    assert labels(out) == ["x, 1st", "x", None, "out"]
    assert name(out).expression == "self.head(x)"
    array = Own()(np.ones((1, 2), np.float32))
    assert [n.label for n in names_of(graph(array)).values() if n.label and n.label[0] == "x"] == [
        *("x, 1st", "x, 2nd", "x")
    ]
    again = nn.Sequential(Own(), Own())(leaf(1, 2))
    assert labels(again) == ["x, 1st", "x, 2nd", None, None, "x, 3rd", "x", None, "again"]


def test_a_call_that_still_runs_has_no_result():
    seen = []

    class Look(nn.Module):
        def forward(self, x):
            seen.append(labels(x))
            return x * 1

    y = nn.Sequential(nn.Linear(1, 1), Look())(leaf(1, 1))
    assert seen == [[None]]
    assert labels(y) == [None, "y"]


def test_only_the_gradient_itself_is_named_in_a_recorded_backward_pass():
    x = leaf(2)
    loss = (x * x * x).sum()
    (g,) = autograd.grad(loss, x, create_graph=True)
    assert name(g).label == "g"
    assert [n for n in labels(g) if n] == ["g"]
    slope = autograd.grad(loss, x, create_graph=True)[0]
    assert name(slope).label == "slope"
    (plain,) = autograd.grad(loss, x)
    assert leaf_labels(plain * x)[0] == "plain"
    a, b = leaf(1), leaf(1)
    ga, gb = autograd.grad((a * b * a).sum(), (a, b), create_graph=True)
    assert "ga" not in labels(ga)
    assert "gb" not in labels(ga + gb)
    gs = autograd.grad((a * b * a).sum(), (a, b), create_graph=True)
    (cut,) = autograd.grad((a * b * a).sum(), a, create_graph=True)[:1]
    assert [name(t).label for t in (*gs, cut)] == [None, None, None]


def test_a_fused_op_in_its_definition_is_named_at_its_end():
    z = leaf(2, 3)
    loss = F.cross_entropy(z, np.array([0, 1]))
    copy = expand(loss)[loss]
    assert labels(copy)[-1] == "loss"
    assert {*labels(copy)[:-1]} == {None}
    assert len(labels(copy)) > 3


# Expressions and inputs


def test_an_expression_is_on_one_line_and_short():
    x = leaf(2)
    spread = np.sum(
        np.exp(x),  # a comment
        axis=0,
    )
    wide = np.exp(x   *  2)  # fmt: skip
    long = (x + 1) * (x + 2) * (x + 3) * (x + 4) * (x + 5)
    assert name(spread).expression == "np.sum(np.exp(x), axis=0)"
    assert name(wide).expression == "np.exp(x * 2)"
    assert name(long).expression == "(x + 1) * (x + 2) * (x + 3) * (x + 4) *…"
    assert len(name(long).expression) == 40


def test_arrays_are_named_by_the_operand_that_they_are():
    images, W = np.ones((1, 2), np.float32), leaf(2, 2)
    scores = images @ W + 1
    assert leaf_labels(scores) == ["images", "leaf", None]
    hidden = nn.Linear(2, 2)(images)
    in_turn = nn.Sequential(nn.Linear(2, 2))(images)
    loss = F.mse_loss(W[:1], images)
    assert [leaf_labels(t)[0] for t in (hidden, in_turn)] == ["images", "images"]
    assert leaf_labels(loss)[1] == "images"
    flat = nn.Sequential(nn.Flatten(), nn.Linear(2, 2))(images)
    product = functools.reduce(np.matmul, [images, W])
    bias = leaf(1)
    spread = F.linear(*[images, images], bias)
    p = 0.5
    dropped = F.dropout(W, p)
    chosen = np.where(W.data > 0, W, images)
    assert leaf_labels(flat)[0] is leaf_labels(dropped)[1] is leaf_labels(chosen)[1] is None
    assert leaf_labels(product)[0] is None
    assert leaf_labels(spread) == [None, None, "leaf"]
    (g,) = autograd.grad(np.square(images @ W).sum(), W, create_graph=True)
    assert leaf_labels(g) == ["images", "leaf", None, None]


# Where the source is not to be had


def run(source, filename):
    space = {"np": np, "Tensor": Tensor, "F": F}
    exec(compile(source, filename, "exec"), space)
    return space


def test_without_source_there_is_no_name():
    source = "x = Tensor([1.0], requires_grad=True)\nh = np.exp(x * 2)\n"
    for filename in ("<string>", "<stdin>", "nowhere.py"):
        assert {*names_of(graph(run(source, filename)["h"])).values()} == {Name(None, None)}


def test_edited_source_is_not_believed(tmp_path):
    file = tmp_path / "edited.py"
    before = "h = np.exp(Tensor([1.0], requires_grad=True))\n"
    file.write_text("k" + before[1:], "utf-8")
    assert name(run(before, str(file))["h"]) == Name(None, None)
    file.write_text("\n" + before, "utf-8")
    linecache.checkcache(str(file))
    assert name(run("\n" + before, str(file))["h"]).label == "h"


@pytest.mark.parametrize(
    "filename",
    ["<ipython-input-1-abc>", "/anywhere/ipykernel_12/345.py", "/tmp/__marimo__cell_abc_.py"],
)
def test_cells_of_a_notebook(filename):
    source = "x = Tensor([1.0], requires_grad=True)\ndef f(x):\n    return x * 2\nh = f(x) + 1\n"
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    space = {"np": np, "Tensor": Tensor}
    for statement in ast.parse(source).body:
        exec(compile(ast.Module([statement], []), filename, "exec"), space)
    known = sys.version_info >= (3, 11) or "marimo" not in filename
    labels = [n.label for n in names_of(graph(space["h"])).values()]
    assert labels == (["x", None, None, None, "h"] if known else [None] * 5)
    assert str(space["h"].site) == "cell:4"
    assert str(snapshot(space["h"]).graphs[0].ops[-1].site) == "cell:4"
    del linecache.cache[filename]


def test_in_a_process_of_its_own(tmp_path):
    code = textwrap.dedent(
        """
        import sys
        import minigrad as mg
        assert "executing" not in sys.modules
        from minigrad.viz.graph.naming import names_of
        x = mg.Tensor([1.0], requires_grad=True)
        h = x * 2
        print(names_of([x, h])[h].label)
        """
    )
    (tmp_path / "script.py").write_text(code, "utf-8")

    def run(*arguments):
        command = [sys.executable, *arguments]
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", cwd=tmp_path, check=True
        )
        return done.stdout.strip()

    assert run("script.py") == "h"
    assert run("-c", code) == "None"


# Where else code can stand


def decorated(function):
    @functools.wraps(function)
    def wrapper(*arguments):
        return function(*arguments)

    return wrapper


def test_places_where_code_can_stand():
    @decorated
    def twice(x):
        inner = x * 2
        return inner + 0

    outer = twice(leaf(1))
    assert labels(outer) == ["inner", None]

    class Body:
        attribute = leaf(1) * 2

    assert name(Body.attribute).label == "attribute"

    def generate():
        for i in range(2):
            made = leaf(1) * i
            yield made

    first, second = generate()
    assert labels(first + second) == ["made, 1st", "made", None]

    async def coroutine():
        awaited = leaf(1) * 2
        await asyncio.sleep(0)
        return awaited * 3

    assert labels(asyncio.run(coroutine())) == ["awaited", None]
    with np.errstate(all="ignore"):
        within = leaf(1) * 2
    assert name(within).label == "within"
    rows = [[x * 2 for x in (leaf(1), leaf(1))] for _ in range(2)]
    assert labels(rows[0][0] + rows[1][1])[:2] == ["rows[…][…]", "rows[…][…]"]


def scaled(a, b):
    return a * b


def test_iterating_over_a_tensor_names_nothing():
    first, second = leaf(2)
    doubled = [row * 2 for row in leaf(2)]
    starred = scaled(*leaf(2))
    assert labels(first + second) == [None, None, None]
    assert labels(starred) == [None, None, "starred"]
    assert labels(doubled[0]) == [None, "doubled[…]"]


def test_a_users_own_rule():
    class Cube(Op):
        def forward(self, x):
            return x**3

        def backward(self, g, y, x):
            squared = x * x
            return g * 3 * squared

    x = leaf(1)
    (g,) = autograd.grad(Cube.apply(x).sum(), x, create_graph=True)
    assert [n for n in labels(g) if n] == ["squared"]
    assert name(g) == Name(None, "g * 3 * squared")


def test_a_loop_of_a_thousand_tensors():
    h = leaf(2)
    for _ in range(500):
        h = np.tanh(h * 2)
    names = names_of(graph(h))
    assert names[h].label == "h"
    assert names[h.parents[0].parents[0]].label == "h, 499th"


# Where the program holds it


def drawn(tensor):
    """The labels of a picture, which looks at the variables, too; expressions where none is."""
    return [value.label for value in snapshot(tensor).graphs[0].values]


def scalar(value=1.0):
    return Tensor(value, requires_grad=True)


def test_an_element_is_called_by_its_true_index():
    heads = [scalar(i) for i in range(4)]
    nested = [[scalar(i + j) for i in range(2)] for j in range(2)]
    assert drawn(heads[1] * heads[3])[:2] == ["heads[1]", "heads[3]"]
    assert drawn(nested[1][0] * nested[0][1])[:2] == ["nested[1][0]", "nested[0][1]"]
    two = heads[1] * heads[3]
    del heads[0]
    assert drawn(two)[:2] == ["heads[0]", "heads[2]"]
    named = {"W": scalar()}
    for key in "ab":
        named[key] = scalar()
    assert drawn(named["a"] * named["W"])[:2] == ['named["a"]', 'named["W"]']


def test_of_a_list_that_is_gone_no_index_is_said():
    def pick():
        heads = [scalar(i) for i in range(4)]
        return heads[1] * heads[3]

    taken = snapshot(pick()).graphs[0]
    assert [value.label for value in taken.values][:2] == ["heads[…]", "heads[…]"]
    assert taken.remark_on_names() == "“heads[…]”: an element, at an index that is not known"


class Neuron:
    """As in micrograd."""

    def __init__(self, size):
        self.w = [scalar(0.1 * i) for i in range(size)]
        self.b = scalar(0.0)

    def __call__(self, x):
        return np.tanh(sum((w * x for w, x in zip(self.w, x)), self.b))


class Layer:
    def __init__(self, size, count):
        self.neurons = [Neuron(size) for _ in range(count)]

    def __call__(self, x):
        return [neuron(x) for neuron in self.neurons]


def test_parts_of_objects_are_called_by_the_way_to_them():
    x = [Tensor(1.0, name="x0"), Tensor(2.0, name="x1")]
    layer, last = Layer(2, 2), Neuron(2)
    leaves = [label for label in drawn(last(layer(x))) if label and label.endswith(("]", ".b"))]
    assert leaves == [
        *("layer.neurons[0].w[0]", "layer.neurons[0].b", "layer.neurons[0].w[1]"),
        *("layer.neurons[1].w[0]", "layer.neurons[1].b", "layer.neurons[1].w[1]"),
        *("last.w[0]", "last.b", "last.w[1]"),
    ]
    alone = Neuron(1)
    assert drawn(alone(x[:1]))[0] == "alone.w[0]"
    l1, l2 = nn.Linear(1, 1), nn.Linear(1, 1)
    assert drawn(l2(l1(np.ones((1, 1)))))[1:] == [
        *("l1.weight", "l1.bias", None, "l2.weight", "l2.bias", None)
    ]


@dataclasses.dataclass
class Pair:
    w: Tensor
    b: Tensor


def test_leaves_that_no_assignment_names_are_found_in_variables():
    first, second = (scalar() for _ in range(2))
    pair = Pair(w=scalar(), b=scalar())
    listed = []
    for _ in range(2):
        listed.append(scalar())  # noqa: PERF401
    images = np.ones(2)
    assert drawn(first * second)[:2] == ["first", "second"]
    assert drawn(pair.w * pair.b)[:2] == ["pair.w", "pair.b"]
    assert drawn(listed[1] * listed[0])[:2] == ["listed[1]", "listed[0]"]
    assert drawn(np.exp(first * images))[:2] == ["first", "images"]

    @decorated
    def twice(x):
        return x * 2

    doubled = twice(first)
    called = Neuron(1)([doubled])
    assert drawn(called)[-1] == "called"
    assert "doubled" in drawn(called)


def test_an_argument_is_no_name_of_its_own():
    def show(argument):
        return drawn(argument)

    assert show(scalar() * scalar()) == [None, None, None]
    kept = Neuron(1)
    assert show(kept.b * 1) == ["kept.b", None, None]


def test_what_the_variables_hold_is_searched_within_limits(monkeypatch):
    circle = [scalar()]
    circle.append(circle)
    numbers, deep = [1.0] * 100_000, circle
    for _ in range(20):
        deep = [deep]
    found = paths_of([circle[0]])
    assert found[circle[0]][0] == "circle[0]"
    assert numbers
    monkeypatch.setattr(variables, "MOST", 0)
    assert paths_of([circle[0]]) == {}


def test_several_names_are_told_apart_and_the_last_is_the_one():
    x = Tensor([5.0, 7.0], requires_grad=True)
    x = x * 2
    x = x + 1
    loss = x[0] * x[1]
    loss = loss + x.sum()
    taken = snapshot(loss).graphs[0]
    labels = [value.label for value in taken.values if value.label]
    assert labels == ["x, 1st", "x, 2nd", "x", "loss, 1st", "loss"]
    assert "“x, 1st”: the code gives several Tensors the name x, in turn" in draw(loss).source
    assert "gives several Tensors the name x, in turn" in step_through(loss).page


def test_several_statements_on_one_line_of_a_cell():
    filename, source = "/anywhere/ipykernel_12/346.py", "a = leaf * 2; b = np.exp(a); c = f(b)\n"
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    space = {"np": np, "leaf": scalar(), "f": lambda b: b * 1}
    exec(compile(source, filename, "exec"), space)
    known = sys.version_info >= (3, 11)
    assert [name(space[n]).label for n in "ab"] == (["a", "b"] if known else [None, None])
    del linecache.cache[filename]


def test_graphs_side_by_side_may_have_one_name_each():
    def loss_of(x):
        loss = x * 2
        return loss * 1

    x = scalar()
    taken = snapshot(a=loss_of(x), b=loss_of(x))
    assert [graph.values[2].label for graph in taken.graphs] == ["loss", "loss"]
    both = loss_of(x) + loss_of(x)
    assert [label for label in drawn(both) if label] == ["x", "loss, 1st", "loss", "both"]


def test_what_is_kept_in_a_list_is_told_apart_by_its_index():
    hs = []
    for i in range(3):
        h = scalar(i)
        hs.append(h)
    assert drawn(hs[0] * hs[1] * hs[2])[:2] == ["hs[0]", "hs[1]"]
    assert drawn(np.stack(hs))[:3] == ["hs[0]", "hs[1]", "hs[2]"]
    assert drawn(hs[1] * 1)[0] == "h"
