"""Ctrl-C at any moment: what changes many things has changed all or none, and all is as it was.

KeyboardInterrupt is raised before every instruction that minigrad runs, one after the other; where
there are many, before every so-many-th.
"""

from __future__ import annotations

import contextlib
import dis
import random
import signal
import sys
from itertools import count

import numpy as np
import pytest

from minigrad import Tensor, autograd, nn, no_grad, optim
from minigrad.context import held, recording
from minigrad.engine import accumulate, run, seed, watcher
from minigrad.nn import functional as F
from minigrad.origin import scope
from minigrad.viz import snapshot

NOTHING = dis.opmap["NOP"]  # at which Python looks for no signal, and which no `try` covers


def interrupted(act, moment):
    """Run a function, with Ctrl-C before its n-th instruction; whether it had that many."""
    left = moment

    def trace(frame, event, _):
        nonlocal left
        if frame.f_code.co_filename == __file__:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode" and frame.f_code.co_code[frame.f_lasti] != NOTHING:
            left -= 1
            if left == 0:
                sys.settrace(None)
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(before)
    return left <= 0


def at_every_moment(prepare, act, look, stride=1):
    """Prepare, act with Ctrl-C at one moment, and look; anew for every moment that there is."""
    if sys.version_info >= (3, 12):
        pytest.skip("its tracer stops at moments that Ctrl-C cannot come at, and not at others")
    for moment in count(1, stride):
        prepared = prepare()
        went_off = interrupted(lambda: act(prepared), moment)  # noqa: B023
        look(prepared)
        if not went_off:
            assert moment > 10
            return


ERRORS = np.geterr()
NUMPY_HOLDS = np.lib.NumpyVersion(np.__version__) >= "2.0.0"
"""Before, `np.errstate` was left in lines of Python, which Ctrl-C can come between."""


def expect_as_it_was():
    after = np.geterr()
    np.seterr(**ERRORS)
    assert after == ERRORS or not NUMPY_HOLDS
    assert recording.get() is True
    assert watcher.get() is None
    assert scope.get() is None


# ---------------------------------------------------------------------------------------------
# All or nothing
# ---------------------------------------------------------------------------------------------


def leaves():
    return [Tensor([float(i)] * 3, requires_grad=True) for i in range(4)]


def test_accumulate():
    def prepare():
        xs = leaves()
        for x in xs[:2]:
            x.grad = np.full(3, 7.0)
        loss = sum(x * x for x in xs).sum()
        return xs, run(loss, seed(loss))

    def look(prepared):
        xs, _ = prepared
        told = [None if x.grad is None else x.grad.tolist() for x in xs]
        before = [[7] * 3, [7] * 3, None, None]
        assert told in (before, [[7] * 3, [9] * 3, [4] * 3, [6] * 3])

    at_every_moment(prepare, lambda prepared: accumulate(prepared[1]), look)


@pytest.mark.parametrize("how", ["backward", "steps", "several"])
def test_the_whole_backward_pass(how):
    def prepare():
        xs = leaves()
        loss = F.mse_loss(sum(np.tanh(x) * x for x in xs), np.ones(3, np.float32))
        return xs, loss

    def act(prepared):
        _, loss = prepared
        if how == "backward":
            loss.backward()
        elif how == "steps":
            list(autograd.steps(loss))
        else:
            autograd.backward([loss, loss])

    def look(prepared):
        xs, loss = prepared
        assert len({tensor.grad is None for tensor in (*xs, loss)}) == 1
        expect_as_it_was()

    at_every_moment(prepare, act, look, stride=41)


def test_loading_a_state():
    new = {f"{i}.{name}": np.full(shape, 5.0) for i in (0, 1) for name, shape in
           (("weight", (2, 2)), ("bias", (2,)))}  # fmt: skip

    def prepare():
        model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
        return model, model.state_dict(), model(np.ones((1, 2), np.float32)).sum()

    def look(prepared):
        model, old, loss = prepared
        state = model.state_dict()
        if all(np.array_equal(state[path], old[path]) for path in old):
            with contextlib.suppress(RuntimeError):  # refused at worst, never wrong
                loss.backward()
            return
        assert all(np.array_equal(state[path], new[path]) for path in new)
        with pytest.raises(RuntimeError, match="changed in place"):
            loss.backward()

    at_every_moment(prepare, lambda prepared: prepared[0].load_state_dict(new), look)


def test_a_read_only_parameter_is_found_before_any_is_loaded():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    before = model.state_dict()
    model[1].bias.data.flags.writeable = False
    with pytest.raises(ValueError, match=r"1\.bias: its array is read-only"):
        model.load_state_dict({path: array + 1 for path, array in before.items()})
    for path, array in model.state_dict().items():
        np.testing.assert_array_equal(array, before[path])


