"""Everything that the plugin declares, when the first class of `sparse` or of SciPy meets an operation."""

from __future__ import annotations

import functools
from typing import Any, NoReturn

from dispatchml import ops, order, register_type
from dispatchml.dispatch import layer_of, transparent
from dispatchml.dispatch.errors import at_user_line, class_name

from . import creation, doors, indexing, methods, products, reductions, shaping, solving, views
from . import diagonals as diagonals  # the functions of the modules
from . import replaced as replaced
from .elementwise import elementwise_rule
from .foreign import SparseRefusal, module
from .numbers import Stacked, is_in_units, leave, pattern_of, values, values_of_foreign, values_of_stacked
from .view import densified, todense

#: The classes of both libraries, from the one that is outside where two meet.
PYDATA = ("COO", "GCXS", "DOK")
SCIPY = ("coo_array", "csr_array", "csc_array", "bsr_array", "dia_array", "lil_array", "dok_array")

BINARY = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor", "lshift", "rshift")
COMPARISONS = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__")

SHAPES = (
    "reshape transpose moveaxis swapaxes squeeze expand_dims broadcast_to flip roll rot90 tile repeat tril triu "
    "diagonal diag trace concatenate stack split pad_constant kron"
).split()
#: Operation -> its rule.
PARTICULAR: dict[str, Any] = {
    **{name: getattr(shaping, name) for name in SHAPES},
    **{name: getattr(indexing, name) for name in ("getitem", "setitem", "scatter", "take", "nonzero")},
    **{
        name: getattr(products, name)
        for name in ("matmul", "dot", "inner", "vdot", "vecdot", "outer", "tensordot", "einsum")
    },
    **{
        name: getattr(creation, name)
        for name in ("zeros_like", "ones_like", "one_like", "full_like", "zeros_of", "ones_of", "full_of")
    },
    "empty_like": creation.zeros_like,
    "solve": solving.solve,
    "sum": reductions.total,
    "mean": reductions.mean,
    "var": reductions.var,
    "std": reductions.std,
    "prod": reductions.prod,
    "max": reductions.extremum("max"),
    "min": reductions.extremum("min"),
    "any": reductions.any_of,
    "all": reductions.all_of,
    "count_nonzero": reductions.count_nonzero,
    "vector_norm": reductions.vector_norm,
    "argmax": reductions.argument_of("argmax"),
    "argmin": reductions.argument_of("argmin"),
}


def register_pydata() -> None:
    """The classes of PyData sparse."""
    found = module("sparse")
    for name in PYDATA:
        declare(getattr(found, name), f"sparse:{name}")
    chain()
    for name in ("COO", "GCXS"):
        wrap_constructor(getattr(found, name), doors.pydata_constructor)


def register_scipy() -> None:
    """The array classes of scipy.sparse, and its matrices, which are refused."""
    found = module("scipy.sparse")
    for name in SCIPY:
        declare(getattr(found, name), f"scipy.sparse:{name}")
        wrap_constructor(getattr(found, name), doors.scipy_constructor)
    declare_matrices(found.spmatrix)
    chain()


def chain() -> None:
    """One place for each class where two meet; the batch is outside of what it holds."""
    if layer_of(Stacked) is None:
        declare(Stacked, "")
    names = ["dispatchml_sparse.numbers:Stacked", *(f"sparse:{n}" for n in PYDATA)]
    names += [*(f"scipy.sparse:{n}" for n in SCIPY), "scipy.sparse:spmatrix"]
    for outer, inner in zip(names, names[1:], strict=False):
        order(outer=outer, inner=inner)


def declare(cls: Any, name: str) -> None:
    """One class: a layer, looked at from inside, with a rule for every operation."""
    register_type(
        cls,
        slot="structure",
        payload=creation.payload,
        rebuild=creation.rebuild,
        static=known_to(cls, methods.STATIC),
        methods={n: methods.METHODS[n] for n in known_to(cls, methods.METHODS)},
        setters={n: views.SETTERS[n] for n in known_to(cls, views.SETTERS)},
        materialise=todense,
        project=creation.project,
        defer=deferring(cls) if cls is not Stacked else (),
    )
    values.layer(cls, values_of_stacked if cls is Stacked else values_of_foreign)
    for op in every_operation():
        op.layer(cls, rule_for(op))
    transparent(
        cls, read=creation.read, write=creation.rebuild, project=creation.project, tangent=creation.tangent,
        leave=leave, spread=creation.spread,
    )  # fmt: skip


