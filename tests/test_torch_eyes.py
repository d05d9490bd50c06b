"""`minigrad.torch.watch`: what it records of PyTorch, where PyTorch is installed."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import warnings
import weakref

import numpy as np
import pytest

import minigrad as mg
from minigrad import viz

try:
    import torch
except ImportError:
    if os.environ.get("MINIGRAD_TORCH") == "1":
        raise
    pytest.skip("needs PyTorch: pip install torch", allow_module_level=True)

from torch import nn
from torch.nn import functional as F

from minigrad.torch import watch

torch.set_num_threads(1)  # what is computed is small, and pytest-xdist uses the other cores

X, TARGETS = torch.randn(5, 4, generator=torch.Generator().manual_seed(0)), torch.arange(5) % 3


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(4, 6, num_layers=2, dropout=0.3)
        self.out = nn.Linear(6, 3)

    def forward(self, x):
        states, _ = self.rnn(x)
        return self.out(states[-1])


class Cell(nn.Module):
    """An RNN of small ops, with the weights used at every step."""

    def __init__(self):
        super().__init__()
        self.into, self.on, self.out = nn.Linear(4, 6), nn.Linear(6, 6, bias=False), nn.Linear(6, 3)

    def forward(self, x):
        state = torch.zeros(x.shape[1], 6)
        for step in x:
            state = torch.tanh(self.into(step) + self.on(state))
        return self.out(state)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4)
        self.heads = nn.MultiheadAttention(4, 2, dropout=0.2, batch_first=True)
        self.norm, self.out = nn.LayerNorm(4), nn.Linear(4, 3)

    def forward(self, x):
        q, k, v = self.q(x), self.k(x), self.v(x)
        scores = q @ k.transpose(-2, -1) / 2
        later = torch.triu(torch.ones(7, 7, dtype=torch.bool), 1)
        mixed = scores.masked_fill(later, float("-inf")).softmax(-1) @ v
        mixed = self.norm(x + F.scaled_dot_product_attention(mixed, k, v))
        return self.out(self.heads(mixed, mixed, mixed)[0].mean(1))


MODELS = {
    "mlp": (
        lambda: nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 3)),
        (5, 4),
    ),
    "cnn": (
        lambda: nn.Sequential(
            nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(inplace=True), nn.MaxPool2d(2),
            nn.Dropout2d(), nn.Flatten(), nn.Linear(27, 3),
        ),
        (5, 1, 8, 8),
    ),
    "lstm": (Recurrent, (7, 5, 4)),
    "rnn": (Cell, (7, 5, 4)),
    "attention": (Attention, (5, 7, 4)),
}  # fmt: skip


def see(loss_of, model=None, **options):
    """The loss of PyTorch, walked back there, and what was seen of it, walked back here."""
    torch.manual_seed(0)
    with watch(model, **options) as seen:
        loss = loss_of()
    loss.backward()
    mirrored = seen[loss]
    mirrored.backward()
    return loss, mirrored, seen


def equal(got, want):
    """Equal but for the order in which the contributions of several uses are added up."""
    want = want.detach().float().numpy()
    scale = max(np.abs(want).max(initial=0), 0.1)  # some are 0 but for rounding
    np.testing.assert_allclose(got.astype(np.float32), want, rtol=0, atol=4e-7 * scale)


def weights(*numbers, dtype=torch.float32):
    return nn.Parameter(torch.tensor(numbers, dtype=dtype))


@pytest.mark.parametrize("name", MODELS)
def test_values_and_gradients_are_pytorchs_own(name):
    torch.manual_seed(1)
    make, shape = MODELS[name]
    model, x = make(), torch.randn(shape)
    loss, mirrored, seen = see(lambda: F.cross_entropy(model(x), TARGETS), model)
    assert mirrored.item() == loss.item()
    for path, parameter in model.named_parameters():
        assert seen[parameter].name == path
        equal(seen[parameter].grad, parameter.grad)


@pytest.mark.parametrize("name", MODELS)
def test_draw_step_through_and_diagnose_work_on_it(name, tmp_path):
    make, shape = MODELS[name]
    model, x = make(), torch.randn(shape)
    _, mirrored, _ = see(lambda: F.cross_entropy(model(x), TARGETS), model)
    assert str(mg.diagnose(mirrored)).endswith("is finite")
    graph = viz.snapshot(mirrored).graphs[0]
    assert {path for path, _ in model.named_parameters()} <= {v.label for v in graph.values}
    assert type(model).__name__ in {group.name for group in graph.groups}
    assert {op.site.file for op in graph.ops} == {"test_torch_eyes.py"}
    assert "0.weight" in mg.draw(mirrored).source or name not in ("mlp", "cnn")
    assert mg.step_through(mirrored).save(tmp_path / "steps.html").stat().st_size > 10_000
    assert len(list(mg.steps(mirrored))) == len(graph.ops)


def test_modules_are_groups_with_their_paths():
    model = MODELS["mlp"][0]()
    _, mirrored, _ = see(lambda: model(X).sum(), model)
    graph = viz.snapshot(mirrored).graphs[0]
    assert [(g.name, g.path) for g in graph.groups] == [
        ("Sequential", None), ("Linear", "0"), ("ReLU", "1"), ("Dropout", "2"), ("Linear", "3"),
    ]  # fmt: skip
    assert [op.name for op in graph.ops] == ["Linear", "Relu", "Dropout", "Linear", "Sum"]
    assert graph.ops[1].formula == "y = max(x, 0)"
    assert graph.ops[2].formula == "y = torch.nn.functional.dropout(…)"


def test_names_are_from_the_code():
    w = weights(1.0, 2.0)
    with watch() as seen:
        h = torch.tanh(w * 3)
        loss = (h * h).sum()
    graph = viz.snapshot(seen[loss]).graphs[0]
    assert {"w", "h", "loss"} <= {value.label for value in graph.values}


# ---------------------------------------------------------------------------------------------
# In place, views, several outputs
# ---------------------------------------------------------------------------------------------

IN_PLACE = {
    "add_": lambda y: y.add_(1),
    "+=": lambda y: exec("y += 1; y *= 3", {"y": y}),
    "setitem": lambda y: y.__setitem__(0, y[1] * 3),
    "setitem of a number": lambda y: y.__setitem__((slice(None), 1), 5.0),
    "relu inplace": lambda y: F.relu(y, inplace=True),
    "out of a view": lambda y: y.view(6)[2:4].mul_(5),
    "transposed view": lambda y: y.t().sub_(2),
    "view of a view": lambda y: y[1].view(3)[1:].exp_(),
    "dropout_": lambda y: F.dropout(y, 0.5, True, True),
}


@pytest.mark.parametrize("change", IN_PLACE.values(), ids=IN_PLACE)
def test_changes_in_place_are_followed(change):
    w = nn.Parameter(torch.arange(6.0).reshape(2, 3) - 2)

    def loss_of():
        y = w * 2
        other = y[:, :2]
        change(y)
        return (y * y).sum() + (other * 3).prod()

    loss, mirrored, seen = see(loss_of)
    assert mirrored.item() == loss.item()
    equal(seen[w].grad, w.grad)


def test_a_buffer_that_is_filled_is_followed():
    w = weights(1.0, 2.0, 3.0)

    def loss_of():
        buffer = torch.zeros(3, 3)
        for i in range(3):
            buffer[i] = w * i
        into = torch.empty(3, 3)
        into.copy_(buffer)
        return (into * buffer).sum()

    loss, mirrored, seen = see(loss_of)
    assert mirrored.item() == loss.item()
    equal(seen[w].grad, w.grad)


SEVERAL = {
    "chunk": lambda y: [a * (i + 1) for i, a in enumerate(y.chunk(2))],
    "unbind": lambda y: [a * (i + 1) for i, a in enumerate(y.unbind(1))],
    "max": lambda y: [y.max(1)[0]],
    "topk": lambda y: [y.topk(2).values],
    "sort": lambda y: [torch.sort(y, descending=True)[0][:, 0]],
    "var_mean": lambda y: [a * b for a, b in [torch.var_mean(y, 1)]],
    "meshgrid": lambda y: [torch.meshgrid(y[0], y[1], indexing="ij")[1]],
    "stack": lambda y: [torch.stack([y, y * 2], 1), torch.cat((y, y))],
    "einsum": lambda y: [torch.einsum("ij,kj->ik", y, y)],
    "where": lambda y: [torch.where(y > 0, y, y * 0.1)],
    "indexing": lambda y: [y[[0, 0, 1]], y[y > 0], y[..., None], y[:, torch.tensor([2, 0])]],
    "T": lambda y: [y.T @ y, y.mT.reshape(-1)],
    "numbers": lambda y: [
        1 - y,
        2 / (y + 9),
        y**2,
        2**y,
        y % 4,
        -y,
        abs(y),
        torch.add(y, y, alpha=3),
    ],
    "embedding": lambda y: [F.embedding(torch.tensor([1, 0, 1]), y)],
}


@pytest.mark.parametrize("ops", SEVERAL.values(), ids=SEVERAL)
def test_all_kinds_of_functions(ops):
    w = nn.Parameter(torch.tensor([[0.5, -1.0, 2.0], [3.0, 1.5, -0.25]]))

    def loss_of():
        return sum((part * part).sum() for part in ops(w * 2))

    loss, mirrored, seen = see(loss_of)
    assert mirrored.item() == loss.item()
    equal(seen[w].grad, w.grad)


def test_what_hands_its_input_back_is_no_op():
    w = weights(1.0, 2.0)
    _, mirrored, _ = see(lambda: (w * w).contiguous().to(torch.float32).exp().sum())
    assert [op.name for op in viz.snapshot(mirrored).graphs[0].ops] == ["Mul", "Exp", "Sum"]


def test_what_is_not_reached_has_no_gradient():
    model = nn.Linear(4, 3)
    idle = weights(1.0)
    _, _, seen = see(lambda: (model(X) + 0 * idle.detach()).sum(), model)
    assert seen[model.weight].grad is not None
    with pytest.raises(KeyError, match="was not seen"):
        seen[idle]


# ---------------------------------------------------------------------------------------------
# Randomness, dtypes, no_grad, the limit
# ---------------------------------------------------------------------------------------------


def test_watching_changes_no_random_numbers_and_no_buffers():
    make, shape = MODELS["cnn"]
    results = []
    for watched in (False, True):
        torch.manual_seed(1)
        model, x = make(), torch.randn(shape)
        if watched:
            see_in_turn(model, x)
        else:
            F.cross_entropy(model(x), TARGETS).backward()
        results.append((torch.rand(3), model[1].running_mean, model[1].num_batches_tracked))
    for one, other in zip(*results):
        assert torch.equal(one, other)


def see_in_turn(model, x):
    with watch(model) as seen:
        loss = F.cross_entropy(model(x), TARGETS)
    seen[loss].backward()
    loss.backward()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_dtypes(dtype):
    w = nn.Parameter(torch.tensor([[0.1, 0.2], [0.3, 0.7]], dtype=dtype))
    loss, mirrored, seen = see(lambda: torch.tanh(w @ w).log_softmax(1)[0, 1])
    shown = {torch.bfloat16: np.float32, torch.float16: np.float16, torch.float64: np.float64}
    assert mirrored.dtype == seen[w].dtype == shown[dtype]
    assert mirrored.item() == loss.item()
    want = w.grad.double().numpy()  # PyTorch rounds each contribution, and then their sum
    np.testing.assert_allclose(seen[w].grad, want, rtol=0, atol=torch.finfo(dtype).eps)


def test_autocast_is_in_force_on_the_way_back_too():
    model = MODELS["mlp"][0]()

    def loss_of():
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return model(X).float().logsumexp(1).sum()

    loss, mirrored, seen = see(loss_of, model)
    assert mirrored.item() == loss.item()
    for parameter in model.parameters():
        np.testing.assert_array_equal(seen[parameter].grad, parameter.grad.numpy())


def test_under_no_grad_nothing_is_recorded():
    w = weights(1.0, 2.0)
    with watch() as seen, torch.no_grad():
        y = w * 2
    with pytest.raises(KeyError, match="not seen"):
        seen[y]
    with watch() as seen:
        with torch.no_grad():
            scale = (w * 2).max()
        loss = (w / scale).sum()
    seen[loss].backward()
    np.testing.assert_array_equal(seen[w].grad, [0.25, 0.25])


def test_past_the_limit_it_says_so_and_stops():
    w = nn.Parameter(torch.ones(1000))
    ys = [w]
    with watch(limit=10_000) as seen, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(50):
            ys.append(ys[-1] * 1.01)
    assert [str(w.message)[:44] for w in caught] == ["watch: the values take more than 10000 bytes"]
    assert seen.kept < 20_000
    with pytest.raises(KeyError):
        seen[ys[-1]]


def test_what_was_changed_where_it_did_not_look_is_a_leaf_and_it_says_so():
    w = weights(1.0, 2.0)
    with watch() as seen:
        y = w * 2
        with torch.no_grad():
            y.data.add_(1)  # PyTorch itself does not notice this one
            y.detach().mul_(3)
        with pytest.warns(UserWarning, match="changed in place where it was not seen"):
            loss = (y * 1).sum()
    assert seen[loss].item() == loss.item()


def test_an_optimisers_step_makes_new_leaves_without_a_word():
    model = nn.Linear(4, 3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with watch(model) as seen:
            for _ in range(3):
                optimizer.zero_grad()
                loss = F.cross_entropy(model(X), TARGETS)
                loss.backward()
                last = [parameter.grad.clone() for parameter in model.parameters()]
                optimizer.step()
    mirrored = seen[loss]
    mirrored.backward()
    leaves = [t for t in viz.snapshot(mirrored).graphs[0].values if t.role == "parameter"]
    assert len(leaves) == 2
    for tensor, want in zip(mirrored.parents[0].parents[1:], last):
        equal(tensor.grad, want)


def test_nothing_is_kept_when_nobody_asks():
    """Not even until the garbage collector comes."""
    w = nn.Parameter(torch.ones(10))
    gc.disable()
    try:
        with watch() as seen:
            for _ in range(5):
                loss = torch.lgamma((w * 2).exp()).sum()
        made = weakref.ref(seen[loss])
        assert len(seen.seen) == 3  # w, the last loss, and the 2 that PyTorch keeps for it
        del loss
        assert len(seen.seen) == 1
        assert made() is None
    finally:
        gc.enable()


def test_hooks_are_gone_afterwards():
    model = MODELS["mlp"][0]()
    with pytest.raises(RuntimeError), watch(model):
        model(X.reshape(4, 5))
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())


def test_an_error_in_a_module_leaves_no_module_open():
    model = nn.Sequential(nn.Linear(4, 3), nn.Linear(4, 3))
    with watch(model) as seen:
        with pytest.raises(RuntimeError):
            model(X)
        loss = (model[0](X)).sum()
    groups = viz.snapshot(seen[loss]).graphs[0].groups
    assert [group.name for group in groups] == ["Linear"]


# ---------------------------------------------------------------------------------------------
# Births and remarks
# ---------------------------------------------------------------------------------------------


def naive(z):
    exps = torch.exp(z)
    probs = exps / exps.sum(1, keepdim=True)
    return -torch.log(probs)[0, 0]


def test_the_birth_of_a_nan_with_line_and_remedy():
    z = nn.Parameter(torch.tensor([[100.0, 0.0]]))
    _, mirrored, _ = see(lambda: naive(z))
    first = mg.diagnose(mirrored).first
    assert (first.op, first.in_pass) == ("Exp", "forward")
    assert first.tensor.site.source == "exps = torch.exp(z)"
    assert "exp(100) overflows" in first.explain().reason
    assert "log_softmax" in first.explain().remedy


def test_the_birth_of_a_nan_in_the_gradient_of_a_finite_loss():
    z = nn.Parameter(torch.tensor([[50.0, -150.0]]))
    loss, mirrored, seen = see(lambda: naive(z))
    assert torch.isfinite(loss)
    assert torch.isnan(z.grad).any()
    assert np.isnan(seen[z].grad).any()
    first = mg.diagnose(mirrored).first
    assert (first.op, first.in_pass) == ("Log", "backward")
    assert "the slope 1/x at x = 0" in str(first.explain())


def test_a_birth_in_an_op_that_only_pytorch_has():
    z = weights(-1.0, 4.0)
    _, mirrored, _ = see(lambda: torch.lgamma(z).sum() + torch.rsqrt(z).sum())
    names = {birth.op for birth in mg.diagnose(mirrored).births}
    assert names == {"Lgamma", "Rsqrt"}


def test_where_log_softmax_loses_digits():
    z = nn.Parameter(torch.tensor([[20.0, 0.0]]))
    _, mirrored, seen = see(lambda: F.log_softmax(z, 1)[0, 0])
    (remark,) = seen.remarks
    assert remark.startswith("log_softmax says 0 where it is -2.061e-09")
    operations = viz.snapshot(mirrored).graphs[0].ops
    assert operations[0].remark == remark
    _, _, seen = see(lambda: F.cross_entropy(z, torch.tensor([0])))
    assert seen.remarks[0].startswith("cross_entropy says 0 where it is 2.061e-09")


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32, torch.float64])
def test_where_it_keeps_them_nothing_is_remarked(dtype):
    torch.manual_seed(0)
    z = nn.Parameter((3 * torch.randn(6, 6)).to(dtype))
    classes, counts = torch.arange(6), torch.tensor([1.0, 2, 3, 4, 5, 6], dtype=dtype)
    for loss_of in (
        lambda: (
            z.log_softmax(0).sum() + F.log_softmax(z, dim=-1).sum() + torch.log_softmax(z, 1)[0, 0]
        ),
        lambda: F.cross_entropy(z, classes, label_smoothing=0.1),
        lambda: F.cross_entropy(z, classes, reduction="sum"),
        lambda: F.cross_entropy(z, classes, weight=counts),
        lambda: F.cross_entropy(z, classes, ignore_index=2),
        lambda: F.cross_entropy(z, z.detach().softmax(1)),
        lambda: F.cross_entropy(z, classes),
        lambda: F.cross_entropy(z[0], classes[0]),
        lambda: F.cross_entropy(z * torch.inf, classes),
    ):
        _, _, seen = see(loss_of)
        assert seen.remarks == []


# ---------------------------------------------------------------------------------------------
# Wrong calls
# ---------------------------------------------------------------------------------------------


def test_what_is_no_tensor_of_pytorch():
    with watch() as seen:
        pass
    with pytest.raises(TypeError, match="expected a tensor of PyTorch, got float"):
        seen[1.0]


def test_minigrad_says_how_to_show_a_tensor_of_pytorch():
    for look in (mg.draw, mg.diagnose, mg.step_through):
        with pytest.raises(TypeError, match=r"with minigrad\.torch\.watch\(model\) as seen"):
            look(torch.ones(3))


def test_a_derivative_of_a_derivative_is_refused():
    w = weights(1.0, 2.0)
    with watch() as seen:
        loss = (w**3).sum()
    with pytest.raises(TypeError, match="ask PyTorch"):
        mg.autograd.grad(seen[loss], seen[w], create_graph=True)


def test_minigrad_alone_loads_no_pytorch():
    code = "import sys, minigrad; print('torch' in sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    assert found.stdout.strip() == "False"
