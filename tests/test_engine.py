"""What a reader of the engine relies on: recording, the walk back, dtypes, freeing, failing."""

from __future__ import annotations

import asyncio
import copy
import gc
import pickle
import sys
import threading
import weakref

import numpy as np
import pytest

import minigrad as mg
from minigrad import Tensor, no_grad, ops
from minigrad.engine import topological_order


def variable(data, **options):
    return Tensor(data, requires_grad=True, **options)


class TestMakingTensors:
    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "int64", "bool"])
    def test_arrays_keep_their_dtype(self, dtype):
        assert Tensor(np.ones(2, dtype)).dtype == dtype
        assert Tensor(np.ones((), dtype)[()]).dtype == dtype

    @pytest.mark.parametrize(
        ("data", "dtype"),
        [(1.5, "float32"), (2, "float32"), ([1.0, 2.0], "float32"), ([[1.5], [2]], "float32")]
        + [([1, 2], "int64"), (True, "bool"), ([True, False], "bool"), ([], "float32")],
    )
    def test_python_numbers_become_float32(self, data, dtype):
        assert Tensor(data).dtype == dtype

    def test_dtype_converts(self):
        assert Tensor([1, 2], dtype=np.float64).dtype == np.float64
        assert variable([1, 2], dtype="float16").dtype == np.float16

    def test_an_input_shares_its_array_and_a_variable_owns_its(self):
        array = np.ones(3)
        assert Tensor(array).data is array
        weight = variable(array)
        weight.data[0] = 5
        assert array[0] == 1

    @pytest.mark.parametrize("data", [[1, 2], np.arange(3), True, np.array([True])])
    def test_integers_cannot_require_a_gradient(self, data):
        with pytest.raises(TypeError, match="write Tensor"):
            variable(data)
        x = Tensor(data)
        with pytest.raises(TypeError, match="cannot require a gradient"):
            x.requires_grad = True

    def test_integers_may_be_told_not_to_require_one(self):
        x = Tensor([1, 2], requires_grad=False)
        x.requires_grad = False
        assert not x.requires_grad

    @pytest.mark.parametrize(
        "data", ["text", [1j], [None], np.array([1, "a"], object), np.longdouble(1)]
    )
    def test_other_data_is_refused(self, data):
        with pytest.raises(TypeError, match="real numbers"):
            Tensor(data)

    def test_ragged_lists_are_refused(self):
        with pytest.raises(ValueError, match="differ in length"):
            Tensor([[1.0, 2.0], [3.0]])

    def test_a_result_cannot_stop_requiring_a_gradient(self):
        y = variable(2.0) * 3
        with pytest.raises(RuntimeError, match="detach"):
            y.requires_grad = False

    def test_repr(self):
        x = variable([1.0, 2.0], name="x")
        assert repr(x) == "Tensor([1., 2.], name='x', requires_grad=True)"
        assert repr(x * 2) == "Tensor([2., 4.], op=Mul)"
        assert repr(Tensor(np.array(1.0))) == "Tensor(1., dtype=float64)"

    def test_to_plain_values(self):
        x = Tensor([[1.5]])
        assert x.item() == float(x) == 1.5
        assert bool(x)
        assert isinstance(x.item(), float)
        assert x.numpy() is x.data
        assert np.asarray(x) is x.data
        assert np.asarray(x, dtype=np.float64).dtype == np.float64
        assert not np.shares_memory(np.array(x), x.data)
        assert len(Tensor([1.0, 2.0])) == 2
        assert [t.item() for t in Tensor([1.0, 2.0])] == [1.0, 2.0]
        with pytest.raises(ValueError, match=r"shape \(2,\)"):
            Tensor([1.0, 2.0]).item()

    @pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
    def test_one_element_formats_as_its_number(self, shape):
        x = variable(np.full(shape, 1.25))
        assert f"{x:.1f} {x:8.3e} {x:+g}" == "1.2 1.250e+00 +1.25"
        assert f"{x}" == repr(x)
        assert f"{Tensor(np.full(shape, 7)):03d}" == "007"

    @pytest.mark.parametrize("order", ["<", ">"])
    def test_any_byte_order_becomes_the_native_one(self, order):
        array = np.array([1.0, 2.0], f"{order}f4")
        x = variable(array)
        x.grad, x.data = array, array * 2
        for made in (Tensor(array), Tensor([1.0], dtype=f"{order}f8"), x, x.astype(f"{order}f2")):
            assert made.dtype.isnative
        assert x.grad.dtype.isnative
        (x * x).backward(array)
        assert (x.data.tolist(), x.grad.tolist()) == ([2, 4], [5, 18])


