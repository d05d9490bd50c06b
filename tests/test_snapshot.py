"""The snapshot against numbers computed apart from it: steps, groups, definitions, grids, JSON."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from minigrad import Tensor, autograd, nn, no_grad, ops
from minigrad.nn import functional as F
from minigrad.viz import Snapshot, snapshot
from minigrad.viz.graph.summary import summarize


def only_graph(tensor, **options):
    (graph,) = snapshot(tensor, **options).graphs
    return graph


def named(graph):
    return {value.label: value for value in graph.values if value.label}


def tiny_mlp():
    model = nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 2))
    for i, (_, parameter) in enumerate(model.named_parameters()):
        parameter.data[...] = np.linspace(-1, 1, parameter.size).reshape(parameter.shape) + i / 10
    return model


# Steps


def test_the_backward_steps_are_those_that_the_engine_takes():
    x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    loss = (x * x + x).sum()
    graph = only_graph(loss)
    assert [step.op for step in graph.backward] == ["o3", "o2", "o1"]
    product = graph.backward[-1]
    assert product.upstream.entries == (1.0, 1.0)
    first, second = product.contributions
    assert (first.before.entries, first.amount.entries, first.after.entries) == (
        (1.0, 1.0),
        (1.0, 2.0),
        (2.0, 3.0),
    )
    assert second.before == first.after
    assert second.after.entries == named(graph)["x"].grad.entries == (3.0, 5.0)
    assert [graph.edges[c.edge].source for c in product.contributions] == ["v0", "v0"]
    assert x.grad is None


def test_steps_need_a_gradient_to_start_with():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    assert only_graph(y).backward == ()
    y.backward([1.0, 10.0])
    assert only_graph(y).values[0].grad.entries == (2.0, 20.0)
    assert only_graph(Tensor(1.0)).backward == ()


def test_steps_from_a_given_gradient():
    x = Tensor([1.0, 2.0], requires_grad=True)
    assert only_graph(x * 2, gradient=[1.0, 10.0]).values[0].grad.entries == (2.0, 20.0)
    assert only_graph((x * 2).sum(), gradient=3.0).values[0].grad.entries == (6.0, 6.0)
    with pytest.raises(ValueError, match=r"shape \(3,\)"):
        only_graph(x * 2, gradient=np.ones(3))


def test_with_steps_gradients_are_those_of_this_pass_alone():
    x = Tensor(3.0, requires_grad=True)
    y = x * 2
    y.backward()
    y.backward()
    assert only_graph(y).values[0].grad.entries == 2
    assert only_graph(y, steps=False).values[0].grad.entries == 4
    assert only_graph(y, steps=False).backward == ()
    assert x.grad == 4


def test_no_contribution_where_no_gradient_is_wanted():
    x, c = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0, 4.0])
    (_, step) = only_graph((x * c).sum()).backward
    wanted, unwanted = step.contributions
    assert wanted.amount.entries == (3.0, 4.0)
    assert (unwanted.amount, unwanted.before, unwanted.after) == (None, None, None)


def test_norms_along_the_edges():
    x = Tensor([3.0, 4.0], requires_grad=True)
    graph = only_graph((x * x).sum())
    assert [edge.gradient_norm for edge in graph.edges] == [
        5.0, 5.0, pytest.approx(2**0.5), pytest.approx(2**0.5), 1.0,
    ]  # fmt: skip


def test_births_of_a_backward_pass_that_has_not_been_run():
    p = Tensor([0.0, 1.0], requires_grad=True, name="p")
    with np.errstate(all="ignore"):
        loss = -np.log(p)[1]
    graph = only_graph(loss)
    assert (graph.blamed.in_pass, graph.blamed.what) == ("backward", "NaN")
    assert "0 · inf is NaN" in graph.blamed.reason
    assert [graph.nodes[name].label for name in graph.blamed.reached] == ["p"]
    assert only_graph(loss, steps=False).blamed.in_pass == "forward"


def test_ops_stand_in_the_order_in_which_they_ran():
    x = Tensor(1.0, requires_grad=True)
    late_in_the_graph = np.exp(x)
    early_in_the_graph = np.sin(x)
    graph = only_graph(early_in_the_graph + late_in_the_graph)
    assert [op.name for op in graph.ops] == ["Exp", "Sin", "Add"]
    assert graph.ops[2].inputs == ("v2", "v1")
    assert "def backward" in graph.ops[0].rule


# Groups


def test_modules_are_groups():
    graph = only_graph(tiny_mlp()(Tensor(np.ones((1, 3)))).sum())
    assert [(g.name, g.kind, g.path, g.parent) for g in graph.groups] == [
        ("Sequential", "module", None, None),
        ("Linear", "module", "0", "g0"),
        ("ReLU", "module", "1", "g0"),
        ("Linear", "module", "2", "g0"),
    ]
    assert [op.group for op in graph.ops] == ["g1", "g2", "g3", None]
    assert named(graph)["0.weight"].group == "g1"
    assert named(graph)["2.bias"].group == "g3"
    assert graph.values[0].role == "input"
    assert graph.values[0].group is None


def test_a_module_called_twice_is_two_groups():
    layer = nn.Linear(2, 2)
    graph = only_graph(layer(layer(Tensor(np.ones((1, 2))))).sum())
    assert len(graph.groups) == 2
    assert {value.group for value in graph.values if value.role == "parameter"} == {None}


def test_a_module_in_a_module_of_ones_own():
    class Net(nn.Module):
        def __init__(self):
            self.layers = [nn.Linear(2, 2), nn.Linear(2, 2)]

        def forward(self, x):
            return self.layers[1](np.exp(self.layers[0](x)))

    graph = only_graph(Net()(Tensor(np.ones((1, 2)))).sum())
    assert [(g.name, g.path) for g in graph.groups] == [
        ("Net", None), ("Linear", "layers.0"), ("Linear", "layers.1"),
    ]  # fmt: skip
    assert [op.group for op in graph.ops] == ["g1", "g0", "g2", None]


def test_rules_run_on_tensors_are_groups():
    x = Tensor(3.0, requires_grad=True)
    (gradient,) = autograd.grad(np.exp(x * x), [x], create_graph=True)
    graph = only_graph(gradient)
    assert [(g.name, g.kind, g.of) for g in graph.groups] == [
        ("Exp", "backward", "o2"), ("Mul", "backward", "o1"),
    ]  # fmt: skip


# Definitions


def test_fused_ops_by_their_definition():
    logits = Tensor([[2.0, 1.0, 0.1]], requires_grad=True, name="logits")
    loss = F.cross_entropy(logits, [1])
    loss.name = "loss"
    fused, expanded = only_graph(loss), only_graph(loss, expand=True)
    assert [op.name for op in fused.ops] == ["CrossEntropy"]
    assert [op.name for op in expanded.ops] == ["LogSoftmax", "GetItem", "Neg", "Mean"]
    (group,) = expanded.groups
    assert (group.kind, group.name, group.of) == ("definition", "CrossEntropy", fused.ops[0].id)
    assert {op.group for op in expanded.ops} == {group.id}
    assert fused.output == expanded.output
    for name in ("logits", "loss"):
        before, after = named(fused)[name], named(expanded)[name]
        assert before.id == after.id
        np.testing.assert_allclose(after.data.entries, before.data.entries, rtol=1e-6)
        np.testing.assert_allclose(after.grad.entries, before.grad.entries, rtol=1e-5)
    assert expanded.ops[0].site == fused.ops[0].site
    assert loss.op.name == "CrossEntropy"
    assert logits.grad is None


def test_definitions_after_backward_and_without_recording():
    logits = Tensor([[2.0, 1.0, 0.1]], requires_grad=True, name="logits")
    loss = F.cross_entropy(logits, [1])
    loss.backward()
    graph = only_graph(loss, expand=True, steps=False)
    assert all(graph.nodes[op.output].grad is not None for op in graph.ops)
    with no_grad():
        assert len(only_graph(loss, expand=True).ops) == 4


# Several graphs


def test_what_graphs_share_has_the_same_id():
    z = Tensor([[1.0, 2.0]], requires_grad=True, name="z")
    taken = snapshot(naive=F.naive_cross_entropy(z, [0]), fused=F.cross_entropy(z, [0]))
    naive, fused = taken.graphs
    assert named(naive)["z"].id == named(fused)["z"].id
    assert naive.output != fused.output
    np.testing.assert_allclose(
        named(naive)["z"].grad.entries, named(fused)["z"].grad.entries, rtol=1e-5
    )
    assert z.grad is None


def test_groups_of_several_graphs_are_told_apart():
    x = np.ones((1, 2), np.float32)
    h = nn.Linear(2, 2)(x)
    taken = snapshot(a=nn.Linear(2, 2)(h).sum(), b=nn.Tanh()(nn.Linear(2, 2)(h)).sum())
    a, b = ({group.id: group.name for group in graph.groups} for graph in taken.graphs)
    assert a == {"g0": "Linear", "g1": "Linear"}
    assert b == {"g0": "Linear", "g2": "Linear", "g3": "Tanh"}


def test_what_graphs_share_is_expanded_once():
    logits = nn.Linear(2, 2)(np.ones((1, 2), np.float32))
    named = {"a": F.cross_entropy(logits, [0]), "b": F.nll_loss(F.log_softmax(logits), [1])}
    a, b = snapshot(**named, expand=True).graphs
    shared = {op.id: op.name for op in a.ops if op.id in b.nodes}
    assert sorted(shared.values()) == ["Add", "MatMul", "Transpose"]
    for op in a.ops:
        if op.id in shared:
            assert b.nodes[op.id].inputs == op.inputs


# Summaries


def test_a_grid_holds_the_largest_entry_of_each_block():
    array = np.random.default_rng(0).normal(size=(3, 40, 50))
    grid = summarize(array, with_grid=True).grid
    assert (grid.rows, grid.columns) == (120, 50)
    assert (len(grid.cells), len(grid.cells[0])) == (16, 28)
    matrix = array.reshape(120, 50)
    for i, line in enumerate(grid.cells):
        for j, cell in enumerate(line):
            rows = slice(i * 120 // 16, (i + 1) * 120 // 16)
            block = matrix[rows, j * 50 // 28 : (j + 1) * 50 // 28]
            assert cell == block.flat[np.abs(block).argmax()]


def test_small_grids_hold_every_entry():
    array = np.arange(-6.0, 6.0).reshape(3, 4)
    assert summarize(array, with_grid=True).grid.cells == tuple(map(tuple, array.tolist()))
    assert summarize(np.ones(5), with_grid=True).grid.cells == ((1.0,) * 5,)
    assert summarize(array).grid is None
    assert summarize(np.ones(()), with_grid=True).grid is None


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_one_bad_entry_marks_its_cell(bad):
    array = np.ones((100, 100))
    array[50, 99] = bad
    cells = np.array(summarize(array, with_grid=True).grid.cells)
    assert (~np.isfinite(cells)).sum() == 1
    np.testing.assert_equal(cells[8, 27], bad)


@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1.0, 1e30, 1e300])
def test_mean_and_norm_neither_overflow_nor_vanish(scale):
    summary = summarize(np.array([3.0, -4.0]) * scale)
    assert summary.norm == pytest.approx(5 * scale, rel=1e-12)
    assert summary.mean == pytest.approx(-0.5 * scale, rel=1e-12)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint8, np.int64, np.float16])
def test_every_dtype_is_summarised(dtype):
    array = (np.arange(1000).reshape(20, 50) % 100).astype(dtype)
    summary = summarize(array, with_grid=True)
    assert (summary.minimum, summary.maximum) == (float(array.min()), float(array.max()))
    assert summary.norm == pytest.approx(np.sqrt((array.astype(float) ** 2).sum()), rel=1e-3)
    json.dumps(summary.grid.cells)


# JSON


def test_a_full_snapshot_comes_back_from_json():
    taken = snapshot(F.cross_entropy(tiny_mlp()(np.ones((2, 3), np.float32)), [0, 1]), expand=True)
    assert Snapshot.from_json(taken.to_json()) == taken


@pytest.mark.parametrize("text", ['{"graphs": []}', '{"version": 1, "graphs": []}', "[]"])
def test_another_version_is_refused(text):
    with pytest.raises(ValueError, match="version 3 is expected"):
        Snapshot.from_json(text)


def test_every_field_is_documented():
    text = (Path(__file__).parent.parent / "docs" / "snapshot.md").read_text(encoding="utf-8")
    raw = json.loads(snapshot(F.cross_entropy(tiny_mlp()(np.ones((8, 3))), [0] * 8)).to_json())

    def fields(part):
        if isinstance(part, dict):
            yield from part
            for value in part.values():
                yield from fields(value)
        elif isinstance(part, list):
            for item in part:
                yield from fields(item)

    assert {name for name in fields(raw) if f"`{name}`" not in text} == set()


def test_a_path_goes_on_to_the_output_and_back_to_the_leaf_edge_by_edge():
    x = Tensor([1000.0, 0.0], requires_grad=True, name="x")
    with np.errstate(all="ignore"):
        exps = np.exp(x * 1.0)
        loss = (exps / exps.sum()).sum()
        loss.backward()
        graph = snapshot(loss).graphs[0]
    (birth,) = graph.births
    scaled, exp, total, ratio, loss = (op.id for op in graph.ops)
    way = [(graph.edges[e].source, graph.edges[e].target, in_pass) for e, in_pass in birth.path]
    assert way == [
        (exp, "v3", "forward"), ("v3", ratio, "forward"), (ratio, "v5", "forward"),
        ("v5", loss, "forward"), (loss, "v6", "forward"),
        ("v4", ratio, "backward"), (total, "v4", "backward"), ("v3", total, "backward"),
        (exp, "v3", "backward"), ("v2", exp, "backward"),
        (scaled, "v2", "backward"), ("v0", scaled, "backward"),
    ]  # fmt: skip


def test_a_rule_may_be_written_as_a_lambda():
    written = "backward = lambda self, g, y, x: 3 * g"
    made_at_once = type("Made", (ops.Op,), {"forward": lambda _, x: 2 * x,
                                            "backward": lambda _, g, y, x: 2 * g})  # fmt: skip

    class Thrice(ops.Op):
        """y = 3 x; by a lambda"""

        forward = lambda self, x: 3 * x  # noqa: E731
        backward = lambda self, g, y, x: 3 * g  # noqa: E731

    for op in (made_at_once, Thrice):
        graph = snapshot(op.apply(Tensor([1.0], requires_grad=True)).sum()).graphs[0]
        assert graph.ops[0].symbols == ("g", "y", "x")
    assert graph.ops[0].rule.startswith(written)
    assert (graph.ops[0].formula, graph.ops[0].remark) == ("y = 3 x", "by a lambda")


def test_a_result_that_was_changed_has_no_steps_expanded_or_not():
    z = Tensor([1.0, 2.0], requires_grad=True)
    scores = z * 1.0
    probs = scores.softmax()
    loss = probs.sum()
    with no_grad():
        scores.data = np.array([3.0, 4.0])
    for expand in (False, True):
        graph = snapshot(loss, expand=expand).graphs[0]
        assert graph.backward == ()
        assert "scores changed in place" in graph.caveat()


# Which frame a Tensor stands in


class Gate(nn.Module):
    def __init__(self):
        self.inner = nn.Linear(2, 2)
        self.mask = Tensor(np.ones(2))

    def forward(self, x):
        return np.tanh(self.inner(x) * 0.5 + x) * self.mask


def test_what_is_passed_into_a_module_stands_outside_its_frame():
    gate = Gate()
    x = Tensor(np.ones((1, 2)), requires_grad=True, name="x")
    graph = snapshot(gate(x)).graphs[0]
    outer, inner = graph.groups
    groups = {value.label or value.role: value.group for value in graph.values}
    assert (outer.name, inner.name, inner.parent) == ("Gate", "Linear", outer.id)
    assert groups["x"] is None
    assert groups["constant"] == groups["gate.mask"] == groups["output"] == outer.id
    assert groups["inner.weight"] == groups["inner.bias"] == inner.id


def test_a_module_called_twice_has_two_frames_and_its_parameters_stand_outside():
    gate = Gate()
    graph = snapshot(gate(gate(np.ones((1, 2))))).graphs[0]
    assert [group.name for group in graph.groups] == ["Gate", "Linear", "Gate", "Linear"]
    assert len({group.id for group in graph.groups}) == 4
    groups = {value.label: value.group for value in graph.values if value.role == "parameter"}
    assert groups == {"inner.weight": None, "inner.bias": None}
    constants = [value.group for value in graph.values if value.role == "constant"]
    assert constants == [graph.groups[0].id, graph.groups[2].id]


def test_what_belongs_to_an_outer_module_stands_in_its_frame():
    class Twice(nn.Module):
        def __init__(self):
            self.gate = Gate()

        def forward(self, x, strength):
            ones = Tensor(np.ones(2), name="ones")
            return self.gate(self.gate(x)) * strength * ones * 3.0

    strength = Tensor(2.0)
    graph = snapshot(Twice()(np.ones((1, 2)), strength)).graphs[0]
    outer = graph.groups[0]
    assert outer.name == "Twice"
    groups = {v.label or (v.role, v.data.mean): v.group for v in graph.values if v.site or v.label}
    assert groups["gate.inner.weight"] == groups["gate.inner.bias"] == outer.id
    assert groups["ones"] == outer.id
    assert groups["strength"] is None
    numbers = {v.data.mean: v.group for v in graph.values if v.role == "constant" and not v.site}
    assert numbers.pop(3.0) == outer.id
    assert numbers.keys() == {0.5}


def test_a_module_tells_how_many_parameters_it_has():
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    groups = snapshot(model(np.ones((5, 4), np.float32)).sum()).graphs[0].groups
    counts = {(group.name, group.path): group.parameters for group in groups}
    assert counts[("Sequential", None)] == 4 * 8 + 8 + 8 * 3 + 3
    assert counts[("Linear", "0")] == 4 * 8 + 8
    assert counts[("Tanh", "1")] == 0
    expanded = snapshot(F.cross_entropy(model(np.ones((1, 4))), [0]), expand=True).graphs[0]
    assert {g.parameters for g in expanded.groups if g.kind == "definition"} == {None}
