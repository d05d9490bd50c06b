"""Modules, layers and losses: parameters found by path, states saved whole, inputs checked."""

from __future__ import annotations

import copy
import math
import pickle
import warnings

import numpy as np
import pytest

import minigrad as mg
from minigrad import Tensor, nn
from minigrad.nn import functional as F


def mlp():
    mg.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))


class Twin(nn.Module):
    """Parameters in attributes, Modules and lists; one of them shared."""

    def __init__(self):
        self.scale = nn.Parameter([1.0])
        self.body = mlp()
        self.heads = [nn.Linear(2, 1), nn.Linear(2, 1, bias=False)]
        self.again = self.scale

    def forward(self, x):
        return sum(head(self.body(x)) for head in self.heads) * self.scale


class TestModule:
    paths = ("scale", "body.0.weight", "body.0.bias", "body.2.weight", "body.2.bias")
    paths += ("heads.0.weight", "heads.0.bias", "heads.1.weight")

    def test_parameters_by_path_each_once(self):
        twin = Twin()
        assert tuple(path for path, _ in twin.named_parameters()) == self.paths
        assert len(list(twin.parameters())) == len(self.paths)
        assert all(p.path == path for path, p in twin.named_parameters())

    def test_a_shared_parameter_keeps_the_path_of_its_first_place(self):
        class Tied(nn.Module):
            def __init__(self):
                self.encode, self.decode = nn.Linear(3, 3), nn.Linear(3, 3)
                self.decode.kernel = self.encode.weight

        paths = [p.path for p in Tied().parameters()]
        assert paths == ["encode.weight", "encode.bias", "decode.weight", "decode.bias"]

    def test_layers_added_to_a_list_later_get_their_whole_path(self):
        class Stack(nn.Module):
            def __init__(self):
                self.layers = []
                for _ in range(2):
                    self.layers.append(nn.Linear(2, 2, bias=False))

        stack = Stack()
        first, second = stack.parameters()
        assert [first.path, second.path] == ["layers.0.weight", "layers.1.weight"]
        assert [p.path for p in stack.layers[1].parameters()] == ["layers.1.weight"]

    def test_a_parameter_added_to_a_list_later_gets_its_path(self):
        model = nn.Module()
        model.scales = []
        model.scales.append(nn.Parameter([1.0]))
        assert [p.path for p in model.parameters()] == ["scales.0"]

    def test_containers_of_any_depth(self):
        model = nn.Module()
        model.blocks = [{"heads": {"q": nn.Linear(2, 1), "k": (nn.Linear(2, 1, bias=False),)}}]
        model.blocks[0][7] = nn.Parameter([1.0])
        paths = ["blocks.0.heads.q.weight", "blocks.0.heads.q.bias", "blocks.0.heads.k.0.weight"]
        assert [p.path for p in model.parameters()] == [*paths, "blocks.0.7"]
        assert list(model.state_dict()) == [*paths, "blocks.0.7"]
        assert [path for path, _ in model.named_modules()] == [
            *("", "blocks.0.heads.q", "blocks.0.heads.k.0")
        ]
        assert not model.eval().blocks[0]["heads"]["k"][0].training
        assert "(blocks.0.heads.k.0): Linear(2, 1, bias=False)" in repr(model)

    def test_parameters_in_a_container_have_their_path_at_once(self):
        model = nn.Module()
        model.heads = {"q": nn.Linear(2, 1, bias=False)}
        assert model.heads["q"].weight.path == "heads.q.weight"

    def test_a_child_that_knows_its_parent(self):
        class Child(nn.Module):
            def __init__(self, parent):
                self.parent = parent

        class Parent(nn.Module):
            def __init__(self):
                self.weight = nn.Parameter([1.0])
                self.children = [Child(self), Child(self)]

        parent = Parent()
        assert [path for path, _ in parent.named_modules()] == ["", "children.0", "children.1"]
        assert [path for path, _ in parent.named_parameters()] == ["weight"]
        assert parent.weight.path == "weight"
        assert [path for path, _ in parent.children[0].named_parameters()] == ["parent.weight"]
        assert "    (parent): ...\n" in repr(parent)

    def test_a_list_that_holds_itself(self):
        model = nn.Module()
        model.layers = [nn.ReLU()]
        model.layers.append(model.layers)
        assert list(model.modules()) == [model, model.layers[0]]
        assert repr(model) == "Module(\n  (layers.0): ReLU()\n)"

    def test_a_module_in_two_places_is_found_once_and_shown_twice(self):
        relu = nn.ReLU()
        model = nn.Sequential(relu, nn.Flatten(), relu)
        assert [path for path, _ in model.named_modules()] == ["", "0", "1"]
        assert [line.strip() for line in repr(model).splitlines()[1:-1]] == [
            *("(0): ReLU()", "(1): Flatten()", "(2): ReLU()")
        ]

    def test_modules_as_deep_as_they_come(self):
        model = innermost = nn.Module()
        for _ in range(2000):
            innermost.inner = nn.Module()
            innermost = innermost.inner
        assert len(list(model.modules())) == 2001

    def test_plain_data_assigned_to_a_layer_renames_nothing(self):
        model = mlp()
        model[2].seen = (5, [3], {"a": 4})
        assert model[2].weight.path == "2.weight"

    def test_every_parameter_gets_its_gradient(self):
        twin = Twin()
        twin(Tensor(np.ones((5, 3), np.float32))).sum().backward()
        assert all(p.grad is not None and p.grad.shape == p.shape for p in twin.parameters())
        twin.zero_grad()
        assert all(p.grad is None for p in twin.parameters())

    def test_train_and_eval_reach_all_below(self):
        twin = Twin()
        assert twin.eval() is twin
        assert [m.training for m in (twin, twin.body, twin.body[1], twin.heads[0])] == [False] * 4
        twin.train()
        assert twin.heads[1].training

    def test_state_dict_is_a_copy(self):
        model = mlp()
        state = model.state_dict()
        assert list(state) == ["0.weight", "0.bias", "2.weight", "2.bias"]
        state["0.bias"][...] = 7
        assert not (model[0].bias == 7).any()

    def test_load_state_dict_in_place_and_in_the_parameters_dtype(self):
        model, other = mlp(), nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
        array = other[0].weight.data
        other.load_state_dict({k: v.astype(np.float64) for k, v in model.state_dict().items()})
        assert other[0].weight.data is array
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, model[0].weight.data)

    def test_load_state_dict_makes_graphs_stale(self):
        model = mlp()
        loss = model(np.ones((1, 3), np.float32)).sum()
        model.load_state_dict(model.state_dict())
        with pytest.raises(RuntimeError, match="changed in place"):
            loss.backward()

    @pytest.mark.parametrize(
        ("change", "error", "says"),
        [
            (lambda s: s.pop("2.bias"), KeyError, "2.bias"),
            (lambda s: s.update(extra=np.ones(1)), KeyError, "extra"),
            (lambda s: s.update({"2.bias": np.ones(3)}), ValueError, r"2\.bias.*\(2,\).*\(3,\)"),
            (lambda s: s.update({"2.bias": np.array(["a", "b"])}), ValueError, r"2\.bias"),
            (lambda s: s.update({"2.bias": [[1.0], [1.0, 2.0]]}), ValueError, r"2\.bias.*object"),
            (lambda s: s.update({"2.bias": [1e99, 0.0]}), RuntimeWarning, "overflow"),
            (
                lambda s: (s.update({"2.weight": np.ones(7)}), s.update(x=1), s.pop("0.bias")),
                KeyError,
                r"missing \['0\.bias'\], unknown \['x'\]; 2\.weight: .*\(2, 4\), got \(7,\)",
            ),
        ],
    )
    def test_a_state_that_does_not_fit_changes_nothing(self, change, error, says):
        model = mlp()
        before = model.state_dict()
        state = {key: array + 1 for key, array in before.items()}
        change(state)
        with pytest.raises(error, match=says):
            model.load_state_dict(state)
        for key, array in model.state_dict().items():
            np.testing.assert_array_equal(array, before[key])

    def test_copies_and_pickles(self):
        model = mlp()
        model(Tensor(np.ones((1, 3), np.float32))).sum().backward()
        for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
            assert [p for p, _ in other.named_parameters()] == list(model.state_dict())
            assert other[0].weight.path == "0.weight"
            other[0].weight.data[...] = 0
            assert model[0].weight.data.any()

    def test_repr_shows_the_tree(self):
        assert repr(mlp()).splitlines() == [
            "Sequential(",
            "  (0): Linear(3, 4)",
            "  (1): ReLU()",
            "  (2): Linear(4, 2)",
            ")",
        ]

    def test_without_forward_it_says_so(self):
        with pytest.raises(TypeError, match="defines no forward"):
            nn.Module()(1)

    def test_sequential_takes_modules(self):
        with pytest.raises(TypeError, match="layer 1 is a function"):
            nn.Sequential(nn.ReLU(), lambda x: x)
        model = mlp()
        assert len(model) == 3
        assert [type(layer).__name__ for layer in model] == ["Linear", "ReLU", "Linear"]

    def test_a_slice_of_sequential_holds_the_same_layers(self):
        model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)).eval()
        part = model[-2:]
        assert isinstance(part, nn.Sequential)
        assert list(part) == [model[1], model[2]]
        assert not part.training
        x = np.ones((5, 4), np.float32)
        np.testing.assert_array_equal(part(x).data, model[2](model[1](x)).data)
        assert [path for path, _ in part.named_parameters()] == ["1.weight", "1.bias"]
        assert len(model[5:]) == 0

    def test_a_slice_renames_no_parameters(self):
        twin = Twin()
        list(twin.body[1:].parameters())
        assert [p.path for p in twin.body.parameters()] == [*self.paths[1:5]]

    def test_sequential_is_indexed_as_a_list(self):
        model = mlp()
        assert model[-1] is model[2]
        for index in (3, -4):
            with pytest.raises(IndexError):
                model[index]

    def test_a_parameter_owns_its_data_and_must_be_floating(self):
        array = np.ones(2)
        p = nn.Parameter(array)
        p.data[0] = 5
        assert array[0] == 1
        assert p.requires_grad
        with pytest.raises(TypeError, match="int64"):
            nn.Parameter([1, 2])