OPTIMISERS = {
    "SGD": lambda params: optim.SGD(params, 0.1),
    "momentum": lambda params: optim.SGD(params, 0.1, momentum=0.9, weight_decay=0.1),
    "nesterov": lambda params: optim.SGD(params, 0.1, momentum=0.9, nesterov=True),
    "Adam": lambda params: optim.Adam(params, 0.1),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("name", OPTIMISERS)
@pytest.mark.parametrize("steps_before", [0, 1])
def test_an_optimisers_step(name, dtype, steps_before):
    """Whatever moment it is: with the steps that are then missing, all ends as without Ctrl-C."""
    gradients = [np.array([1.0, -2.0]), np.array(0.5), np.array([[3.0, 1.0]])]

    def prepare():
        params = [Tensor(g.astype(dtype) + 1, requires_grad=True) for g in gradients]
        for p, g in zip(params, gradients):
            p.grad = g
        optimizer = OPTIMISERS[name](params)
        for _ in range(steps_before):
            optimizer.step()
        return optimizer

    def values(optimizer):
        return [p.data.copy() for p in optimizer.params]

    def equal(a, b):
        return all(map(np.array_equal, a, b))

    whole = prepare()
    expected = [values(whole)]
    for _ in range(3):
        whole.step()
        expected.append(values(whole))

    def look(optimizer):
        done = int(equal(values(optimizer), expected[1]))
        assert equal(values(optimizer), expected[done])
        for after in range(done + 1, 4):
            optimizer.step()
            assert equal(values(optimizer), expected[after])

    at_every_moment(prepare, lambda optimizer: optimizer.step(), look, 1 if name == "SGD" else 7)


def test_a_step_is_noted_with_the_change():
    """A loss computed before is refused if parameters have changed, and only looked at if not."""

    def prepare():
        x = Tensor([2.0], requires_grad=True)
        loss = (x * x).sum()
        loss.backward()
        return x, loss, optim.SGD([x], 0.1)

    def look(prepared):
        x, loss, _ = prepared
        if x.data[0] == 2:
            loss.backward()
        else:
            with pytest.raises(RuntimeError, match="changed in place"):
                loss.backward()

    at_every_moment(prepare, lambda prepared: prepared[2].step(), look)


def test_clipping_gradients():
    def prepare():
        xs = leaves()
        for x in xs:
            x.grad = np.full(3, 3.0)
        return xs

    def look(xs):
        assert len({x.grad[0].item() for x in xs}) == 1
        assert all(len(set(x.grad.tolist())) == 1 for x in xs)

    at_every_moment(prepare, lambda xs: nn.utils.clip_grad_norm_(xs, 1.0), look)


# ---------------------------------------------------------------------------------------------
# Recording, watching and scopes
# ---------------------------------------------------------------------------------------------

X = np.ones((1, 2), np.float32)


def call(model):
    model(X)


def without_recording(model):
    with no_grad():
        model(X)


def twice(model):
    with no_grad(), no_grad():
        pass
    with no_grad():
        call_decorated(model)


@no_grad()
def call_decorated(model):
    model(X)


@no_grad()
def generated(model):
    yield model(X)


def watched(model):
    with autograd.detect_anomaly(), autograd.detect_anomaly():
        model(X).sum().backward()


def second_order(model):
    x = Tensor(X, requires_grad=True)
    (slope,) = autograd.grad(F.cross_entropy(model(x), [0]), x, create_graph=True)
    autograd.grad(slope.sum(), x)


def looked_at(model):
    snapshot(F.cross_entropy(model(X), [0]), expand=True)


ACTS = [call, without_recording, twice, call_decorated, lambda model: list(generated(model)),
        watched, second_order, looked_at]  # fmt: skip


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_recording_watching_and_scopes_are_as_they_were(act):
    model = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
    act(model)
    stride = {"second_order": 97, "looked_at": 1009, "watched": 23, "twice": 3}.get(act.__name__, 2)
    at_every_moment(lambda: model, act, lambda _: expect_as_it_was(), stride)


def test_a_block_that_was_left_late_disturbs_no_other():
    """What the interrupted one would set back, another has set since."""
    inner = held(recording, False)
    with no_grad():
        inner.__enter__()
    del inner
    expect_as_it_was()


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timer that sends signals")
def test_real_signals():
    """The same with signals, a few hundred, at moments by chance."""
    model = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
    optimizer = optim.SGD(model.parameters(), 0.0, momentum=0.9)
    rng = random.Random(0)

    def interrupt(*_):
        raise KeyboardInterrupt

    def work():
        for _ in range(50):  # a signal that comes as Python tidies up is lost
            without_recording(model)
            model.zero_grad()
            watched(model)
            optimizer.step()

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        for _ in range(300):
            try:
                signal.setitimer(signal.ITIMER_REAL, 1e-4 + rng.random() * 2e-3)
                work()
            except KeyboardInterrupt:
                pass
            signal.setitimer(signal.ITIMER_REAL, 0)
            expect_as_it_was()
            assert len({p.grad is None for p in model.parameters()}) == 1
            assert len(optimizer.states) in (0, 2)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
