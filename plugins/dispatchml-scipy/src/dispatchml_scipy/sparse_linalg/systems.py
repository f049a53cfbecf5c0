"""Linear systems and least squares with sparse matrices and operators: dx = a^-1 (db - da x)."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse.linalg
from scipy.sparse.linalg import LinearOperator

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import LiftError, at_user_line
from dispatchml.lift import replaces
from dispatchml.lift.doors import behind

from ..calls import Call, is_recorded, replacing
from ..errors import ConvergenceError
from ..implicit import as_array, not_converged, order_of, plain_result, quiet, run_plain, traced_in
from ..user_functions import lifted
from .matrices import (
    Inverse,
    Map,
    apply,
    is_operator,
    is_sparse,
    own_product,
    plain_matrix,
    product,
    transposed_product,
)

#: The relative accuracy of systems that are solved for derivatives by iterations.
ACCURACY = 1e-12


def refined(solution: Any, residual: Any, inverse: Any) -> Any:
    """A solution of residual(x) = 0, linear in x, as a differentiable function. inverse: of the plain matrix."""
    order = order_of(residual(solution))
    if not order:
        return solution
    place = dm.stop_gradient(solution)
    place = place - apply(dm.stop_gradient(residual(place)), matrix=inverse)
    x = place
    for _ in range(order):
        r = residual(x)
        x = x - apply(r - dm.stop_gradient(r), matrix=inverse)
    return as_array(solution) + (x - place)


# ---- direct solvers --------------------------------------------------------------------------------------------------


@replacing(scipy.sparse.linalg, "spsolve")
def spsolve(call: Call) -> Any:
    """b: a vector or a dense matrix of columns."""
    if not traced_in(call.values):
        return call.as_given()
    a, b = call["A"], call["b"]
    if is_sparse(dm.primal(b)):
        raise LiftError(
            f"spsolve{at_user_line()}: there is no derivative for a sparse right-hand side; use b.toarray()."
        )
    b = as_array(b)
    plain = plain_matrix(a, "spsolve")
    flat = ops.ndim(b) == 2 and ops.shape(b)[1] == 1
    b = b[:, 0] if flat else b
    (found,) = run_plain(lambda v: (np.asarray(scipy.sparse.linalg.spsolve(plain, v, call["permc_spec"])),), b)
    return refined(found, lambda x: product(a, x) - b, Inverse(plain, "spsolve"))


@replaces("scipy.sparse.linalg.spsolve_triangular")
def spsolve_triangular(
    A: Any, b: Any, lower: bool = True, overwrite_A: bool = False, overwrite_b: bool = False,
    unit_diagonal: bool = False,
) -> Any:  # fmt: skip
    """As spsolve: the matrix is triangular already."""
    if unit_diagonal:
        raise LiftError(f"spsolve_triangular{at_user_line()}: unit_diagonal= has no derivative rule; store the ones.")
    return spsolve(A, b)


class Factors:
    """What stands for the LU factors of a traced matrix: `solve` is differentiable by the matrix, too."""

    def __init__(self, a: Any, **settings: Any) -> None:
        self.a, self.plain = a, plain_matrix(a, "splu")
        self.factors = scipy.sparse.linalg.splu(self.plain, **settings)
        self.shape, self.nnz = self.factors.shape, self.factors.nnz
        self.perm_r, self.perm_c = self.factors.perm_r, self.factors.perm_c

    def solve(self, rhs: Any, trans: str = "N") -> Any:
        """Solve with the matrix, its transpose (T) or its adjoint (H)."""
        b = as_array(rhs)
        (found,) = run_plain(lambda v: (self.factors.solve(v, trans),), b)
        inverse = Inverse(self.plain, "splu")
        if trans == "N":
            return refined(found, lambda x: product(self.a, x) - b, inverse)
        if ops.dtype(self.plain).kind == "c":
            raise LiftError(
                f"splu().solve{at_user_line()}: trans={trans!r} of a complex matrix has no derivative rule."
            )
        turned = Map(inverse.backward, inverse.forward)
        return refined(found, lambda x: transposed_product(self.a, x) - b, turned)

    def __getattr__(self, name: str) -> Any:
        if name in ("L", "U"):
            raise LiftError(f"splu().{name}{at_user_line()} has no derivative rule; .solve has.")
        raise AttributeError(name)


@replaces("scipy.sparse.linalg.splu")
def splu(
    A: Any, permc_spec: Any = None, diag_pivot_thresh: Any = None, relax: Any = None, panel_size: Any = None,
    options: Any = None,
) -> Any:  # fmt: skip
    """Of a traced matrix."""
    settings = {"diag_pivot_thresh": diag_pivot_thresh, "relax": relax, "panel_size": panel_size, "options": options}
    return Factors(A, permc_spec=permc_spec, **settings)


@replaces("scipy.sparse.linalg.factorized")
def factorized(A: Any) -> Any:
    """Of a traced matrix."""
    return Factors(A).solve


# ---- iterations ------------------------------------------------------------------------------------------------------


def iterative(name: str) -> None:
    """One of the iterative solvers."""

    def solve(call: Call) -> Any:
        a, b = call["A"], as_array(call["b"])
        own = own_product(a) if is_operator(a) else None
        held = traced_in((call["b"], a, own))
        if not held:
            return call.as_given()
        shape = ops.shape(b)
        b = ops.reshape(b, shape=(-1,))
        system = Operator(call, a, own) if is_operator(a) else None
        plain = system.plain() if system is not None else plain_matrix(a, name)

        def run(given: Any) -> Any:
            v, matrix = given
            return call.run({**call.values, "A": matrix, "b": v})

        x, info = run_plain(run, (b, plain))
        times = system.product if system is not None else lambda z: product(a, z) - shift_of(call) * z
        rest = times(x) - b
        if not order_of(rest):
            return ops.reshape(x, shape=shape), info
        if np.any(dm.primal(info)):
            raise not_converged(name, f"info={dm.primal(info)!r}: not converged after its iterations.")
        check_residual(call, rest, b)
        if system is None and shift_of(call):
            identity = scipy.sparse.eye_array(plain.shape[0]) if is_sparse(plain) else np.eye(len(plain))
            plain = plain - shift_of(call) * identity
        inverse = system.inverse() if system is not None else Inverse(plain, name)
        return ops.reshape(refined(x, lambda z: times(z) - b, inverse), shape=shape), info

    replacing(scipy.sparse.linalg, name)(solve)


def check_residual(call: Call, rest: Any, b: Any) -> None:
    """Refuse what a solver calls a solution, and is none by far: SciPy's are wrong with some preconditioners."""
    if is_recorded(rest):
        return
    far, size = (np.linalg.norm(dm.primal(v), axis=-1) for v in (rest, b))
    if np.any(far > max(1e-2, 100 * float(call["rtol"])) * size + 100 * float(call.values.get("atol", 0.0))):
        said = f"info=0, but it leaves a residual of {np.max(far):.2g} for a right side of size {np.max(size):.2g}."
        raise not_converged(call.name, said)


