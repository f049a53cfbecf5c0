"""Sparse arrays of PyData sparse and SciPy as structures of dispatchml. Nothing is imported by a user: the plugin loads
when the first sparse array arrives.
"""

from typing import Any

from dispatchml import Plugin

__version__ = "0.1.0"
__all__ = ["from_values", "pydata_plugin", "scipy_plugin", "values"]

pydata_plugin = Plugin(name="sparse", triggers=("sparse",), register="dispatchml_sparse.register:register_pydata")
scipy_plugin = Plugin(
    name="scipy-sparse", triggers=("scipy.sparse",), register="dispatchml_sparse.register:register_scipy"
)


def from_values(like: Any, numbers: Any) -> Any:
    """A sparse array with the pattern and class of another one and other stored numbers, which may be traced.

    numbers: a vector in the order of the stored numbers of `like` (`like.data`), or any array that a traced value, a
    quantity or a batch is made of. What is not stored is zero. Raises ShapeError for another length.

    >>> import numpy as np, scipy.sparse, dispatchml as dm
    >>> a = scipy.sparse.csr_array(np.array([[0.0, 2.0], [3.0, 0.0]]))
    >>> dm.grad(lambda numbers: np.sum(from_values(a, numbers) @ np.array([1.0, 10.0])))(np.array([1.0, 1.0]))
    array([10.,  1.])
    """
    from .doors import from_values

    return from_values(like, numbers)


def values(x: Any) -> Any:
    """The stored numbers of a sparse array, traced if it is: what `.data` is in most classes.

    >>> import numpy as np, scipy.sparse, dispatchml as dm
    >>> values(scipy.sparse.csr_array(np.array([[0.0, 2.0], [3.0, 0.0]])))
    array([2., 3.])
    """
    from .doors import stored_values

    return stored_values(x)