class TestLayers:
    def test_linear_is_x_wt_plus_b(self):
        layer = nn.Linear(3, 2, dtype=np.float64)
        x = np.random.default_rng(0).normal(size=(4, 5, 3))
        np.testing.assert_allclose(layer(x).data, x @ layer.weight.data.T + layer.bias.data)
        assert nn.Linear(3, 2, bias=False).bias is None

    def test_linear_promotes_like_its_definition(self):
        x, w = np.ones((2, 3), np.float32), np.ones((4, 3), np.float32)
        for bias in (np.ones(4), np.ones(4, np.float32), np.ones(4, np.float16)):
            assert F.linear(x, w, bias).dtype == (x @ w.T + bias).dtype
        assert F.linear(np.ones((2, 3), int), np.ones((4, 3), int), np.ones(4)).dtype == np.float64

    def test_linear_starts_as_in_pytorch(self):
        layer = nn.Linear(400, 300)
        for p in layer.parameters():
            assert p.dtype == np.float32
            assert np.abs(p.data).max() <= 1 / 20
            assert np.abs(p.data).max() > 0.9 / 20
            assert p.data.std() == pytest.approx(1 / 20 / math.sqrt(3), rel=0.1)

    @pytest.mark.parametrize(
        ("shape", "says"),
        [((2, 5), r"\(2, 5\), whose last axis should be 6$"), ((2, 3, 2), r"nn\.Flatten")],
    )
    def test_linear_checks_its_input(self, shape, says):
        with pytest.raises(ValueError, match=says):
            nn.Linear(6, 2)(np.ones(shape, np.float32))

    def test_embedding_looks_rows_up(self):
        mg.manual_seed(0)
        table = nn.Embedding(400, 100)
        assert table.weight.dtype == np.float32
        assert table.weight.data.std() == pytest.approx(1, rel=0.02)
        indices = np.array([[3, 0], [3, 399]], np.uint16)
        rows = table(Tensor(indices))
        np.testing.assert_array_equal(rows.data, table.weight.data[indices])
        rows.sum().backward()
        used = np.zeros(400)
        used[[0, 3, 399]] = 1, 2, 1
        np.testing.assert_array_equal(table.weight.grad, np.broadcast_to(used[:, None], (400, 100)))
        assert repr(table) == "Embedding(400, 100)"
        assert table(np.zeros((2, 0), int)).shape == (2, 0, 100)
        with pytest.raises(TypeError, match="dtype float64"):
            table([0.5])
        with pytest.raises(ValueError, match="Embedding has"):
            nn.Embedding(0, 3)

    @pytest.mark.parametrize("wrong", [-1, 3])
    def test_embedding_has_no_row_before_its_first(self, wrong):
        with pytest.raises(IndexError, match=f"rows 0 to 2, got indices {min(wrong, 0)} to"):
            nn.Embedding(3, 2)([0, wrong])

    @pytest.mark.parametrize("axes", [1, 2])
    def test_layer_norm_by_hand(self, axes):
        x = np.random.default_rng(0).normal(3, 2, size=(5, 4, 3))
        shape = x.shape[-axes:]
        layer = nn.LayerNorm(shape if axes > 1 else 3, eps=0.01, dtype=np.float64)
        layer.weight.data[...] = w = np.random.default_rng(1).normal(size=shape)
        layer.bias.data[...] = b = np.random.default_rng(2).normal(size=shape)
        over = tuple(range(-axes, 0))
        mean, var = x.mean(over, keepdims=True), x.var(over, keepdims=True)
        np.testing.assert_allclose(layer(x).data, (x - mean) / np.sqrt(var + 0.01) * w + b)
        assert repr(layer) == f"LayerNorm({shape}, eps=0.01)"
        assert repr(nn.LayerNorm(3)) == "LayerNorm((3,))"
        with pytest.raises(ValueError, match=r"got an input of shape \(3, 7\)"):
            layer(np.ones((3, 7)))

    def test_layer_norm_of_equal_entries_is_their_bias(self):
        """0/0 without eps; 1e8 and 1/3 have means that round."""
        for entry in (0.0, 1e8, 1 / 3):
            x = Tensor(np.full((2, 7), entry, np.float32), requires_grad=True)
            y = nn.LayerNorm(7)(x)
            np.testing.assert_array_equal(y.data, 0)
            y.backward(np.ones((2, 7)))
            np.testing.assert_array_equal(x.grad, 0)

    def test_flatten(self):
        assert nn.Flatten()(Tensor(np.ones((2, 3, 4)))).shape == (2, 12)
        assert nn.Flatten()(Tensor(np.ones((0, 3, 4)))).shape == (0, 12)
        assert nn.Flatten(start_axis=2)(np.ones((2, 3, 4, 5))).shape == (2, 3, 20)
        assert nn.Flatten(0)(np.ones((2, 3))).shape == (6,)
        assert repr([nn.Flatten(), nn.Flatten(2)]) == "[Flatten(), Flatten(start_axis=2)]"

    def test_dropout_keeps_the_mean_in_training_and_everything_at_inference(self):
        mg.manual_seed(0)
        x = Tensor(np.ones((100, 100), np.float32), requires_grad=True)
        layer = nn.Dropout(0.25)
        y = layer(x)
        assert set(np.unique(y.data)) == {0, np.float32(1 / 0.75)}
        assert y.data.mean() == pytest.approx(1, abs=0.02)
        y.sum().backward()
        np.testing.assert_array_equal(x.grad, y.data)
        layer.eval()
        np.testing.assert_array_equal(layer(x).data, x.data)
        with pytest.raises(ValueError, match=r"\[0, 1\)"):
            nn.Dropout(1.0)

    @pytest.mark.parametrize("x", [[1.0] * 99, np.ones(99, int), np.ones(99, np.float16)])
    def test_dropout_of_arrays(self, x):
        y = F.dropout(x, 0.2)
        assert y.dtype.kind == "f"
        assert set(np.unique(y.data)) == {0, y.dtype.type(1.25)}

    def test_functions_as_layers(self):
        x = Tensor(np.linspace(-3, 3, 6).reshape(2, 3))
        np.testing.assert_array_equal(nn.Tanh()(x).data, np.tanh(x.data))
        np.testing.assert_array_equal(nn.ReLU()(x).data, np.maximum(x.data, 0))
        np.testing.assert_allclose(nn.Sigmoid()(x).data, 1 / (1 + np.exp(-x.data)))
        np.testing.assert_allclose(nn.Softmax(axis=0)(x).data.sum(axis=0), 1)
        np.testing.assert_allclose(np.exp(nn.LogSoftmax()(x).data).sum(axis=1), 1)


