"""The matrix notices what is lost, wrong, raised, or declared without being so; numbers are those of closed forms."""

from dataclasses import replace
from enum import Enum
from fractions import Fraction

import numpy as np
import pint
import pytest

from dispatchml.dispatch import register_type
from dispatchml.testing.composition import PLAIN, Expected, Matrix, Probe, Subject, differences
from dispatchml.testing.composition.cells import Cell, compare, run, run_probe
from dispatchml.testing.composition.matrix import Family, matrix_at
from dispatchml.testing.composition.page import page
from dispatchml.testing.composition.picture import draw
from dispatchml.testing.composition.table import complaints, show, summary

U = pint.UnitRegistry()
PLAIN_ROW = Subject(name="plain", slot="value", family="plain", cls=(np.ndarray, np.generic), make=np.array)
METRES = Subject(
    name="metres",
    slot="meaning",
    family="units",
    cls=pint.Quantity,
    make=lambda inside: U.Quantity(inside, "m"),
    one=1 * U.m,
    metadata=lambda q: {"unit": q.units},
    expect=lambda e: {"unit": U.m**e.degree if e.degree else U.Unit("")},
    payload=lambda q: q.magnitude,
)


def cubes(role="value", degree=3):
    return Expected("cubes", "none", role, lambda x: x**3, np.array([1.0, 2.0]), degree, (np.arange(2),))


def test_differences_are_closed_forms():
    x = np.array([0.5, 1.25, 2.0])
    np.testing.assert_allclose(differences.gradient(lambda v: np.sum(np.exp(v)))(x), np.exp(x), rtol=1e-13)
    second = differences.jacobian(differences.gradient(lambda v: np.sum(v**4) + v[0] * v[1]))(x)
    np.testing.assert_allclose(second, np.diag(12 * x**2) + np.eye(3)[[1, 0, 2]] * [1, 1, 0], atol=1e-10)


def test_differences_are_exact_on_fractions():
    x = np.array([Fraction(1, 3), Fraction(2, 7)], dtype=object)
    found = differences.gradient(lambda v: np.asarray((v**5).sum()))(x)
    assert list(found) == [5 * v**4 for v in x]
    assert all(isinstance(v, Fraction) for v in found)


def test_differences_of_complex_functions():
    z = np.array([1.0 + 2.0j])
    np.testing.assert_allclose(differences.jacobian(lambda v: v**2)(z), [[2 * z[0]]], rtol=1e-12)
    found = differences.gradient(lambda v: np.real(np.sum(np.conj(v) * v)))(z)
    np.testing.assert_allclose(found, 2 * z, rtol=1e-12)


@pytest.mark.parametrize(
    ("result", "says"),
    [
        (np.array([1.0, 8.0]), "the type metres is lost"),
        (np.array([1.0, 8.0]) * U.m, "unit is <Unit.'meter'.>, not <Unit.'meter \\*\\* 3'.>"),
        (np.array([1.0, 9.0]) * U.m**3, r"index \(1,\): np.float64\(9.0\), not np.float64\(8.0\)"),
        (np.array([1.0, 8.0], np.float32) * U.m**3, "the precision is float32, not float64"),
        (np.array([1.0, 8.0, 0.0]) * U.m**3, r"shape \(3,\), not \(2,\)"),
        (np.array([1.0, np.nan]) * U.m**3, "nan"),
    ],
)
def test_what_is_lost_or_wrong_is_named(result, says):
    compare(METRES, cubes(), np.array([1.0, 8.0]) * U.m**3)
    with pytest.raises(AssertionError, match=says):
        compare(METRES, cubes(), result)


def test_metadata_that_is_not_there_is_lost():
    row = replace(METRES, expect=lambda e: {"mask": False})
    with pytest.raises(AssertionError, match="mask is lost"):
        compare(row, cubes(), np.array([1.0, 8.0]) * U.m**3)


def test_a_result_that_must_be_plain():
    row = replace(METRES, expect=lambda e: PLAIN)
    compare(row, cubes(), np.array([1.0, 8.0]))
    with pytest.raises(AssertionError, match="must be plain"):
        compare(row, cubes(), np.array([1.0, 8.0]) * U.m**3)


def test_hidden_numbers_do_not_matter():
    row = replace(PLAIN_ROW, hidden=lambda e: np.array([False, True]))
    compare(row, cubes(), np.array([1.0, 100.0]))
    with pytest.raises(AssertionError, match="index"):
        compare(row, cubes(), np.array([100.0, 8.0]))


