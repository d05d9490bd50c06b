"""Pictures: the snapshot against numbers worked out by hand, the DOT text, and files."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from functools import reduce

import numpy as np
import pytest

from minigrad import Tensor, autograd, nn, no_grad, ops, optim
from minigrad.nn import functional as F
from minigrad.viz import Snapshot, draw, snapshot, step_through

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def _quiet():
    with np.errstate(all="ignore"):
        yield


def zero_over_zero():
    p = Tensor([0.0, 1.0], requires_grad=True, name="p")
    loss = -np.log(p)[1]
    loss.backward()
    return loss


def overflow():
    z = Tensor([[100.0, 0.0], [0.0, 0.0]], requires_grad=True, name="z")
    exps = np.exp(z)
    loss = np.log(exps / exps.sum(axis=1, keepdims=True)).mean()
    loss.name = "loss"
    return loss


def only_graph(tensor, **options):
    (graph,) = snapshot(tensor, **{"steps": False, **options}).graphs
    return graph


def path_of(graph):
    """The edges on the culprit's path: op or label at both ends, and the pass."""
    names = {op.id: op.name for op in graph.ops} | {v.id: v.label for v in graph.values}
    ends = [(graph.edges[i], in_pass) for i, in_pass in graph.blamed.path]
    return [(names[edge.source], names[edge.target], in_pass) for edge, in_pass in ends]


def words(drawing):
    """The text in the rendered picture, piece by piece, without the blanks that pad it."""
    root = ET.fromstring(drawing._repr_svg_())
    pieces = ["".join(text.itertext()).strip("\xa0") for text in root.iter(f"{SVG}text")]
    return [piece for piece in pieces if piece]


# The snapshot


def test_values_ops_and_edges():
    x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    y = Tensor(np.array([5, 7]), name="y")
    loss = (x * 2 - y).sum()
    loss.backward()
    graph = only_graph(loss)
    assert [(v.id, v.role, v.label) for v in graph.values] == [
        ("v0", "parameter", "x"),
        ("v1", "constant", None),
        ("v2", "intermediate", None),
        ("v3", "input", "y"),
        ("v4", "intermediate", None),
        ("v5", "output", "loss"),
    ]
    assert [v.expression for v in graph.values] == [
        None, None, "x * 2", None, "x * 2 - y", "(x * 2 - y).sum()",
    ]  # fmt: skip
    assert [v.data.entries for v in graph.values] == [
        (1.0, 2.0), 2.0, (2.0, 4.0), (5, 7), (-3.0, -3.0), -6.0,
    ]  # fmt: skip
    assert [v.grad and v.grad.entries for v in graph.values] == [
        (2.0, 2.0), None, (1.0, 1.0), None, (1.0, 1.0), 1.0,
    ]  # fmt: skip
    assert (graph.values[3].shape, graph.values[3].dtype) == ((2,), "int64")
    assert [v.requires_grad for v in graph.values] == [True, False, True, False, True, True]
    assert [op.name for op in graph.ops] == ["Mul", "Sub", "Sum"]
    assert [(e.source, e.target) for e in graph.edges] == [
        ("v0", "o2"), ("v1", "o2"), ("o2", "v2"),
        ("v2", "o4"), ("v3", "o4"), ("o4", "v4"),
        ("v4", "o5"), ("o5", "v5"),
    ]  # fmt: skip
    assert (graph.output, graph.births, graph.headline()) == ("v5", (), None)
    total = graph.ops[2]
    assert (total.formula, total.remark) == ("y = Σ x", "0 for no entries")
    assert total.symbols == ("g", "y", "x")
    assert total.rule.startswith("def backward(self, g, y, x):\n    ")
    assert graph.ops[0].site.file == "test_viz.py"
    assert graph.ops[0].site.source == "loss = (x * 2 - y).sum()"


def test_long_arrays_are_summarised_over_their_finite_entries():
    data = np.arange(12.0).reshape(3, 4)
    data[0] = [np.nan, np.inf, np.inf, -np.inf]
    summary = only_graph(Tensor(data)).values[0].data
    assert summary.entries is None
    assert (summary.minimum, summary.mean, summary.maximum) == (4.0, 7.5, 11.0)
    assert (summary.nan, summary.inf, summary.negative_inf) == (1, 2, 1)
    assert not summary.is_finite
    nothing = only_graph(Tensor(np.full(10, np.nan))).values[0].data
    assert (nothing.minimum, nothing.mean, nothing.nan) == (None, None, 10)


