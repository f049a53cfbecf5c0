"""What SciPy's sparse arrays and PyData's hand out as a view is one of a traced array, too."""

import numpy as np
import pytest
import scipy.sparse as sp
import sparse

import dispatchml as dm
from dispatchml.dispatch.errors import AttributeSetError, ReadOnlyError
from dispatchml.testing import check_writing

AT = np.array([1.0, 2.0, -3.0, 0.5])
COORDS = np.array([[0, 0, 1, 2], [0, 2, 1, 2]])
ROWS = {"csr_array": sp.csr_array, "csc_array": sp.csc_array, "coo_array": sp.coo_array}
WEIGHTS = np.arange(1.0, 10.0).reshape(3, 3)


def maker(kind):
    def make(x):
        x = np.array(x)
        if kind == "COO":
            return sparse.COO(COORDS, x, shape=(3, 3))
        if kind == "GCXS":
            return sparse.GCXS.from_coo(sparse.COO(COORDS, x, shape=(3, 3)))
        whole = sp.coo_array((x, tuple(COORDS)), shape=(3, 3))
        return whole if kind == "coo_array" else getattr(whole, f"to{kind[:3]}")()

    return make


def numbers_of(kind):
    def numbers(g):
        return (g.todense() if hasattr(g, "todense") else g)[tuple(COORDS)]

    return numbers


def objective(x):
    """A polynomial of the matrix that sees each place by itself."""
    return np.sum((x * x * x).todense() * WEIGHTS) if hasattr(x, "nnz") else np.sum(x**3 * WEIGHTS)


PROGRAMS = {
    "data": lambda x: x.data.__setitem__(0, 5.0),
    "data of itself": lambda x: x.data.__setitem__(slice(1, None), x.data[:-1] * 2.0),
    "data[1:]": lambda x: x.data[1:].__setitem__(0, x.data[0] ** 2),
    "data reversed": lambda x: x.data[::-1].reshape(2, 2)[1].__setitem__(slice(None), 3.0),
    "copyto": lambda x: np.copyto(x.data, 3.0),
    "add in place": lambda x: x.data.__iadd__(x.data**2),
    "data =": lambda x: setattr(x, "data", x.data * 3.0),
    "data = plain": lambda x: setattr(x, "data", np.array([1.0, 2.0, 3.0, 4.0])),
    "T.data": lambda x: x.T.data.__setitem__(1, 5.0),
    "T.T.data": lambda x: x.T.T.data.__setitem__(1, 5.0),
    "transpose().data": lambda x: x.transpose().data.__setitem__(1, 5.0),
    "reshape": lambda x: x.reshape((1, 9)).data.__setitem__(1, 5.0),
    "copy": lambda x: x.copy().data.__setitem__(0, 5.0),
    "a product": lambda x: (x * 1.0).data.__setitem__(0, 5.0),
    "astype": lambda x: x.astype(float).data.__setitem__(0, 5.0),
    "conj": lambda x: x.conj().data.__setitem__(0, 5.0),
}
SCIPY = {
    "reshape by columns": lambda x: x.reshape((1, 9), order="F").data.__setitem__(1, 5.0),
    "reshape of a copy": lambda x: x.reshape(1, 9, copy=True).data.__setitem__(1, 5.0),
    "T of a copy": lambda x: x.transpose(copy=True).data.__setitem__(1, 5.0),
    "tocsr": lambda x: x.tocsr().data.__setitem__(0, 5.0),
    "tocsc": lambda x: x.tocsc().data.__setitem__(0, 5.0),
    "tocoo without a copy": lambda x: x.tocoo(copy=False).data.__setitem__(1, 5.0),
    "tocoo with a copy": lambda x: x.tocoo(copy=True).data.__setitem__(1, 5.0),
    "asformat": lambda x: x.asformat(x.format).data.__setitem__(0, 5.0),
    "asformat(None)": lambda x: x.asformat(None).data.__setitem__(0, 5.0),
    "conj without a copy": lambda x: x.conj(copy=False).data.__setitem__(0, 5.0),
}
PYDATA = {
    "fill_value": lambda x: setattr(x, "fill_value", 0.5),
    "asformat": lambda x: x.asformat("coo" if type(dm.primal(x)).__name__ == "COO" else "gcxs").data.__setitem__(
        0, 5.0
    ),
}
CASES = [(kind, name) for kind in (*ROWS, "COO", "GCXS") for name in PROGRAMS]
CASES += [(kind, name) for kind in ROWS for name in SCIPY] + [(k, n) for k in ("COO", "GCXS") for n in PYDATA]


@pytest.mark.parametrize(("kind", "name"), CASES, ids=[f"{k}-{n}" for k, n in CASES])
def test_as_with_plain_arrays(kind, name):
    function = {**PROGRAMS, **(SCIPY if kind in ROWS else PYDATA)}[name]

    def program(x):
        function(x)
        return objective(x)

    check_writing(program, maker(kind), AT, numbers=numbers_of(kind))