def test_exact_types_are_compared_exactly():
    row = replace(PLAIN_ROW, tolerance=0, dtype=object)
    point = np.array([Fraction(1, 3)], dtype=object)
    e = Expected("cubes", "none", "value", lambda x: x**3, point, 3, (np.arange(1),))
    compare(row, e, np.array([Fraction(1, 27)], dtype=object))
    with pytest.raises(AssertionError, match="off"):
        compare(row, e, np.array([1 / 27], dtype=object))


def test_cells_that_raise_and_those_that_must():
    def no(x, given):
        raise KeyError("no")

    broken = replace(PLAIN_ROW, programs={"polynomial": no})
    assert run(broken, "polynomial", "grad").status == "raised"
    assert run(broken, "matmul", "grad").status == "ok"
    refusing = replace(broken, refuses=(KeyError,))
    assert run(refusing, "polynomial", "grad").status == "refused"
    assert run(refusing, "matmul", "grad").status == "wrong"


def test_a_derivative_that_is_wrong():
    import dispatchml as dm

    detached = replace(PLAIN_ROW, programs={"polynomial": lambda x, given: 3 * x**3 - 2 * dm.stop_gradient(x) * x})
    for transform in ("grad", "jvp", "value_and_grad", "hvp", "jacobian", "hessian", "checkpoint"):
        assert run(detached, "polynomial", transform).status == "wrong", transform
    assert run(detached, "polynomial", "vmap").status == "ok"


def test_probes():
    good = Probe("magnitude", lambda x, given: x.m_as("cm"), lambda n: 100 * n, 0, plain=True)
    assert run_probe(METRES, good, "grad").status == "ok"
    assert run_probe(METRES, replace(good, reference=lambda n: n), "grad").status == "wrong"
    assert run_probe(METRES, replace(good, plain=False), "jvp").status == "lossy"


class Why(Enum):
    BECAUSE = "there is nothing"


def test_a_cell_that_is_declared_meaningless_must_raise():
    matrix = Matrix([Family("plain", (PLAIN_ROW,))], lambda row, program, transform: Why.BECAUSE)
    found = matrix.run(lambda cell: cell == Cell("plain", "polynomial", "grad"))
    assert [v.status for v in found.values()] == ["wrong"]


def test_a_row_of_a_library_that_is_not_there(tmp_path):
    (tmp_path / "types").mkdir()
    (tmp_path / "types" / "absent.py").write_text("LIBRARIES = ('no_such_library',)\n")
    matrix = matrix_at(tmp_path)
    assert matrix.families[0].missing == "not installed: no_such_library"
    assert "not installed: absent" in summary(matrix)


def test_a_layer_that_loses_itself_is_seen():
    class Tagged:
        def __init__(self, value, tag):
            self.value, self.tag = value, tag

    register_type(Tagged, slot="meaning", payload=lambda t: t.value, rebuild=lambda t, v: Tagged(v, t.tag))
    from dispatchml import ops

    def forgetful(a, b):
        values = (v.value if isinstance(v, Tagged) else v for v in (a, b))
        return ops.multiply(*values)

    ops.multiply.layer(Tagged, forgetful)
    row = Subject(
        "tagged", "meaning", "tags", Tagged, lambda x: Tagged(x, "t"), payload=lambda t: t.value,
        programs={"polynomial": lambda x, given: ops.multiply(ops.multiply(x, x), x)},
    )  # fmt: skip
    assert run(row, "polynomial", "jvp").status == "lossy"


def test_table_page_and_picture(tmp_path):
    from rich.console import Console

    bad = replace(PLAIN_ROW, name="bad <row>", pairs=False, programs={"polynomial": lambda x, given: x})
    matrix = Matrix([Family("rows", (PLAIN_ROW, bad, METRES)), Family("absent", missing="not installed: absent")])
    matrix.run(lambda cell: cell.transform in ("grad", "jvp") and cell.program in ("polynomial", "meeting"))
    console = Console(width=140, record=True, file=(tmp_path / "out").open("w"))
    show(matrix, console)
    text = console.export_text()
    assert "bad <row>" in text
    assert "W??????" in text
    assert 'dispatchml matrix --row "bad <row>" --program "polynomial" --transform grad' in text
    assert len(complaints(matrix)) == 2
    html = page(matrix)
    assert "bad &lt;row&gt;, polynomial, grad: wrong" in html
    assert "metres(plain)" in html
    draw(matrix, tmp_path / "matrix.png")
    assert (tmp_path / "matrix.png").stat().st_size > 10_000