def test_the_path_of_a_parameter_is_its_label_unless_it_has_a_name():
    weight = nn.Parameter([1.0])
    weight.path = "0.weight"
    assert only_graph(weight).values[0].label == "0.weight"
    weight.name = "w"
    assert only_graph(weight).values[0].label == "w"


def test_one_tensor_used_twice_has_two_edges():
    x = Tensor(3.0, requires_grad=True)
    assert [(e.source, e.target) for e in only_graph(x * x).edges] == [
        ("v0", "o1"), ("v0", "o1"), ("o1", "v1"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "make", [zero_over_zero, lambda: Tensor(np.zeros((2, 0))), lambda: Tensor(True)]
)
def test_json_is_strict_and_comes_back_equal(make):
    tensor = make()
    tensor.name = "NaN"  # a text that must stay a text
    text = snapshot(tensor).to_json()

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    raw = json.loads(text, parse_constant=refuse)
    back = Snapshot.from_json(text)
    assert back.graphs[0].values[-1].label == "NaN"
    assert repr(back) == repr(snapshot(tensor))  # as NaN != NaN
    assert raw["graphs"][0]["output"] == back.graphs[0].output


def test_infinities_in_json():
    tensor = Tensor([np.nan, np.inf, -np.inf])
    raw = json.loads(snapshot(tensor).to_json())
    assert raw["graphs"][0]["values"][0]["data"]["entries"] == ["NaN", "Infinity", "-Infinity"]


# Births


def test_finite_loss_with_a_gradient_of_zero_over_zero():
    graph = only_graph(zero_over_zero())
    assert [(b.node, b.in_pass, b.what) for b in graph.births] == [
        ("o1", "forward", "-inf"),
        ("o1", "backward", "NaN"),
    ]
    assert graph.culprit == 1
    assert graph.blamed.reached == ("v0",)
    assert path_of(graph) == [("p", "Log", "backward")]
    edge = graph.edges[0]
    assert (edge.bad_value, edge.bad_gradient) == (False, True)
    line = graph.ops[0].site.line
    assert graph.headline() == (
        f"loss is finite, but NaN was born in Log (backward), test_viz.py:{line}: "
        "`loss = -np.log(p)[1]`, and reached p"
    )


def test_overflow_is_followed_to_the_loss_and_back_to_the_parameter():
    loss = overflow()
    before = only_graph(loss)
    loss.backward()
    graph = only_graph(loss)
    assert (graph.blamed.what, graph.blamed.in_pass) == ("inf", "forward")
    assert graph.headline().startswith("loss is NaN: inf was born in Exp (forward), test_viz.py:")
    assert graph.headline().endswith(": `exps = np.exp(z)`, and reached z")
    forward = {("Exp", "exps"), ("exps", "Div"), ("Div", None), (None, "Log"), ("Log", None),
               (None, "Mean"), ("Mean", "loss")}  # fmt: skip
    assert {(a, b) for a, b, way in path_of(before)} == forward
    assert {(a, b) for a, b, way in path_of(graph) if way == "forward"} == forward
    assert path_of(graph)[-1] == ("z", "Exp", "backward")
    assert before.headline().endswith("`exps = np.exp(z)`")


def test_log_of_zero_forward():
    p = Tensor([0.0, 1.0], requires_grad=True, name="p")
    loss = np.log(p).sum()
    headline = only_graph(loss).headline()
    assert headline.startswith("loss is -inf: -inf was born in Log (forward)")
    source = draw(loss).source
    assert "-inf born here (forward)" in source


def test_bad_data_came_in_with_its_leaf():
    x = Tensor([np.nan, 1.0], name="x")
    loss = (x * Tensor([1.0, 1.0], requires_grad=True, name="w")).sum()
    loss.backward()
    assert "NaN came in with x" in only_graph(loss).headline()
    assert "and reached w" in only_graph(loss).headline()
    assert "NaN came in here" in draw(loss).source


def test_the_red_path_is_drawn_and_nothing_else_is_thick():
    source = draw(zero_over_zero()).source
    edges = [line.strip() for line in source.splitlines() if "->" in line]
    (thick,) = [line for line in edges if "penwidth" in line]
    assert thick.startswith("v0 -> o1 [")
    assert "dir=back" in thick
    assert "style=dashed" in thick
    assert len(edges) == 6
    label = next(line for line in source.splitlines() if line.strip().startswith("o1 ["))
    assert label.count("<table") == 2  # one border in another
    assert "NaN born here (backward)" in label
    assert "also -inf born here (forward)" in label
    assert "loss = -np.log(p)[1]" in label


# The picture


def test_names_come_out_as_they_are():
    name = 'a"b{c}|<d>&\\n\\N\\G\\\\ &amp; 漢字\nz'
    picture = draw(Tensor([1.0], name=name))
    assert words(picture)[:1] == [name.split("\n")[0]]
    assert "z" in words(picture)
    titled = draw(**{name: Tensor([1.0])})
    assert name.split("\n")[0] in words(titled)
    assert r"a\x00\tb" in words(draw(Tensor([1.0], name="a\0\tb")))


def test_the_picture_says_what_there_is():
    w = Tensor(np.linspace(-0.12345, 3e7, 12, dtype=np.float32), requires_grad=True, name="w")
    loss = (w * 2.5).sum()
    said = words(draw(loss))
    assert "−0.1235 … 3e7" in said
    assert "2.5" in said
    assert "(12,) float32" in said
    assert said.count("∂ no gradient yet") == 3
    loss.backward()
    assert "∂ no gradient yet" not in words(draw(loss))
    assert "all 2.5" in words(draw(loss))


def test_small_arrays_are_written_out():
    assert "[[1, 2], [3, 4]]" in words(draw(Tensor([[1.0, 2.0], [3.0, 4.0]])))
    assert "[[1.5, 1.5, 1.5]," in words(draw(Tensor(np.full((3, 3), 1.5))))
    assert "[1.5, 1.5, 1.5, 1.5, 1.5," in words(draw(Tensor(np.full(9, 1.5))))
    assert "[]" in words(draw(Tensor(np.zeros(0))))
    assert "True" in words(draw(Tensor(True)))


def test_code_without_source():
    space = {"np": np, "p": Tensor([0.0], requires_grad=True)}
    exec(compile("loss = np.log(p).sum()", "<typed>", "exec"), space)
    assert "<typed>:1" in words(draw(space["loss"]))
    assert only_graph(space["loss"]).ops[0].site.source is None


def test_counts_of_bad_numbers_are_red_words():
    data = np.array([np.nan] * 3 + [np.inf] * 2 + [1.0] * 5)
    root = ET.fromstring(draw(Tensor(data))._repr_svg_())
    (bad,) = [text for text in root.iter(f"{SVG}text") if text.text == "3 NaN, 2 inf"]
    assert bad.get("fill") == "#b3001b"
    assert bad.get("font-weight") == "bold"


def test_side_by_side_in_order_and_level():
    def loss(naive):
        z = Tensor([[100.0, 0.0]], requires_grad=True, name="z")
        if naive:
            exps = np.exp(z)
            result = -np.log(exps / exps.sum(axis=1, keepdims=True))[[0], [0]].mean()
        else:
            result = ops.CrossEntropy.apply(z, np.array([0]))
        result.backward()
        return result

    picture = draw(naive=loss(True), fused=loss(False))
    assert [graph.title for graph in picture.snapshot.graphs] == ["naive", "fused"]
    ids = [value.id for graph in picture.snapshot.graphs for value in graph.values]
    assert len(set(ids)) == len(ids)
    texts = list(ET.fromstring(picture._repr_svg_()).iter(f"{SVG}text"))
    place = {word: [t for t in texts if t.text == word] for word in ("naive", "fused", "z")}
    assert float(place["naive"][0].get("x")) < float(place["fused"][0].get("x"))
    heights = [float(t.get("y")) for t in place["z"]]
    assert len(heights) == 2
    assert abs(heights[0] - heights[1]) < 30  # one rank, boxes of different height
    assert "every value and every gradient is finite" in words(picture)


def test_inputs_stand_from_left_to_right():
    x = Tensor(np.ones((64, 784)), name="x")
    weight = Tensor(np.ones((128, 784)), requires_grad=True, name="weight")
    bias = Tensor(np.ones(128), requires_grad=True, name="bias")
    head = Tensor(np.ones((10, 128)), requires_grad=True)
    picture = draw(ops.Linear.apply(ops.Linear.apply(x, weight, bias).relu(), head))
    texts = ET.fromstring(picture._repr_svg_()).iter(f"{SVG}text")
    place = {text.text: float(text.get("x")) for text in texts}
    assert place["x"] < place["weight"] < place["bias"]


def test_a_leaf_and_a_long_chain():
    assert draw(Tensor([1.0])).source.count("label=") == 1
    y = x = Tensor(1.0, requires_grad=True)
    for _ in range(3000):
        y = y + x
    y.backward()
    assert draw(y, max_nodes=10_000).source.count("->") == 9000


@pytest.mark.parametrize("wrong", [1.0, np.zeros(2), "loss"])
def test_only_tensors_are_drawn(wrong):
    with pytest.raises(TypeError, match=type(wrong).__name__):
        draw(wrong)
    with pytest.raises(TypeError, match=type(wrong).__name__):
        draw(a=Tensor(1.0), b=wrong)


def test_wrong_calls_say_so():
    with pytest.raises(TypeError, match="give one Tensor"):
        draw()
    with pytest.raises(TypeError, match="give one Tensor"):
        draw(Tensor(1.0), b=Tensor(1.0))
    with pytest.raises(ValueError, match='"TB", "BT", "LR" or "RL"'):
        draw(Tensor(1.0), direction="up")
    assert "rankdir=LR" in draw(Tensor(1.0), direction="LR").source


# Files and programs


@pytest.mark.parametrize(
    ("suffix", "start"),
    [(".svg", b"<?xml"), (".PNG", b"\x89PNG"), (".dot", b"digraph"), (".json", b"{")],
)
def test_save_by_suffix(tmp_path, suffix, start):
    picture = draw(zero_over_zero())
    path = tmp_path / f"graph{suffix}"
    assert picture.save(str(path)) == path
    assert path.read_bytes().startswith(start)
    assert list(tmp_path.iterdir()) == [path]


def test_json_file_is_the_snapshot(tmp_path):
    picture = draw(overflow())
    text = picture.save(tmp_path / "x.json").read_text(encoding="utf-8")
    assert Snapshot.from_json(text).graphs[0].ops == picture.snapshot.graphs[0].ops


def test_other_suffixes_are_refused(tmp_path):
    for name in ("x.gif", "x"):
        with pytest.raises(ValueError, match=r"\.svg, \.png, \.pdf, \.dot or \.json"):
            draw(Tensor(1.0)).save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "x.dot"
    path.write_text("old", "utf-8")

    def full(*_):
        raise OSError("no space left")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="no space"):
        draw(Tensor(1.0)).save(path)
    assert path.read_text("utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_graphviz_is_imported_only_to_draw():
    code = (
        "import sys, minigrad.viz as viz, minigrad as mg; before = 'graphviz' in sys.modules; "
        "viz.draw(mg.Tensor(1.0)).source; print(before, 'graphviz' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    assert ran.stdout == "False True\n"


# What to draw


def layers():
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2))
    loss = F.cross_entropy(model(Tensor([[1.0, 2.0]])), [1])
    loss.name = "loss"
    loss.backward()
    return loss


