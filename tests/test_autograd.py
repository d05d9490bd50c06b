"""Gradients as functions, derivatives of derivatives, and the checker that students rely on."""

from __future__ import annotations

import numpy as np
import pytest

from minigrad import Tensor, no_grad, ops
from minigrad.autograd import (
    GradcheckError,
    backward,
    functional,
    grad,
    gradcheck,
    gradgradcheck,
)


def variable(data, **options):
    return Tensor(data, requires_grad=True, dtype=np.float64, **options)


SMOOTH = {
    "add": (lambda a, b: (a + b) ** 3, [(2, 2), (2,)]),
    "sub": (lambda a, b: (a - b) ** 3, [(2,), (2,)]),
    "mul": (lambda a, b: a * b * a, [(2, 2), (2,)]),
    "div": (lambda a, b: a / b, [(2, 2), (2,)]),
    "pow": (lambda a, b: a**b, [(2,), (2,)]),
    "exp": (np.exp, [(3,)]),
    "expm1": (np.expm1, [(3,)]),
    "log": (np.log, [(3,)]),
    "log1p": (np.log1p, [(3,)]),
    "sqrt": (np.sqrt, [(3,)]),
    "sin": (np.sin, [(3,)]),
    "cos": (np.cos, [(3,)]),
    "tanh": (np.tanh, [(3,)]),
    "sigmoid": (Tensor.sigmoid, [(3,)]),
    "prod": (np.prod, [(4,)]),
    "var": (lambda x: np.var(x) ** 2, [(4,)]),
    "std": (np.std, [(4,)]),
    "norm": (np.linalg.norm, [(4,)]),
    "matmul": (lambda a, b: (a @ b) ** 2, [(2, 2), (2, 2)]),
    "einsum": (lambda a, b: np.einsum("ij,j->i", a, b) ** 2, [(2, 2), (2,)]),
    "linear": (lambda x, w, b: ops.Linear.apply(x, w, b) ** 2, [(2, 2), (2, 2), (2,)]),
    "getitem": (lambda x: x[[0, 0, 1]] ** 3, [(2,)]),
    "mse": (lambda x, t: ops.MSELoss.apply(x, t) ** 2, [(3,), (3,)]),
}