class TestDtypesOfResults:
    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
    @pytest.mark.parametrize("number", [2, 0.1, np.float64(0.1), np.float32(2), True, np.int64(3)])
    def test_a_number_takes_the_dtype_of_its_company(self, dtype, number):
        x = Tensor(np.ones(3, dtype))
        for y in (x + number, number * x, x / number, np.maximum(x, number), x**number):
            assert y.dtype == dtype

    def test_arrays_promote_as_in_numpy(self):
        assert (Tensor(np.ones(2, "float32")) * np.ones(2)).dtype == np.float64
        assert (np.ones(2) * Tensor(np.ones(2, "float16"))).dtype == np.float64

    def test_a_fraction_does_not_round_in_company_of_integers(self):
        np.testing.assert_array_equal((Tensor([1, 2]) * 2.5).data, [2.5, 5.0])
        np.testing.assert_array_equal((Tensor([True, False]) * 2.5).data, [2.5, 0.0])

    def test_an_integer_does_not_become_a_truth_value(self):
        np.testing.assert_array_equal((Tensor([True, False]) * 3).data, [3, 0])
        assert (Tensor(np.ones(2, "int8")) * 3).dtype == np.int8

    def test_a_gradient_has_its_tensors_dtype(self):
        x, w = variable(np.ones(2, "float32")), variable(np.ones(2, "float64"))
        (x * w).sum().backward()
        assert (x.grad.dtype, w.grad.dtype) == (np.float32, np.float64)


class TestBackward:
    def test_the_classic_example_by_hand(self):
        a, b = variable(2.0), variable(-3.0)
        c = a * b + a**2
        d = (c * b).tanh()
        d.backward()
        slope = 1 - np.tanh(6.0) ** 2  # c = -2, d = tanh(6)
        assert d.item() == pytest.approx(np.tanh(6.0))
        assert a.grad == pytest.approx(slope * -3 * (-3 + 4), rel=1e-4)
        assert b.grad == pytest.approx(slope * (-3 * 2 + -2), rel=1e-4)

    def test_every_tensor_on_the_path_keeps_its_gradient(self):
        x = variable([1.0, 2.0])
        y = x * 3
        z = y.sum()
        z.backward()
        assert z.grad == 1
        np.testing.assert_array_equal(y.grad, [1, 1])
        np.testing.assert_array_equal(x.grad, [3, 3])
        assert all(isinstance(t.grad, np.ndarray) for t in (x, y, z))

    def test_uses_add_up_before_they_are_passed_on(self):
        # A walk in any other order would pass y's gradient on before both uses are in.
        x = variable(3.0)
        y = x * x
        z = y * x + y
        z.backward()
        assert x.grad == 3 * 9 + 2 * 3

    def test_gradients_accumulate_over_calls_until_zero_grad(self):
        x = variable(3.0)
        for expected in (6.0, 12.0):
            (x * x).backward()
            assert x.grad == expected
        x.zero_grad()
        assert x.grad is None
        (x * x).backward()
        assert x.grad == 6.0

    def test_the_same_graph_twice(self):
        x = variable(3.0)
        y = x * x
        y.backward()
        y.backward()
        assert x.grad == 12.0

    def test_gradient_of_a_given_direction(self):
        x = variable([1.0, 2.0])
        direction = np.array([1.0, 10.0], np.float32)
        (x * x).backward(direction)
        np.testing.assert_array_equal(x.grad, [2, 40])

    def test_of_a_leaf(self):
        x = variable(3.0)
        x.backward()
        assert x.grad == 1

    def test_leaves_own_their_gradients(self):
        w, b = variable([1.0, 2.0]), variable([3.0, 4.0])
        y = w + b
        y.sum().backward()
        w.grad *= 10
        np.testing.assert_array_equal(w.grad, [10, 10])
        np.testing.assert_array_equal(b.grad, [1, 1])
        np.testing.assert_array_equal(y.grad, [1, 1])

    def test_inputs_get_no_gradient(self):
        x, w = Tensor([1.0]), variable([2.0])
        (x * w).sum().backward()
        assert x.grad is None

    def test_detach_stops_it(self):
        x = variable(3.0)
        y = x * x
        (y.detach() * x).backward()
        assert x.grad == 9
        assert y.detach().data is y.data

    @pytest.mark.parametrize("shape", [(2,), (2, 2), (0,)])
    def test_needs_a_scalar(self, shape):
        with pytest.raises(RuntimeError, match=r"reduce it first"):
            (variable(np.ones(shape)) * 2).backward()

    def test_a_direction_of_the_wrong_shape(self):
        x = variable([1.0, 2.0])
        with pytest.raises(ValueError, match=r"\(3,\).*\(2,\)"):
            (x * 2).backward([1.0, 2.0, 3.0])
        assert x.grad is None

    def test_of_something_that_needs_no_gradient(self):
        with pytest.raises(RuntimeError, match="requires_grad=True"):
            (Tensor(2.0) * 3).backward()

    def test_all_or_nothing(self):
        class Broken(ops.Op):
            """y = x"""

            def forward(self, x):
                return x

            def backward(self, g, y, x):
                raise ZeroDivisionError

        x = variable(2.0)
        (x * x).backward()
        before = x.grad
        y = x * 3
        z = Broken.apply(x) * y
        with pytest.raises(ZeroDivisionError):
            z.backward()
        assert x.grad is before
        assert y.grad is None
        assert z.grad is None