def edges_of(drawing):
    return re.findall(r"(\w+) -> (\w+)", drawing.source)


def test_modules_stand_in_frames_unless_they_did_one_op():
    text = words(draw(layers()))
    assert {"Sequential", "Linear 0", "Linear 2"} <= {*text}
    assert "ReLU 1" not in text


def test_modules_are_folded_below_a_depth():
    loss = layers()
    whole, layer_by_layer, model = (draw(loss, depth=depth) for depth in (None, 1, 0))
    assert {"Linear 0", "ReLU 1", "Linear 2", "CrossEntropy"} <= {*words(layer_by_layer)}
    assert "0.weight" in words(whole)
    assert "0.weight" not in words(layer_by_layer)
    assert "Linear 0" not in words(model)
    assert words(layer_by_layer).count("6 parameters") == 2
    assert words(model).count("12 parameters") == 1
    assert not any("parameters" in word for word in words(whole))
    assert edges_of(model) == [("v0", "g0"), ("g0", "v7"), ("v7", "o9"), ("v8", "o9"), ("o9", "v9")]
    assert draw(loss, depth=9).source == whole.source


def test_a_birth_inside_a_folded_module_is_told():
    class Exp(nn.Module):
        def forward(self, x):
            return np.exp(x * 1.0)

    loss = Exp()(Tensor([1000.0], requires_grad=True)).sum()
    drawing = draw(loss, depth=0)
    assert "inf born here (forward)" in words(drawing)
    assert 'penwidth="3.5"' in drawing.source.replace("=3.5", '="3.5"')