class TestLosses:
    logits = np.array([[2.0, 0.0, 1.0], [0.5, 0.5, 3.0]])
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)

    def test_cross_entropy_is_nll_of_log_softmax_is_naive_on_paper(self):
        expected = -np.log(self.probs[[0, 1], [1, 2]]).mean()
        z = Tensor(self.logits)
        for loss in (
            F.cross_entropy(z, [1, 2]),
            F.nll_loss(F.log_softmax(z), [1, 2]),
            F.naive_cross_entropy(z, [1, 2]),
            nn.CrossEntropyLoss()(z, np.array([1, 2])),
            nn.NLLLoss()(nn.LogSoftmax()(z), Tensor(np.array([1, 2]))),
        ):
            assert loss.item() == pytest.approx(expected, rel=1e-14)

    def test_naive_is_a_chain_of_small_ops(self):
        z = Tensor(self.logits, requires_grad=True)
        walked = [s.tensor.op.name for s in mg.steps(F.naive_cross_entropy(z, [1, 2]))]
        assert walked == ["Neg", "Mean", "GetItem", "Log", "Div", "Sum", "Exp"] or walked == [
            *("Mean", "Neg", "GetItem", "Log", "Div", "Sum", "Exp")
        ]

    def test_naive_of_arrays_is_a_tensor(self):
        assert isinstance(F.naive_softmax(self.logits), Tensor)
        np.testing.assert_allclose(F.naive_softmax(self.logits, axis=1).data, self.probs)
        assert isinstance(F.naive_cross_entropy(self.logits, [1, 2]), Tensor)

    def test_class_probabilities_and_smoothing(self):
        q = np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]])
        expected = -(q * np.log(self.probs)).sum(axis=1).mean()
        assert F.cross_entropy(self.logits, q).item() == pytest.approx(expected)
        smooth = 0.7 * np.eye(3)[[1, 2]] + 0.1
        expected = -(smooth * np.log(self.probs)).sum(axis=1).mean()
        loss = nn.CrossEntropyLoss(label_smoothing=0.3)(self.logits, [1, 2])
        assert loss.item() == pytest.approx(expected)

    def test_weight_ignore_index_and_reduction(self):
        each = -np.log(self.probs[[0, 1], [1, 2]])
        weight = np.array([1.0, 2.0, 5.0])
        got = nn.CrossEntropyLoss(weight)(self.logits, [1, 2]).item()
        assert got == pytest.approx((2 * each[0] + 5 * each[1]) / 7)
        got = nn.NLLLoss(weight, reduction="sum")(np.log(self.probs), [1, 2]).item()
        assert got == pytest.approx(2 * each[0] + 5 * each[1])
        got = nn.CrossEntropyLoss(ignore_index=1)(self.logits, [1, 2]).item()
        assert got == pytest.approx(each[1])
        got = nn.CrossEntropyLoss(reduction="none")(self.logits, [1, 2]).data
        np.testing.assert_allclose(got, each)

    def test_a_single_sample(self):
        assert F.cross_entropy(self.logits[0], 1).item() == pytest.approx(-np.log(self.probs[0, 1]))
        assert F.cross_entropy(self.logits[0], 1).shape == ()

    @pytest.mark.parametrize("shape", [(1,), (2, 1), (2, 1, 3)])
    def test_one_class_is_always_right(self, shape):
        z = Tensor(np.full(shape, 4.0), requires_grad=True)
        target = np.zeros(z.sum(axis=-1 if len(shape) < 3 else 1).shape, dtype=int)
        loss = F.cross_entropy(z, target)
        loss.backward()
        assert loss.item() == 0
        assert not z.grad.any()

    def test_a_negative_ignore_index_names_no_class(self):
        by_default = F.cross_entropy(self.logits, self.probs).item()
        assert F.cross_entropy(self.logits, self.probs, ignore_index=-1).item() == by_default

    def test_mse(self):
        x, t = np.array([1.0, 2.0]), np.array([3.0, 5.0])
        assert nn.MSELoss()(x, t).item() == 6.5
        assert F.mse_loss(x, t, reduction="sum").item() == 13
        with pytest.raises(ValueError, match=r"\(2,\) and the target \(2, 1\)"):
            F.mse_loss(x, t[:, None])

    def test_softmax_before_cross_entropy_warns_once_a_line(self):
        probs = Tensor(self.logits).softmax()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for _ in range(3):
                F.cross_entropy(probs, [1, 2])
            nn.CrossEntropyLoss()(probs, [1, 2])
            F.cross_entropy(probs.data[0], 1)
            F.cross_entropy(np.stack([probs.data, probs.data], axis=-1), [[0, 0], [1, 1]])
        assert len(caught) == 4
        assert all(w.category is UserWarning and w.filename == __file__ for w in caught)
        assert "leave the softmax out" in str(caught[0].message)

    def test_warnings_made_errors_are_raised_every_time(self):
        probs = Tensor(self.logits).softmax()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for _ in range(2):
                with pytest.raises(UserWarning, match="leave the softmax out"):
                    F.cross_entropy(probs, [1, 2])

    def test_probabilities_or_logits_to_nll_loss_warn(self):
        with pytest.warns(UserWarning, match=r"log_softmax\(logits\)"):
            F.nll_loss(Tensor(self.logits).softmax(), [1, 2])
        with pytest.warns(UserWarning, match="never positive"):
            nn.NLLLoss()(self.logits, [1, 2])

    def test_good_calls_do_not_warn(self):
        F.cross_entropy(np.array([[0.5, 0.5, 3.0]]), [0])
        F.cross_entropy(np.array([[0.2, 0.8], [0.3, 0.8]]), [0, 0])
        F.cross_entropy(np.array([[1.0]]), [0])
        F.nll_loss(np.log([[1.0, 1e-9]]), [0])

    @pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
    @pytest.mark.parametrize(
        ("target", "options", "error", "says"),
        [
            ([0, 3], {}, IndexError, r"\(1,\) is class 3.*0 to 2"),
            ([-1, 0], {}, IndexError, r"\(0,\) is class -1"),
            ([0], {}, ValueError, r"shape \(2,\), got a target of shape \(1,\)"),
            ([[0], [1]], {}, ValueError, r"\(2, 1\)"),
            ([True, False], {}, TypeError, "bool"),
            ([0, 1], {"reduction": "average"}, ValueError, "'average'"),
            ([0, 1], {"weight": [1.0, 2.0]}, ValueError, r"\(3,\), got shape \(2,\)"),
        ],
    )
    def test_bad_targets_and_options(self, loss, target, options, error, says):
        with pytest.raises(error, match=says):
            loss(Tensor(self.logits), target, **options)

    def test_more_bad_targets(self):
        with pytest.raises(TypeError, match="integers, got a target of dtype float64"):
            F.nll_loss(self.logits, [0.0, 1.0])
        with pytest.raises(TypeError, match="integers, got a target of dtype float64"):
            F.cross_entropy(self.logits, [0.0, 1.0])
        with pytest.raises(ValueError, match=r"\(2, 3\), got a target of shape \(2, 2\)"):
            F.cross_entropy(self.logits, [[0.0, 1.0], [1.0, 0.0]])
        with pytest.raises(ValueError, match=r"\[0, 1\]"):
            F.cross_entropy(self.logits, [0, 1], label_smoothing=1.5)
        with pytest.raises(ValueError, match="empty batch"):
            F.cross_entropy(self.logits[:0], np.zeros(0, int))
        assert F.cross_entropy(self.logits[:0], np.zeros(0, int), reduction="sum").item() == 0
        with pytest.raises(ValueError, match="0-d"):
            F.cross_entropy(np.array(1.0), 0)

    def test_one_hot(self):
        np.testing.assert_array_equal(F.one_hot([2, 0], 4), [[0, 0, 1, 0], [1, 0, 0, 0]])
        assert F.one_hot(np.zeros((2, 3), int), 5).shape == (2, 3, 5)
        np.testing.assert_array_equal(F.one_hot(Tensor(np.array([1]))), [[0, 1]])
        with pytest.raises(IndexError, match="0 to 1"):
            F.one_hot([2], 2)
        with pytest.raises(TypeError, match="integers"):
            F.one_hot([0.5])