def shift_of(call: Call) -> float:
    """The shift of minres, which solves (a - shift) x = b."""
    return float(dm.primal(call.values.get("shift", 0.0)))


@replaces("scipy.sparse.linalg.LinearOperator")
def linear_operator(
    shape: Any, matvec: Any, rmatvec: Any = None, matmat: Any = None, dtype: Any = None, rmatmat: Any = None
) -> Any:
    """Functions that hold traced values; without dtype= they are taken to be real, as they cannot be tried."""
    kind = np.dtype(float) if dtype is None else dtype
    return behind(LinearOperator)(shape, matvec, rmatvec, matmat, kind, rmatmat)


class Operator:
    """A LinearOperator in a system, with products of traced vectors."""

    def __init__(self, call: Call, operator: Any, own: Any) -> None:
        self.call, self.operator, self.own = call, operator, own
        self.symmetric = call.name in ("cg", "minres")
        #: The function with constants in the place of traced values, which is called in backward passes, too.
        self.still = None if own is None else quiet(own)

    def product(self, x: Any, still: bool = False) -> Any:
        """The operator times a traced vector."""
        if self.own is not None:
            y = ops.reshape(as_array(lifted(self.still if still else self.own)(x)), shape=(-1,))
            return y - shift_of(self.call) * x
        return apply(x, matrix=Map(self.operator.matvec, self.operator.rmatvec)) - shift_of(self.call) * x

    def plain(self) -> Any:
        """The same for the solver."""
        if self.own is None:
            return self.operator
        own = self.still
        back = self.transposed if not self.symmetric else self.plain_product
        kind = self.operator.dtype
        return behind(LinearOperator)(
            self.operator.shape, matvec=lambda x: plain_result(lifted(own)(x)), rmatvec=back, dtype=kind
        )

    def plain_product(self, x: Any) -> Any:
        """The operator times a plain vector, as the system has it."""
        return plain_result(self.product(np.ravel(x), True))

    def transposed(self, x: Any) -> Any:
        """The transpose times a plain vector, by the pullback of the product."""
        x = np.ravel(x)
        return plain_result(dm.vjp(lambda v: self.product(v, True), np.zeros_like(x))[1](x)[0])

    def inverse(self) -> Map:
        """The inverse by the same iterations, to a high accuracy."""
        shape, kind = self.operator.shape, self.operator.dtype
        back = self.plain_product if self.symmetric else self.transposed
        forward = behind(LinearOperator)(shape, matvec=self.plain_product, dtype=kind)
        backward = behind(LinearOperator)(shape, matvec=back, dtype=kind)
        return Map(lambda r: self.iterate(forward, r), lambda r: self.iterate(backward, r))

    def iterate(self, operator: Any, r: Any) -> Any:
        """A plain system."""
        if not np.any(r):
            return np.zeros_like(r)
        solver = scipy.sparse.linalg.minres if self.symmetric else scipy.sparse.linalg.gmres
        settings: dict[str, Any] = {"rtol": ACCURACY} if self.symmetric else {"rtol": ACCURACY, "restart": len(r)}
        x, info = solver(operator, r, maxiter=50 * len(r), **settings)
        if info or np.linalg.norm(operator.matvec(x) - r) > 1e-8 * np.linalg.norm(r):
            raise ConvergenceError(
                f"{self.call.name}{at_user_line()}: the system of the derivatives could not be solved by iterations "
                f"(info={info}). Give the matrix itself instead of a LinearOperator."
            )
        return x