def known_to(cls: Any, names: Any) -> tuple[str, ...]:
    """The names that an instance of a class answers."""
    if cls is Stacked:
        return ()
    zeros = module("numpy").zeros((1, 1))
    one = cls.from_numpy(zeros) if cls.__name__ in PYDATA else cls(zeros)
    return tuple(name for name in names if hasattr(one, name))


def every_operation() -> list[Any]:
    """The operations of `dispatchml.ops`."""
    found = (getattr(ops, name) for name in dir(ops) if not name.startswith("_"))
    return list({id(f): f for f in found if hasattr(f, "info") and hasattr(f, "layer")}.values())


#: Rules by operation, made once for all classes.
RULES: dict[str, Any] = {}


def rule_for(op: Any) -> Any:
    """The rule of an operation."""
    name = op.__name__
    if name not in RULES:
        if name in PARTICULAR:
            RULES[name] = PARTICULAR[name]
        elif op.info.family == "elementwise" and not op.info.variadic:
            RULES[name] = elementwise_rule(op)
        elif op.decomposition is not None:
            RULES[name] = op.decomposition  # what its parts make of sparse arrays is what it makes of them
        else:
            RULES[name] = dense_rule(op)
        RULES[name] = beside_units(RULES[name], op.info.variadic)
    return RULES[name]


def beside_units(rule: Any, variadic: bool) -> Any:
    """A rule that leaves arrays in units with a fill value to the units' own rule, which converts the fill value."""

    @functools.wraps(rule)
    def checked(*arguments: Any, **keywords: Any) -> Any:
        if any(map(is_filled_quantity, arguments[0] if variadic else arguments)):
            return NotImplemented
        return rule(*arguments, **keywords)

    return checked


def is_filled_quantity(x: Any) -> bool:
    """Whether a value in units is a sparse array with a fill value other than zero."""
    return is_in_units(x) and pattern_of(x).has_fill


def dense_rule(op: Any) -> Any:
    """An operation on dense arrays, with a warning that names it."""
    name = op.__name__
    if op.info.variadic:

        def on_dense_elements(arrays: Any, **keywords: Any) -> Any:
            return op(tuple(densified(name, x) for x in arrays), **keywords)

        return on_dense_elements

    def on_dense(*arguments: Any, **keywords: Any) -> Any:
        return op(*(densified(name, x) for x in arguments), **keywords)

    return on_dense


def deferring(cls: Any) -> tuple[str, ...]:
    """The operators and protocols of a class that leave the call to a value that belongs outside."""
    names = [f"__{way}{name}__" for name in BINARY for way in ("", "r", "i")]
    names += [*COMPARISONS, "__array_ufunc__", "__array_function__"]
    return tuple(n for n in names if getattr(cls, n, None) not in (None, getattr(object, n, None)))


def wrap_constructor(cls: Any, wrapper: Any) -> None:
    """Let traced numbers through a constructor; once."""
    plain = cls.__new__
    if getattr(plain, "__dispatchml__", False):
        return
    made = wrapper(object.__new__ if plain is object.__new__ else plain)
    made.__dispatchml__ = True
    cls.__new__ = staticmethod(made)


# ---- the matrices of SciPy -------------------------------------------------------------------------------------------


def declare_matrices(cls: Any) -> None:
    """csr_matrix and its kin: `*` is the matrix product there, so that code means something else by the same words."""
    register_type(cls, slot="structure", payload=refuse_matrix, rebuild=refuse_matrix, defer=("__mul__", "__rmul__"))
    for op in every_operation():
        op.layer(cls, refuse_elements if op.info.variadic else refuse_arguments)


def refuse_matrix(x: Any, *_: Any, **__: Any) -> NoReturn:
    """The error for one of them."""
    name = type(x).__name__
    raise SparseRefusal(
        f"{class_name(type(x))} met dispatchml{at_user_line()}. Its `*` is the matrix product, while an array's is "
        f"elementwise, so rules for one would be wrong for the other. Write scipy.sparse."
        f"{name.replace('_matrix', '_array')}(x), and @ for products."
    )


def refuse_arguments(*arguments: Any, **keywords: Any) -> NoReturn:
    """The error for a call with one."""
    spmatrix = module("scipy.sparse").spmatrix
    refuse_matrix(next(x for x in arguments if isinstance(x, spmatrix)))


def refuse_elements(arrays: Any, **keywords: Any) -> NoReturn:
    """The error for a tuple with one."""
    refuse_arguments(*arrays)
