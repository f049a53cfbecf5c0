"""Methods of tensors on traced values are torch's, not NumPy's of the same names; values and slopes too."""

import attrs
import numpy as np
import pytest
import torch

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import TracerConversionError

T = torch.tensor([[1.25, 2.5, 4.0], [3.0, 0.75, 0.5]], dtype=torch.float64)


def written(y):
    z = y * 1.0
    z.view(-1)[0] = 5.0 * z[1, 1]
    z.t()[1, 0] = 7.0
    z.flatten()[2] = 1.0
    z.unsqueeze(0).mul_(3.0)
    return z * z


def rows_in_place(y):
    z = y * 1.0
    row = z[0]
    row.add_(z[1])
    z[1].zero_()
    return z * z


TEXTS = """
    y.sum(dim=0); y.sum(0, True); y.mean(1, keepdim=True); y.std(); y.var(0); y.std(dim=1, correction=0)
    y.max(0); y.max(dim=1).values; y.min(1)[0]; y.max(); y.max(y.flip(0)); y.amax(1); y.median(); y.median(1).values
    y.sort(); y.sort(dim=0, descending=True).values; y.topk(2); y.view(3, 2); y.view(-1); y.reshape(3, 2)
    y.flatten(); y.unsqueeze(0); y.squeeze(0); y.t(); y.T; y.mT; y.transpose(0, 1); y.permute(1, 0); y.pow(2)
    y.clamp(min=1); y.norm(dim=1); y.mm(y.T); y.cumsum(dim=1); y.softmax(1); y.logsumexp(1); y.repeat(2, 1)
    y.expand(2, 2, 3); y.expand(-1, 3); y.to(torch.float64); y.clone(); y.where(y > 1, y * y)
    y.masked_fill(y < 1, 0.0); y.gather(1, torch.tensor([[0], [1]])); y.index_select(0, torch.tensor([1]))
    y.add(y, alpha=2); y.div(2); y.neg(); y.split(1); y.chunk(2, 1); y.unbind(0); y.flip(0); y.flip(0, 1); y.roll(1)
    y.diagonal(); y.tril(); y.diff(); torch.max(y, 0); torch.sort(y, 1); torch.median(y); torch.lerp(y, y * y, 0.5)
    torch.addmm(y @ y.T, y, y.T); torch.nn.functional.gelu(y); torch.nn.functional.normalize(y)
    torch.nn.functional.mse_loss(y, y * y); torch.tensordot(y, y.T, 1); torch.nansum(y, 1)
"""
PROGRAMS = {text.strip(): eval(f"lambda y: {text}") for text in TEXTS.strip().replace("\n", ";").split(";")} | {
    "written": written,
    "rows in place": rows_in_place,
}


def flat(v):
    return [b for a in v for b in flat(a)] if isinstance(v, (tuple, list)) else [v]


def weighted(program):
    def total(y):
        found = [r for r in flat(program(y)) if r.is_floating_point()]
        return sum(
            (r * torch.arange(1.0, r.numel() + 1, dtype=torch.float64).reshape(tuple(r.shape))).sum() for r in found
        )

    return total


@pytest.mark.parametrize("name", PROGRAMS)
def test_methods_mean_what_torch_means(name):
    program, y = PROGRAMS[name], T.clone().requires_grad_(True)
    plain = flat(program(T))
    seen = []
    dm.grad(lambda y: (seen.extend(map(dm.primal, flat(program(y)))), y.sum())[1])(T)
    assert len(seen) == len(plain)
    for a, b in zip(seen, plain, strict=True):
        assert type(a) is torch.Tensor
        assert a.dtype == b.dtype
        torch.testing.assert_close(a, b)
    (slope,) = torch.autograd.grad(weighted(program)(y), y)
    torch.testing.assert_close(dm.grad(weighted(program))(T), slope)
    torch.testing.assert_close(dm.jvp(weighted(program), (T,), (torch.ones_like(T),))[1], slope.sum())


def test_detached_tensors_are_constants():
    torch.testing.assert_close(dm.grad(lambda y: (y.detach() * y + y.data).sum())(T), T)


def test_arrays_keep_the_methods_of_numpy():
    dm.grad(lambda y: y.std())(T)
    x = T.numpy()
    assert dm.value_and_grad(lambda x: x.std())(x)[0] == np.std(x)
    with pytest.raises(AttributeError, match="unsqueeze"):
        dm.grad(lambda x: np.sum(x.unsqueeze(0)))(x)


def test_what_is_not_known_says_so():
    with pytest.raises(TracerConversionError, match="torch's cdist"):
        dm.grad(lambda y: torch.cdist(y, y).sum())(T)
    with pytest.raises(TracerConversionError, match="reads its bits"):
        dm.grad(lambda y: y.view(torch.int64).sum())(T)


def test_methods_of_tensors_hide_no_fields_of_structures_and_no_attributes_of_other_libraries():
    @dm.layer(slot="structure", fieldwise=True)
    @attrs.frozen
    class Diagonal:
        diag: dm.Array

        @property
        def shape(self):
            return (len(self.diag),) * 2

    @ops.multiply.layer(Diagonal)
    def times(a, b):
        return Diagonal(ops.multiply(a.diag, b) if isinstance(a, Diagonal) else ops.multiply(a, b.diag))

    dm.grad(lambda y: y.diag().sum())(T)
    found = dm.grad(lambda x: np.sum((Diagonal(x) * 3.0).diag ** 2))(np.array([1.0, 2.0]))
    np.testing.assert_array_equal(found, [18.0, 36.0])
