"""Functions of scipy.special that are no ufuncs."""

from typing import Any

import numpy as np
import scipy.special

from dispatchml import ops
from dispatchml.lift import replaces

from ..arguments import floating, unsupported
from .partials import WORDS


def axes_of(axis: Any) -> Any:
    """Axes as a whole number or a tuple of them."""
    return axis if axis is None else tuple(int(k) for k in axis) if isinstance(axis, (tuple, list)) else int(axis)


@replaces("scipy.special.logsumexp")
def logsumexp(a, axis=None, b=None, keepdims=False, return_sign=False):
    """The logarithm of the sum of exponentials, with factors b."""
    a = floating(a)
    if b is None and not return_sign:
        return ops.logsumexp(a, axis=axes_of(axis), keepdims=bool(keepdims))
    b = np.ones((), ops.dtype(a)) if b is None else floating(b)
    a = np.where(b == 0, -np.inf, a)
    top = np.max(ops.stop_gradient(np.real(a) if ops.dtype(a).kind == "c" else a), axis=axes_of(axis), keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    total = np.sum(b * np.exp(a - top), axis=axes_of(axis), keepdims=bool(keepdims))
    top = top if keepdims else np.reshape(top, ops.shape(total))
    if not return_sign:
        return np.log(total) + top
    if ops.dtype(total).kind == "c":
        raise unsupported("scipy.special.logsumexp(return_sign=True) of complex numbers", "Leave it out.")
    return np.log(np.absolute(total)) + top, np.sign(total)


@replaces("scipy.special.softmax")
def softmax(x, axis=None):
    """Exponentials over their sum."""
    return flat_or_along(ops.softmax, floating(x), axis)


@replaces("scipy.special.log_softmax")
def log_softmax(x, axis=None):
    """The logarithm of softmax."""
    return flat_or_along(ops.log_softmax, floating(x), axis)


def flat_or_along(function: Any, x: Any, axis: Any) -> Any:
    """A function along an axis, or of all numbers."""
    if axis is None:
        return np.reshape(function(np.reshape(x, (-1,)), axis=-1), ops.shape(x))
    if isinstance(axis, (tuple, list)):
        raise unsupported("scipy.special.softmax over several axes", "Reshape first.")
    return function(x, axis=int(axis))


@replaces("scipy.special.multigammaln")
def multigammaln(a, d):
    """The logarithm of the multivariate gamma function."""
    a = floating(a)
    return d * (d - 1) * 0.25 * np.log(np.pi) + sum(ops.gammaln(a - (k - 1) / 2) for k in range(1, int(d) + 1))


def refuse_exact(name: str, exact: Any) -> None:
    """Exact whole numbers have no derivative."""
    if exact:
        raise unsupported(f"scipy.special.{name}(exact=True)", "exact=False is.")


@replaces("scipy.special.factorial")
def factorial(n, exact=False, extend="zero"):
    """gamma(n + 1)."""
    refuse_exact("factorial", exact)
    n = floating(n)
    return ops.factorial(n) if extend == "zero" else ops.gamma(n + 1)


@replaces("scipy.special.comb")
def comb(N, k, *, exact=False, repetition=False):
    """The binomial coefficient."""
    refuse_exact("comb", exact)
    N, k = floating(N), floating(k)
    if repetition:
        return comb(N + k - 1, k)
    return np.where((k <= N) & (N >= 0) & (k >= 0), ops.binom(N, k), 0.0)


@replaces("scipy.special.perm")
def perm(N, k, exact=False):
    """The number of arrangements of k out of N."""
    refuse_exact("perm", exact)
    N, k = floating(N), floating(k)
    return np.where((k <= N) & (N >= 0) & (k >= 0), WORDS["poch"](N - k + 1, k), 0.0)


@replaces("scipy.special.polygamma")
def polygamma(n, x):
    """A derivative of digamma."""
    if np.ndim(n) or not isinstance(n, (int, np.integer)):
        raise unsupported("scipy.special.polygamma of several orders", "Give one whole number.")
    return ops.polygamma(floating(x), n=int(n))


@replaces("scipy.special.zeta")
def zeta(x, q=None, out=None):
    """Hurwitz's zeta function, and without q Riemann's."""
    if out is not None:
        raise unsupported("scipy.special.zeta(out=an array)", "Use the result.")
    x = floating(x)
    return WORDS["_riemann_zeta"](x) if q is None else WORDS["_zeta"](x, floating(q))


@replaces("scipy.special.sinc")
def sinc(x):
    """sin(pi x) / (pi x)."""
    return ops.sinc(floating(x))


@replaces("scipy.special.softplus")
def softplus(x, **keywords):
    """log(1 + exp(x))."""
    return ops.softplus(floating(x))


@replaces("scipy.special.diric")
def diric(x, n):
    """Dirichlet's kernel sin(n x / 2) / (n sin(x / 2))."""
    x = floating(x)
    below = np.sin(x / 2)
    near = np.absolute(below) < 1e-9
    turns = np.rint(ops.stop_gradient(x) / (2 * np.pi))
    safe = np.where(near, 1.0, below)
    return np.where(near, (-1.0) ** (turns * (n - 1)), np.sin(n * np.where(near, 1.0, x) / 2) / (n * safe))


@replaces("scipy.special.lambertw")
def lambertw(z, k=0, tol=1e-8):
    """Lambert's function: w exp(w) = z on branch k."""
    z = floating(z)
    z = z if ops.dtype(z).kind == "c" else ops.astype(z, dtype=np.dtype(np.complex128))
    return WORDS["_lambertw"](z, np.asarray(k), float(tol))


def spherical(letter: str) -> None:
    """A spherical Bessel function and its derivative."""

    @replaces(f"scipy.special.spherical_{letter}n")
    def function(n, z, derivative=False):
        return WORDS[f"_spherical_{letter}n" + "_d" * bool(derivative)](np.asarray(n), floating(z))


for letter in "jyik":
    spherical(letter)


def derivative_of_bessel(name: str, bessel: Any, sign: int) -> None:
    """The n-th derivative of a Bessel function in z, by sums over orders."""

    @replaces(f"scipy.special.{name}")
    def function(v, z, n=1):
        z = floating(z)
        total = (
            sum(sign**k * float(scipy.special.comb(n, k)) * bessel(np.asarray(v) - n + 2 * k, z) for k in range(n + 1))
            / 2.0**n
        )
        return (-1) ** n * total if name == "kvp" else total


for name, bessel, sign in (
    ("jvp", ops.jv, -1), ("yvp", ops.yv, -1), ("ivp", ops.iv, 1), ("kvp", ops.kv, 1),
    ("h1vp", WORDS["hankel1"], -1), ("h2vp", WORDS["hankel2"], -1),
):  # fmt: skip
    derivative_of_bessel(name, bessel, sign)