for solver_name in ("cg", "cgs", "bicg", "bicgstab", "gmres", "lgmres", "minres", "qmr", "gcrotmk", "tfqmr"):
    iterative(solver_name)


# ---- least squares ---------------------------------------------------------------------------------------------------

#: What `istop` says of a solution that is one.
FOUND = (0, 1, 2, 4, 5)


def least_squares(name: str) -> None:
    """lsqr or lsmr."""

    def solve(call: Call) -> Any:
        a, b, damp = call["A"], as_array(call["b"]), call["damp"]
        if not traced_in((a, call["b"], damp)):
            return call.as_given()
        if is_operator(a):
            raise LiftError(f"{name}{at_user_line()}: a LinearOperator has no derivative rule here. Use a matrix.")
        plain = plain_matrix(a, name)
        if plain.dtype.kind == "c":
            raise LiftError(f"{name}{at_user_line()}: complex matrices have no derivative rule here.")
        said: list[Any] = []

        def run(given: Any) -> Any:
            said[:] = call.run({**call.values, "A": plain, "b": given[0], "damp": given[1]})
            return (said[0], said[1])

        x, stop = run_plain(run, (b, damp))
        if not np.all(np.isin(dm.primal(stop), FOUND)):
            raise not_converged(name, f"istop={dm.primal(stop)!r}")
        rows, columns = plain.shape
        amount = float(dm.primal(damp))
        small = scipy.sparse.csc_array(plain) if is_sparse(plain) else np.asarray(plain)
        unit = scipy.sparse.eye_array if is_sparse(plain) else np.eye
        if rows >= columns or amount:
            inverse = Inverse(small.T @ small + amount**2 * unit(columns), name)
            made = refined(x, lambda z: transposed_product(a, product(a, z) - b) + damp**2 * z, inverse)
        else:
            y = Inverse(small @ small.T, name)
            start = run_plain(lambda v: (y.forward(v),), b)[0]
            made = transposed_product(a, refined(start, lambda z: product(a, transposed_product(a, z)) - b, y))
            made = as_array(x) + (made - dm.stop_gradient(made))
        return (made, *said[1:])

    replacing(scipy.sparse.linalg, name)(solve)


for solver_name in ("lsqr", "lsmr"):
    least_squares(solver_name)