@pytest.mark.parametrize("kind", [*ROWS, "COO", "GCXS"])
def test_batches(kind):
    def program(x):
        data = x.data
        data[0] = data[1] * 2.0
        x.data *= 2.0
        return np.sum(x.data**3 * np.arange(4.0)) + np.sum(data)

    def plain(numbers):
        return program(maker(kind)(numbers))

    rows = np.stack([AT, AT + 0.25])
    found = dm.vmap(lambda numbers: program(dm_from(kind, numbers)))(rows)
    np.testing.assert_allclose(found, [plain(row) for row in rows])
    grads = dm.vmap(dm.grad(lambda numbers: program(dm_from(kind, numbers))))(rows)
    for row, g in zip(rows, grads, strict=True):
        wanted = [(plain(row + 1e-6 * e) - plain(row - 1e-6 * e)) / 2e-6 for e in np.eye(4)]
        np.testing.assert_allclose(g, wanted, rtol=1e-6, atol=1e-6)


def dm_from(kind, numbers):
    import dispatchml_sparse

    order = [0, 2, 1, 3] if kind == "csc_array" else [0, 1, 2, 3]
    return dispatchml_sparse.from_values(maker(kind)(AT), numbers[order] * 1.0)


def test_views_show_what_is_written_to_their_owner():
    def program(x):
        data, turned = x.data, x.T
        x.data[1] = x.data[0] * 2.0
        x[2, 2] = 7.0
        return np.sum(data**3 * np.arange(4.0)) + objective(turned)

    check_writing(program, maker("csr_array"), AT, numbers=numbers_of("csr_array"))


@pytest.mark.filterwarnings("ignore:Changing the sparsity")
def test_where_a_library_takes_new_memory_a_view_goes_its_own_way():
    def program(x):
        data, turned = x.data, x.T
        turned[1, 0] = 3.0  # is not stored: x does not see it
        x[0, 1] = 7.0
        data[0] = 5.0
        return np.sum(data**2) + objective(x) + 2.0 * objective(turned)

    check_writing(program, maker("csr_array"), AT, numbers=numbers_of("csr_array"))


def test_an_array_round_numbers_is_a_view_of_them():
    indptr, indices = np.array([0, 2, 3, 4]), np.array([0, 2, 1, 2])

    def program(x):
        a = sp.csr_array((x, indices, indptr), shape=(3, 3))
        a.data[0] = 3.0 * x[1]
        x[2] = 2.0
        a[2, 2] = 7.0
        return objective(a) + np.sum(x**2)

    check_writing(program, np.array, AT, batch=None)

    def other(x):
        a = sparse.COO(COORDS, x, shape=(3, 3), sorted=True, has_duplicates=False)
        a.data[0] = 3.0 * x[1]
        x[2] = 2.0
        return objective(a) + np.sum(x**2)

    check_writing(other, np.array, AT, batch=np.array)


@pytest.mark.filterwarnings("ignore:Changing the sparsity")
def test_a_new_place_in_an_array_round_numbers():
    indptr, indices = np.array([0, 2, 3, 4]), np.array([0, 2, 1, 2])

    def program(x):
        a = sp.csr_array((x, indices, indptr), shape=(3, 3))
        a[0, 1] = 3.0 * x[1]
        a.data[0] = 5.0
        return objective(a) + np.sum(x**2)

    check_writing(program, np.array, AT)


@pytest.mark.parametrize(
    "write",
    [
        lambda x: x.indices.__setitem__(0, 1),
        lambda x: x.indptr.__iadd__(1),
        lambda x: np.copyto(x.indices, 0),
        lambda x: x.tocoo().coords[0].__setitem__(0, 1),
        lambda x: x.tocoo().row.__setitem__(0, 1),
        lambda x: x.indices[1:].sort(),
    ],
)
def test_places_are_not_written_to(write):
    with pytest.raises((ReadOnlyError, ValueError), match=r"test_views.py.*from_values|read-only"):
        dm.grad(lambda x: (write(x), np.sum(x.data))[1])(maker("csr_array")(AT))


def test_places_are_plain_for_everybody():
    def program(x):
        rows = np.repeat(np.arange(3), np.diff(x.indptr))
        dense = np.zeros((3, 3))
        dense[rows, x.indices] = 1.0
        assert type(np.diff(x.indptr)) is np.ndarray
        return np.sum(x.data * WEIGHTS[rows, x.indices]) + np.sum(x.data[x.indices > 0] ** 2) + 0.0 * dense.sum()

    check_writing(program, maker("csr_array"), AT, numbers=numbers_of("csr_array"))


def test_what_cannot_be_set():
    for name in ("indices", "indptr"):
        with pytest.raises(AttributeSetError, match=rf"x.{name} = v of a traced .*csr_array.*test_views.py"):
            dm.grad(lambda x: (setattr(x, name, 0), np.sum(x.data))[1])(maker("csr_array")(AT))  # noqa: B023
    with pytest.raises((AttributeSetError, AttributeError), match=r"test_views.py"):
        dm.grad(lambda x: (setattr(x, "shape", (9, 1)), np.sum(x.data))[1])(maker("csr_array")(AT))