def test_fused_ops_are_drawn_by_their_definition():
    text = words(draw(layers(), expand=True))
    assert "CrossEntropy, by its definition" in text
    assert {"LogSoftmax", "GetItem", "Neg", "Mean", "MatMul", "Transpose"} <= {*text}
    assert "CrossEntropy" not in text


def test_of_a_large_graph_the_part_near_the_output_is_drawn_and_it_says_so():
    h = Tensor(1.0, requires_grad=True)
    for _ in range(300):
        h = np.tanh(h)
    drawing = draw(h)
    assert sum("nearest to the output" in line for line in words(drawing)) == 1
    assert "the 200 values nearest to the output, of 301" in words(drawing)
    assert len(set(re.findall(r"\bv\d+", drawing.source))) == 200
    assert {"v300", "v101"} <= set(re.findall(r"\bv\d+", drawing.source))
    assert "… is more: draw(..., max_nodes=601) shows all, draw(h) another part" in words(drawing)
    assert "nearest" in draw(h, max_nodes=600).source
    assert "nearest" not in draw(h, max_nodes=601).source
    assert draw(h, max_nodes=1).source.count("->") == 0


def nodes_of(drawing):
    return set(re.findall(r"^\t+(\w+) \[label", drawing.source, re.MULTILINE))