class TestOwnOps:
    def test_a_new_op_is_one_small_class(self):
        class Cube(ops.Op):
            """y = x³"""

            def forward(self, x):
                return x**3

            def backward(self, g, y, x):
                return g * 3 * x**2

        x = variable([1.0, 2.0], dtype=np.float64)
        assert mg.autograd.gradcheck(Cube.apply, x)
        assert mg.autograd.gradgradcheck(Cube.apply, x)

    def test_of_one_input_where_two_are_due(self):
        class Half(ops.Mul):
            def backward(self, g, y, a, b):
                return g * b

        with pytest.raises(ValueError, match="1 gradients for 2 inputs"):
            Half.apply(variable(2.0), variable(3.0)).backward()

    def test_of_the_wrong_shape(self):
        class Flat(ops.Reshape):
            def backward(self, g, y, x):
                return g

        with pytest.raises(ValueError, match=r"\(4,\) for an input of shape \(2, 2\)"):
            Flat.apply(variable(np.ones((2, 2))), shape=(4,)).sum().backward()


class TestRecording:
    def test_only_what_needs_a_gradient(self):
        y = Tensor(2.0) * 3
        assert y.is_leaf
        assert y.parents == ()
        z = variable(2.0) * 3
        assert not z.is_leaf
        assert z.op.name == "Mul"
        assert [p.item() for p in z.parents] == [2, 3]

    def test_no_grad(self):
        x = variable(2.0)
        with no_grad():
            y = x * x
            with no_grad():
                pass
            z = x * x
        assert y.is_leaf
        assert z.is_leaf
        assert not (x * x).is_leaf

        @no_grad()
        def f():
            return x * x

        assert f().is_leaf
        assert f().is_leaf

    def test_no_grad_ends_with_an_exception(self):
        with pytest.raises(KeyError), no_grad():
            raise KeyError
        assert not (variable(2.0) * 2).is_leaf

    @pytest.mark.skipif(
        getattr(sys.flags, "thread_inherit_context", False), reason="threads inherit as tasks do"
    )
    def test_no_grad_does_not_leak_into_threads(self):
        seen = []
        with no_grad():
            thread = threading.Thread(target=lambda: seen.append((variable(2.0) * 2).is_leaf))
            thread.start()
            thread.join()
        assert seen == [False]

    def test_no_grad_does_not_leak_into_tasks(self):
        async def pausing():
            with no_grad():
                await asyncio.sleep(0)

        async def recording():
            await asyncio.sleep(0)
            return (variable(2.0) * 2).is_leaf

        async def both():
            return await asyncio.gather(pausing(), recording())

        assert asyncio.run(both())[1] is False

    def test_the_call_site_is_the_users_line(self):
        x = variable([1.0, 2.0])
        y = np.exp(x)  # this line
        assert y.site.source == "y = np.exp(x)  # this line"
        assert y.site.filename == __file__
        assert y.site.function == "test_the_call_site_is_the_users_line"
        z = (
            x.sum(
                axis=0,
                keepdims=True,
            )
            + x.mean()
        )
        assert z.parents[0].site.source == "x.sum("
        assert str(y.site).startswith(f"{__file__}:")
        assert x.site.source == "x = variable([1.0, 2.0])" or x.site.function == "variable"
        assert y.detach().site is None