class TestClipping:
    def test_scales_all_gradients_to_the_common_norm(self):
        a, b = Tensor([1.0, 1.0], requires_grad=True), Tensor([1.0], requires_grad=True)
        unused = Tensor([1.0], requires_grad=True)
        (a * np.array([2.0, 1.0], "f")).sum().backward()
        (b * 2).sum().backward()
        assert nn.utils.clip_grad_norm_([a, b, unused], 1.5) == pytest.approx(3)
        np.testing.assert_allclose(a.grad, [1.0, 0.5], rtol=1e-6)
        np.testing.assert_allclose(b.grad, [1.0], rtol=1e-6)
        assert nn.utils.clip_grad_norm_([a, b], 100.0) == pytest.approx(1.5)
        np.testing.assert_allclose(b.grad, [1.0], rtol=1e-6)

    def test_float16_does_not_overflow(self):
        x = Tensor(np.ones(4, np.float16), requires_grad=True)
        (x * np.float16(60000)).backward(np.ones(4))
        assert nn.utils.clip_grad_norm_(x, 1.0) == pytest.approx(120000, rel=1e-3)
        np.testing.assert_allclose(x.grad, 0.5, rtol=1e-3)

    @pytest.mark.parametrize("max_norm", [1e-3, np.float16(1e-3)])
    def test_float16_does_not_vanish(self, max_norm):
        x = Tensor(np.ones(1, np.float16), requires_grad=True)
        x.backward(np.float16([60000]))
        nn.utils.clip_grad_norm_(x, max_norm)
        assert x.grad == np.float16(1e-3)

    @pytest.mark.parametrize("size", [1e200, 1e-200])
    def test_squares_neither_overflow_nor_vanish(self, size):
        x, y = (Tensor(np.ones(1), requires_grad=True) for _ in range(2))
        for t, g in ((x, 3 * size), (y, 4 * size)):
            t.backward(np.array([g]))
        array = x.grad
        norm = nn.utils.clip_grad_norm_([x, y], size)
        assert norm == pytest.approx(5 * size, rel=1e-14, abs=0)
        np.testing.assert_allclose([x.grad, y.grad], [[0.6 * size], [0.8 * size]], rtol=1e-14)
        assert x.grad is array

    @pytest.mark.parametrize("g", [np.nan, np.inf])
    def test_gradients_that_are_not_finite_stay(self, g):
        x = Tensor(np.ones(2), requires_grad=True)
        x.backward([g, 4.0])
        np.testing.assert_equal(nn.utils.clip_grad_norm_(x, 1.0), g)
        np.testing.assert_array_equal(x.grad, [g, 4.0])

    def test_bad_norm(self):
        with pytest.raises(ValueError, match="positive"):
            nn.utils.clip_grad_norm_([], 0)


def test_parameters_can_be_gone_through_again_and_asked_for_the_next():
    parameters = nn.Linear(2, 1).parameters()
    assert len(list(parameters)) == len(list(parameters)) == 2
    assert next(parameters) is parameters[0]
    with pytest.raises(StopIteration):
        next(nn.ReLU().parameters())