@pytest.mark.parametrize("most", [2, 3, 7, 30, 99])
@pytest.mark.parametrize(
    "make",
    [
        lambda x: np.stack([x] * 2000).sum(),
        lambda x: np.stack([Tensor(float(i), requires_grad=True) for i in range(2000)]).sum(),
        lambda x: reduce(lambda h, i: np.tanh(h * x + i), range(300), x),
        lambda x: reduce(lambda h, _: h + h * x, range(300), x),
    ],
)
def test_the_limit_counts_everything_that_is_drawn(make, most):
    loss = make(Tensor(0.5, requires_grad=True, name="x"))
    assert len(nodes_of(draw(loss, max_nodes=most))) <= most
    assert len(nodes_of(draw(loss, max_nodes=100_000))) > most
    assert len(nodes_of(draw(a=loss, b=loss * 2, max_nodes=most))) <= most


def test_what_is_cut_is_said_where_it_is_cut():
    x = Tensor(0.5, requires_grad=True, name="x")
    h = x
    for _ in range(150):
        h = np.tanh(h * x)
    drawing = draw(h, max_nodes=20)
    assert "scalar float32 · used 151×" in words(drawing)
    assert words(drawing).count("…") == 1
    (cut,) = re.findall(r"cut_\w+ -> (\w+)", drawing.source)
    assert not re.search(rf"o\d+ -> {cut}\b", drawing.source)
    whole = only_graph(h)
    assert {op.output for op in whole.ops} >= {cut}

    many = draw(
        np.stack([Tensor(1.0, requires_grad=True) for _ in range(2000)]).sum(), max_nodes=50
    )
    (rest,) = (
        int(m[1].replace(",", "")) for w in words(many) if (m := re.match(r"… ([\d,]+) more", w))
    )
    shown = sum("o2000" in edge for edge in re.findall(r"v\d+ -> o\d+", many.source))
    assert shown + rest == 2000
    assert "…" not in " ".join(words(draw(np.tanh(x) * x)))


def test_what_is_shown():
    loss = layers()
    both, values = words(draw(loss)), words(draw(loss, show="values"))
    gradients, shapes = words(draw(loss, show="gradients")), words(draw(loss, show="shapes"))
    assert any(word.startswith("=") for word in both)
    assert any(word.startswith("∂") for word in both)
    assert any(word.startswith("=") for word in values)
    assert not any(word.startswith("∂") for word in values)
    assert any(word.startswith("∂") for word in gradients)
    assert not any(word.startswith("=") for word in gradients)
    assert not any(word.startswith(("=", "∂")) for word in shapes)
    assert "(2, 2) float32" in shapes


def test_lines_are_as_thick_as_gradients_are_large():
    x = Tensor(1.0, requires_grad=True, name="x")
    loss = x * 100.0 + x
    drawing = draw(loss, show="gradients")
    widths = dict(re.findall(r"(v0 -> o\d)(?: \[.*?penwidth=(\d\.\d))", drawing.source))
    assert widths == {"v0 -> o2": "7.0", "v0 -> o3": "0.8"}
    assert any("thin 1 to thick 1e+02" in word for word in words(drawing))
    assert "style=dotted" in drawing.source  # no gradient goes to 100