class TestGrad:
    def test_touches_no_grad_attribute(self):
        x = variable(3.0)
        y = x * x
        (g,) = grad(y * x, x)
        assert isinstance(g, Tensor)
        assert g.item() == 27
        assert g.is_leaf
        assert x.grad is None
        assert y.grad is None

    def test_with_respect_to_an_intermediate(self):
        x = variable(3.0)
        y = x * x
        assert [g.item() for g in grad(y * x, [y, x])] == [3, 27]

    def test_several_outputs_add_up(self):
        x = variable([1.0, 2.0])
        (g,) = grad([x * x, x.sum()], x, grad_outputs=[np.array([1.0, 10.0]), None])
        np.testing.assert_array_equal(g.data, [3, 41])

    def test_unused_inputs(self):
        x, y = variable(1.0), variable(2.0)
        with pytest.raises(RuntimeError, match=r"input 1 .*allow_unused"):
            grad(x * x, [x, y])
        assert grad(x * x, [x, y], allow_unused=True)[1] is None

    def test_third_derivative(self):
        x = variable(2.0)
        y = x**4
        for expected in (32.0, 48.0, 48.0, 24.0):
            (y,) = grad(y, x, create_graph=True)
            assert y.item() == pytest.approx(expected)

    def test_through_the_upstream_gradient(self):
        # J v is the derivative of vᵀJ... with respect to the upstream: forward mode by two walks.
        x, u = variable([1.0, 2.0, 3.0]), variable([0.0, 0.0])
        matrix = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
        (pulled,) = grad(matrix @ (x * x), x, grad_outputs=u, create_graph=True)
        (pushed,) = grad(pulled, u, grad_outputs=np.array([1.0, 1.0, 0.0]))
        np.testing.assert_allclose(pushed.data, matrix @ [2.0, 4.0, 0.0])

    def test_backward_of_several(self):
        x = variable(2.0)
        backward([x * x, x * 3])
        assert x.grad == 7

    @pytest.mark.parametrize(
        "gradients",
        [np.array([[1.0, 1.0], [1.0, 10.0]]), [np.ones(2), [1.0, 10.0]], ([1, 1], Tensor([1, 10]))],
    )
    def test_backward_from_given_gradients(self, gradients):
        x = variable([1.0, 2.0])
        backward([x * x, x * 3], gradients)
        np.testing.assert_array_equal(x.grad, [5, 34])

    @pytest.mark.parametrize("many", [lambda x: x, lambda x: [x]])
    def test_backward_of_one_from_one_array(self, many):
        x = variable([1.0, 2.0])
        backward(many(x * x), np.array([1.0, 10.0]))
        np.testing.assert_array_equal(x.grad, [2, 40])

    @pytest.mark.parametrize("gradients", [[1.0], [1.0, 1.0, 1.0], [], 1.0])
    def test_backward_needs_one_gradient_each(self, gradients):
        x = variable(2.0)
        with pytest.raises(ValueError, match=r"2 tensors need 2 grad_tensors, got [013]"):
            backward([x * x, x * 3], gradients)
        assert x.grad is None

    @pytest.mark.parametrize("wrong", [[None, np.ones(3)], [np.ones(2), None]])
    def test_backward_is_all_or_nothing(self, wrong):
        x = variable(2.0)
        with pytest.raises(ValueError, match=r"shape \(3,\)|shape \(2,\)"):
            backward([x * x, x * 3], wrong)
        assert x.grad is None

    def test_backward_through_a_rule_that_raises_is_all_or_nothing(self):
        x = variable(2.0)
        with pytest.raises(ZeroDivisionError):
            backward([x * x, broken(lambda x: x, lambda g, y, x: 1 / 0)(x)])
        assert x.grad is None

    @pytest.mark.parametrize(("function", "shapes"), SMOOTH.values(), ids=SMOOTH)
    def test_smooth_functions_to_third_order(self, function, shapes):
        rng = np.random.default_rng(3)

        def slope(*xs):
            y = function(*xs)
            slopes = grad(y, xs, np.ones(y.shape), create_graph=True)
            return np.concatenate([(g * g).flatten() for g in slopes])

        xs = [variable(rng.uniform(0.5, 1.5, shape)) for shape in shapes]
        assert gradgradcheck(slope, xs, rtol=1e-4)

    @pytest.mark.parametrize("function", [Tensor.tanh, Tensor.sigmoid, Tensor.expm1])
    def test_third_order_at_zero(self, function):
        def slope(x):
            return grad(function(x).sum(), x, create_graph=True)[0]

        assert gradgradcheck(slope, variable([-0.7, 0.0, 1.3]))

    @pytest.mark.parametrize(
        "function",
        [
            lambda z: z.log_softmax(),
            lambda z: z.softmax(),
            lambda z: z.logsumexp(),
            lambda z: ops.CrossEntropy.apply(z, np.array([0, 2])),
            lambda z: ops.SoftCrossEntropy.apply(z, np.array([0, 2]), label_smoothing=0.1),
        ],
    )
    def test_softmax_family_to_third_order(self, function):
        weights = np.array([[0.3, -1.0, 0.5], [1.0, 0.2, -0.4]])

        def slope(z):
            y = function(z)
            (g,) = grad(y, z, np.ones(y.shape), create_graph=True)
            return (g * weights * g).sum()

        assert gradgradcheck(slope, variable([[0.1, -0.4, 1.2], [2.0, 0.3, 0.3]]), rtol=1e-4)