class TestSteps:
    def test_are_the_backward_pass(self):
        x = variable(3.0, name="x")
        y = x * x
        z = y.exp()
        walk = mg.steps(z)
        first = next(walk)
        assert first.tensor is z
        assert first.upstream == 1
        assert first.contributions == (pytest.approx(np.exp(9.0), rel=1e-6),)
        assert first.gradients[y] == first.contributions[0]
        assert x.grad is None
        second = next(walk)
        assert second.tensor is y
        assert second.upstream is first.gradients[y]
        assert x.grad is None
        assert list(walk) == []
        assert x.grad == pytest.approx(6 * np.exp(9.0), rel=1e-6)

    def test_children_come_before_parents(self):
        rng = np.random.default_rng(0)
        pool = [variable(float(i)) for i in range(3)]
        for _ in range(200):
            a, b = rng.choice(len(pool), 2)
            pool.append(pool[a] + pool[b])
        order = topological_order(pool[-1])
        position = {t: i for i, t in enumerate(order)}
        assert len(position) == len(order)
        for t in order:
            assert all(position[p] < position[t] for p in t.parents)


class TestDeepGraphs:
    def test_a_million_ops_forward_backward_and_free(self):
        x = variable(0.0)
        y = x
        for _ in range(1_000_000):
            y = y + 1.0
        assert y.item() == 1_000_000
        y.backward()
        assert x.grad == 1
        middle = weakref.ref(y.parents[0].parents[0])
        gc.disable()
        try:
            del y
            assert middle() is None
        finally:
            gc.enable()

    def test_no_garbage_is_left_for_the_collector(self):
        x = variable(np.ones((2, 3)))
        gc.collect()
        gc.disable()
        try:
            loss = ops.CrossEntropy.apply(x.tanh() @ np.ones((3, 4)), np.array([0, 1]))
            loss.backward()
            mg.autograd.grad(x.exp().sum(), x, create_graph=True)
            alive = [weakref.ref(loss), weakref.ref(loss.parents[0])]
            del loss
            assert [ref() for ref in alive] == [None, None]
            assert gc.collect() == 0
        finally:
            gc.enable()

    def test_ten_thousand_training_steps_do_not_grow(self):
        mg.manual_seed(0)
        model = mg.nn.Sequential(mg.nn.Linear(4, 3), mg.nn.Tanh(), mg.nn.Linear(3, 2))
        optimizer = mg.optim.Adam(model.parameters())
        x, t = np.ones((5, 4), np.float32), np.array([0, 1, 0, 1, 1])
        blocks = []
        for step in range(10_001):
            optimizer.zero_grad()
            loss = mg.nn.functional.cross_entropy(model(x), t)
            loss.backward()
            optimizer.step()
            if step in (1000, 10_000):
                gc.collect()
                blocks.append(sys.getallocatedblocks())
        assert blocks[1] - blocks[0] < 100

    def test_two_paths_at_every_step(self):
        x = variable(1.0, dtype=np.float64)
        y = x
        for _ in range(100):
            y = y + y
        y.backward()
        assert x.grad == 2.0**100