def test_a_leaf_that_is_used_often_is_drawn_again():
    h = x = Tensor(1.0, requires_grad=True, name="x")
    for _ in range(20):
        h = h + x
    text = words(draw(h))
    assert "scalar float32 · used 21×" in text
    assert text.count("x again") == 20
    assert "x again" not in words(draw(x + x + x))


def test_what_side_by_side_graphs_share_is_drawn_once():
    z = Tensor([[1.0, 2.0]], requires_grad=True, name="z")
    h = z * 3.0
    h.name = "h"
    drawing = draw(naive=F.naive_cross_entropy(h, [0]), fused=F.cross_entropy(h, [0]))
    text = words(drawing)
    assert (text.count("z"), text.count("h"), text.count("Mul")) == (1, 1, 1)
    assert text.count("from here they differ") == 1
    assert {"∂ naive", "∂ fused", "naive", "fused"} <= {word.strip("\xa0 ") for word in text}
    assert edges_of(drawing).count(("v0", "o2")) == 1


def test_two_models_side_by_side_are_folded_apart():
    drawing = draw(a=layers(), b=layers(), depth=0)
    assert words(drawing).count("Sequential") == 2
    assert len(edges_of(drawing)) == 2 * len(edges_of(draw(layers(), depth=0)))


def test_the_backward_graph():
    x = Tensor(3.0, requires_grad=True)
    (gradient,) = autograd.grad(np.exp(x * x), [x], create_graph=True)
    text = words(draw(gradient))
    assert {"backward rule of Exp", "backward rule of Mul"} <= {*text}


def test_dark():
    light, dark = draw(layers()).source, draw(layers(), theme="dark").source
    assert "bgcolor=white" in light
    assert 'bgcolor="#16181d"' in dark
    assert "white" not in dark


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"show": "all"}, '"values"'),
        ({"direction": "down"}, '"TB"'),
        ({"theme": "blue"}, '"light" or "dark"'),
        ({"depth": -1}, "depth counts Modules from 0, got -1"),
        ({"max_nodes": 0}, "at least 1"),
    ],
)
def test_options_that_draw_does_not_know(options, message):
    with pytest.raises(ValueError, match=message):
        draw(Tensor(1.0), **options)


def test_notebooks_show_tensors():
    x = Tensor(1.0, requires_grad=True)
    assert set(x._repr_mimebundle_()) == {"text/plain"}
    shown = (x * 2)._repr_mimebundle_()
    assert shown["text/plain"] == "Tensor(2., op=Mul)"
    assert "<svg" in shown["image/svg+xml"]


def test_of_a_tensor_with_a_history_a_notebook_shows_a_little(monkeypatch):
    h = x = Tensor(1.0, requires_grad=True)
    for _ in range(1000):
        h = h * x
    svg = h._repr_mimebundle_()["image/svg+xml"]
    assert 20 < svg.count('class="node"') <= 30
    monkeypatch.setattr("minigrad.viz.picture.drawing.LONG_HISTORY", 900)
    monkeypatch.setattr("minigrad.viz.picture.drawing.snapshot", None)  # not even looked through
    shown = h._repr_mimebundle_()
    assert shown.keys() == {"text/plain"}
    assert shown["text/plain"].startswith("Tensor(1., op=Mul)\n(made from more than 900 others")


def test_a_lone_result_says_why_it_is_alone():
    x = Tensor([1.0, 2.0], requires_grad=True)
    with no_grad():
        total = (x * x).sum()
    constant = Tensor([1.0]) * 2
    for alone in (total, constant, (x * x).detach()):
        assert "was not recorded" in " ".join(words(draw(alone)))
    for known in (x, (x * x).sum(), Tensor(2.0)):
        assert "was not recorded" not in " ".join(words(draw(known)))


def test_after_a_step_the_picture_says_that_numbers_are_of_different_moments():
    x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    loss = F.cross_entropy(x * x, 0)
    loss.backward()
    assert "different moments" not in " ".join(words(draw(loss)))
    optim.SGD([x], lr=0.1).step()
    for drawing in (draw(loss), draw(loss, expand=True), draw(loss, show="gradients")):
        said = " ".join(words(drawing))
        assert "x changed in place after use" in said
        assert "different moments" in said
    for expand in (False, True):
        graph = snapshot(loss, expand=expand).graphs[0]
        assert graph.backward == ()
        assert [value.label for value in graph.values if value.changed] == ["x"]
        value = next(value for value in graph.values if value.label == "x")
        assert value.grad.entries == tuple(x.grad)
    page = step_through(loss).page
    assert page.count('"caveat":"x changed in place after use') == 2