class TestFunctional:
    z = np.array([0.5, -1.0, 2.0])
    p = np.exp(z) / np.exp(z).sum()

    def test_jacobian_of_softmax(self):
        jacobian = functional.jacobian(lambda z: z.softmax(), self.z)
        np.testing.assert_allclose(jacobian.data, np.diag(self.p) - np.outer(self.p, self.p))

    def test_hessian_of_cross_entropy(self):
        hessian = functional.hessian(lambda z: ops.CrossEntropy.apply(z, np.array(1)), self.z)
        np.testing.assert_allclose(hessian.data, np.diag(self.p) - np.outer(self.p, self.p))

    def test_shapes(self):
        x = np.ones((2, 3))
        assert functional.jacobian(lambda x: x.T, x).shape == (3, 2, 2, 3)
        assert functional.hessian(lambda x: (x * x).sum(), x).shape == (2, 3, 2, 3)
        assert functional.jacobian(lambda x: x * x, np.array(3.0)).data == 6

    def test_products_are_those_of_the_matrices(self):
        def f(x):
            return np.sin(x).sum() * x[0] * x[2]

        v = np.array([1.0, 2.0, -1.0])
        y, product = functional.hvp(f, self.z, v)
        np.testing.assert_allclose(product.data, functional.hessian(f, self.z).data @ v)
        assert y.item() == pytest.approx(f(self.z))
        _, product = functional.vjp(np.sin, self.z, v)
        np.testing.assert_allclose(product.data, v * np.cos(self.z))

    @pytest.mark.parametrize(
        "constant",
        [
            lambda x: Tensor(3.0),
            lambda x: Tensor(np.array(3)),
            lambda x: variable(3.0) * 2,
            lambda x: Tensor(np.ones((2, 1), np.float32)),
        ],
        ids=["float", "integer", "of another variable", "matrix"],
    )
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_what_does_not_depend_on_x_is_zero(self, constant, dtype):
        x = self.z.astype(dtype)
        y = constant(Tensor(x))
        v = np.ones(y.shape)
        zeros = [functional.jacobian(constant, x), functional.vjp(constant, x, v)[1]]
        shapes = [y.shape + x.shape, x.shape]
        if y.size == 1:
            zeros += [functional.hessian(constant, x), functional.hvp(constant, x, x)[1]]
            shapes += [x.shape + x.shape, x.shape]
        assert [found.shape for found in zeros] == shapes
        assert all(found.dtype == dtype and not found.data.any() for found in zeros)
        assert functional.vjp(constant, x, v)[0].dtype == y.dtype

    def test_second_derivatives_of_a_linear_function_are_zero(self):
        hessian = functional.hessian(lambda x: x.sum(), self.z)
        np.testing.assert_array_equal(hessian.data, np.zeros((3, 3)))
        y, product = functional.hvp(lambda x: x.sum(), self.z, self.z)
        np.testing.assert_array_equal(product.data, np.zeros(3))
        assert y.item() == self.z.sum()

    def test_a_constant_is_held_to_the_same_shapes(self):
        with pytest.raises(ValueError, match=r"shape \(2,\)"):
            functional.vjp(lambda x: Tensor([1.0, 2.0, 3.0]), self.z, np.ones(2))
        with pytest.raises(RuntimeError, match="which scalar"):
            functional.vjp(lambda x: Tensor([1.0, 2.0, 3.0]), self.z)

    @pytest.mark.parametrize("name", ["jacobian", "hessian", "vjp"])
    def test_what_is_no_tensor_is_refused(self, name):
        with pytest.raises(TypeError, match="expected a Tensor, got float"):
            getattr(functional, name)(lambda x: 3.0, self.z)

    def test_without_recording_nothing_would_be_found(self):
        with no_grad(), pytest.raises(RuntimeError, match="outside of no_grad"):
            functional.jacobian(np.sin, self.z)

    def test_a_hessian_needs_a_scalar(self):
        with pytest.raises(ValueError, match=r"shape \(3,\)"):
            functional.hessian(lambda x: x * x, self.z)

    def test_x_is_left_alone(self):
        x = variable(self.z)
        functional.hessian(lambda x: (x**3).sum(), x)
        assert x.grad is None


def broken(forward, backward, base=ops.Op):
    """An op with a mistake in its backward rule."""
    members = {"forward": lambda self, *xs: forward(*xs)}
    members["backward"] = lambda self, *args: backward(*args)
    return type("Broken", (base,), members).apply


