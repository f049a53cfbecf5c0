"""Where the user's code meets a transform: what is no function is refused at once, and 0-d arrays stay arrays."""

import traceback

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import FunctionError, RegistrationError

MAKERS = ["grad", "value_and_grad", "vmap", "jacfwd", "jacrev", "jacobian", "hessian", "derivative", "checkpoint"]
CALLS = {
    "jvp": lambda f: dm.jvp(f, (1.0,), (1.0,)),
    "hvp": lambda f: dm.hvp(f, (1.0,), (1.0,)),
    "vjp": lambda f: dm.vjp(f, 1.0),
    "linearize": lambda f: dm.linearize(f, 1.0),
    **{name: (lambda f, name=name: getattr(dm, name)(f)) for name in MAKERS},
}


@pytest.mark.parametrize("thing", [3.0, None, np.ones(2), "f"], ids=lambda x: type(x).__name__)
@pytest.mark.parametrize("name", CALLS)
def test_what_is_no_function_is_refused_at_once(name, thing):
    with pytest.raises(
        FunctionError, match=rf"^{name} takes a function, not .*test_entry\.py:\d+.*dispatchml\.{name}\("
    ):
        CALLS[name](thing)
    with pytest.raises(TypeError):
        CALLS[name](thing)


@pytest.mark.parametrize("name", CALLS)
def test_only_the_users_frames_are_shown(name, monkeypatch):
    monkeypatch.delenv("DISPATCHML_TRACEBACK", raising=False)

    def failing(x):
        raise KeyError("mine")

    def run():
        made = CALLS[name](failing)
        return made(np.array([1.0])) if name == "vmap" else made(1.0)

    with pytest.raises(KeyError, match="mine") as found:
        run()
    assert {frame.filename for frame in traceback.extract_tb(found.tb)} == {__file__}


def test_transformed_functions_are_named_like_the_function():
    def energy(x):
        """Of a spring."""
        return x**2

    for name in MAKERS:
        made = getattr(dm, name)(energy)
        assert (made.__name__, made.__doc__, made.__wrapped__.__name__) == ("energy", "Of a spring.", "energy"), name


@pytest.mark.parametrize("f", [lambda x: x**2, lambda x: np.sum(x) * 3.0, lambda x: 0.0 * x + 1.0, lambda x: 2.0])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.complex128])
def test_a_derivative_by_a_0d_array_is_one(f, dtype):
    x = np.array(3.0, dtype)

    def real(v):
        return np.real(f(v) * 1.0)

    found = [
        dm.grad(real)(x),
        dm.value_and_grad(real)(x)[1],
        dm.grad(lambda tree: real(tree["a"]))({"a": x})["a"],
        dm.grad(lambda v, w: real(v) + w, argnums=(0, 1))(x, 1.0)[0],
        dm.vjp(real, x)[1](real(np.ones((), dtype)) * 0 + 1)[0],
        dm.jacrev(f)(x),
        dm.jacfwd(f)(x),
    ]
    for g in found:
        assert type(g) is np.ndarray
        assert g.shape == ()
    assert all(g.dtype == dtype for g in found[:5])


def test_numbers_have_numbers_as_derivatives():
    assert type(dm.grad(lambda x: x**2)(3.0)) is float
    assert type(dm.grad(lambda x: x**2)(np.float32(3.0))) is np.float32


def test_a_linear_function_gives_what_the_forward_mode_gives():
    for f, x in ((lambda v: v[0] * v[1], np.array([1.0, 2.0])), (lambda v: v**2, 3.0), (np.sum, np.ones(3))):
        y, push = dm.linearize(f, x)
        value, along = dm.jvp(f, (x,), (x,))
        assert (type(y), type(push(x))) == (type(value), type(along))


def test_the_text_of_a_formula_knows_no_settings():
    @dm.primitive
    def scaled(x, *, k=2.0):
        return np.tanh(x) * k

    with pytest.raises(RegistrationError, match=r"settings \(k\).*scaled\.defjvp"):
        scaled.elementwise("1 - y**2")