class TestCopies:
    def test_pickle_and_deepcopy_of_a_leaf(self):
        x = variable([1.0, 2.0], name="x")
        (x * x).sum().backward()
        for y in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
            assert repr(y) == repr(x)
            np.testing.assert_array_equal(y.grad, x.grad)
            assert not np.shares_memory(y.data, x.data)
            y.data[0] = 9
            assert x.data[0] == 1
            (y * y).sum().backward()

    def test_a_recorded_result_refuses(self):
        y = variable([1.0]) * 2
        with pytest.raises(RuntimeError, match="detach"):
            copy.deepcopy(y)


class TestNumpysFunctions:
    def test_ndarray_on_the_left(self):
        x = variable([1.0, 2.0])
        for y in (np.ones(2) + x, np.ones(2) - x, np.ones(2) * x, np.ones(2) / x, np.ones(2) ** x):
            assert isinstance(y, Tensor)
            assert y.requires_grad

    def test_comparisons_are_plain(self):
        x = variable([1.0, 2.0, 3.0])
        for result in (x > 2, x >= x, x == 2, np.array([1, 5, 3]) == x, np.less(x, 2), x != x):
            assert type(result) is np.ndarray
            assert result.dtype == bool
        np.testing.assert_array_equal(x > Tensor([2.0, 0.0, 0.0]), [False, True, True])

    def test_plain_functions_give_plain_values(self):
        x = variable([1.0, 3.0, 2.0])
        assert np.argmax(x) == x.argmax() == 1
        assert np.shape(x) == (3,)
        assert np.allclose(x, [1, 3, 2])
        assert type(np.sign(x)) is np.ndarray
        assert type(np.zeros_like(x)) is np.ndarray
        np.testing.assert_array_equal(np.argsort(x), [0, 2, 1])

    @pytest.mark.parametrize(
        ("call", "name"),
        [
            (lambda x: np.cumsum(x), "cumsum"),
            (lambda x: np.arctan(x), "arctan"),
            (lambda x: np.linalg.inv(x), "inv"),
            (lambda x: np.fft.fft(x), "fft"),
            (lambda x: np.add.reduce(x), r"add\.reduce"),
            (lambda x: np.add(x, x, out=np.ones((2, 2))), "add with out"),
            (lambda x: np.sum(x, dtype=float), "sum"),
            (lambda x: np.linalg.norm(x, ord=1), "norm"),
        ],
    )
    def test_without_a_rule_they_raise_their_name(self, call, name):
        with pytest.raises(TypeError, match=rf"np\.{name}"):
            call(variable(np.eye(2)))

    def test_an_array_cannot_swallow_a_tensor(self):
        array = np.ones(2)
        with pytest.raises(TypeError, match="recorded"):
            array += variable([1.0, 2.0])


def test_import_loads_numpy_and_the_engine_only():
    import subprocess

    code = "import sys, minigrad; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    assert not {"graphviz", "matplotlib", "tqdm", "IPython"} & set(loaded.stdout.split())


def test_a_step_prints_itself():
    x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    loss = (x * x).sum()  # the line
    total, product = map(str, mg.steps(loss))
    assert total.splitlines()[0].startswith("Sum  (")
    assert total.splitlines()[0].endswith(": loss = (x * x).sum()  # the line)")
    assert total.splitlines()[1:] == [
        "  upstream gradient 1.",
        "  to input 0 (from Mul): [1., 1.], so far [1., 1.]",
    ]
    assert product.splitlines()[2] == "  to x: [1., 2.], so far [2., 4.]"
    step = next(mg.steps((Tensor(np.ones(100), requires_grad=True) * 2).sum()))
    assert "(100,) from 1 to 1" in str(step)
    loss._origin = None  # as of an op that no line of the user's is behind
    assert str(next(mg.steps(loss))).splitlines()[0] == "Sum"
    step = next(mg.steps(Tensor(1.0, requires_grad=True) / 3.0))
    assert "to input 0: 0.3333, so far" in str(step)


def test_leaves_never_share_a_gradient():
    a, b = (Tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    ((a + b) * Tensor([3.0, 4.0])).backward([1.0, 1.0])
    a.grad *= 0
    assert b.grad.tolist() == [3, 4]
    c = Tensor([1.0, 2.0], requires_grad=True)
    y = c + 1
    (y * Tensor([3.0, 4.0])).backward([1.0, 1.0])
    c.grad *= 0
    assert y.grad.tolist() == [3, 4]