class TestGradcheckNamesTheMistake:
    square = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 10.0]])

    @pytest.mark.parametrize(
        ("function", "cause"),
        [
            (broken(lambda x: x * x, lambda g, y, x: -2 * g * x), "the sign"),
            (broken(lambda x: x * x, lambda g, y, x: 2 * x), "does not use the upstream gradient"),
            (broken(lambda x: x * x, lambda g, y, x: 3 * 2 * g * x), r"3 times .* mean's 1/N"),
            (broken(lambda x: x * x, lambda g, y, x: g * x), r"0\.5 times"),
            (broken(lambda x: x * x, lambda g, y, x: (2 * g * x).T), "transposed"),
            (broken(lambda x: x * x, lambda g, y, x: 0 * g), "passes no gradient"),
            (broken(lambda x: x * x, lambda g, y, x: None), "passes no gradient"),
            (broken(lambda x: x * x, lambda g, y, x: g * np.nan), "divides by zero"),
            (broken(lambda x: x**2 + x, lambda g, y, x: 2 * g * x), None),
        ],
    )
    def test_of_one_input(self, function, cause):
        with pytest.raises(GradcheckError) as failure:
            gradcheck(function, variable(self.square))
        message = str(failure.value)
        assert "input 0, of shape (3, 3)" in message
        if cause is None:
            assert "likely cause" not in message
        else:
            assert failure.match(f"likely cause: .*{cause}")

    def test_the_wrong_axis(self):
        add = broken(lambda x, b: x + b, lambda g, y, x, b: (g, g.sum(axis=1)))
        with pytest.raises(GradcheckError, match=r"input 1, of shape \(3,\)(.|\n)*wrong axis"):
            gradcheck(add, [variable(self.square), variable([1.0, 2.0, 3.0])])

    def test_the_table_shows_both_numbers(self):
        wrong = broken(lambda x: x * x, lambda g, y, x: np.where(x == 5, 7, 2) * g * x)
        with pytest.raises(GradcheckError) as failure:
            gradcheck(wrong, variable(self.square))
        rows = [line.split() for line in str(failure.value).splitlines()[2:]]
        assert rows == [["[1,", "1]", "[1,", "1]", "35", "10"]]

    def test_second_derivatives_are_checked_too(self):
        class Forgetful(ops.Op):
            """y = x³, with a rule whose own derivative forgets x"""

            def forward(self, x):
                return x**3

            def backward(self, g, y, x):
                return g * 3 * (x.data if isinstance(x, Tensor) else x) ** 2

        assert gradcheck(Forgetful.apply, variable([1.0, 2.0]))
        with pytest.raises(GradcheckError):
            gradgradcheck(Forgetful.apply, variable([1.0, 2.0]))

    def test_inputs_are_left_alone(self):
        x = variable(self.square)
        before = x.data.copy()
        gradcheck(np.sin, x)
        np.testing.assert_array_equal(x.data, before)
        assert x.grad is None

    def test_float32_is_refused(self):
        with pytest.raises(TypeError, match="float64"):
            gradcheck(np.sin, Tensor([1.0], requires_grad=True))
        with pytest.raises(ValueError, match="requires_grad=True"):
            gradcheck(np.sin, Tensor([1.0]))


class TestGradcheckComparesNumbers:
    @pytest.mark.parametrize(
        ("function", "x", "entries"),
        [
            (np.sqrt, [1.0, -1.0, 4.0], r"entry \[1\] of input 0;"),
            (np.sqrt, [[1.0, 0.0], [2.0, 3.0]], r"entry \[0, 1\] of input 0"),
            (lambda x: x * np.nan, [1.0, 2.0], r"entry \[0\], \[1\] of input 0"),
            (lambda x: x * np.inf, [1.0], r"entry \[0\]"),
            (lambda x: x * np.inf, np.arange(1.0, 8.0), r"\[4\] and 2 more of input 0"),
            (np.exp, [1.0, 800.0], r"entry \[1\]"),
        ],
    )
    @pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
    def test_nan_and_inf_are_none(self, check, function, x, entries):
        with np.errstate(all="ignore"), pytest.raises(GradcheckError, match=entries) as failure:
            check(function, variable(x))
        assert failure.match("choose a point where it is defined")

    def test_of_several_inputs(self):
        both = r"entry \[1\] of input 0 and entry \[1\] of input 1"
        with np.errstate(all="ignore"), pytest.raises(GradcheckError, match=both):
            gradcheck(lambda a, b: a * np.log(b), [variable([1.0, 2.0]), variable([1.0, -1.0])])

    @pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
    def test_there_may_be_nothing_to_compare(self, check):
        assert check(np.sin, variable([]))
        assert check(lambda x: x[:0], variable([1.0]))

    @pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
    def test_a_constant_passes(self, check):
        assert check(lambda x: Tensor(2.0), variable([1.0]))

    @pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
    def test_what_is_no_tensor_is_refused(self, check):
        with pytest.raises(TypeError, match="expected a Tensor, got float"):
            check(lambda x: 3.0, variable([1.0]))
