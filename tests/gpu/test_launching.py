"""What is handed to CuPy: a file of PTX for the card's architecture, a grid, and arguments in the kernel's order."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.backends.cupy import launching
from dispatchml.compile.device.executable import device_build

from .test_compiled import program_of


class Card:
    """CuPy's module, as far as launching needs it."""

    def __init__(self, major, minor, multiprocessors):
        properties = {"major": major, "minor": minor, "multiProcessorCount": multiprocessors}
        runtime = SimpleNamespace(getDeviceProperties=lambda number: properties)
        self.cuda = SimpleNamespace(Device=lambda: SimpleNamespace(id=0), runtime=runtime)
        self.launched, self.looked_up = [], []

    def RawModule(self, *, path):
        text = Path(path).read_text()

        def get_function(name):
            self.looked_up.append(name)
            assert f".visible .entry {name}(" in text
            return lambda grid, block, arguments: self.launched.append((name, grid, block, arguments))

        return SimpleNamespace(get_function=get_function, text=text)


@pytest.fixture
def kernels(pretend):
    made = device_build(program_of(dm.value_and_grad(lambda x: np.sum(x * x)), [np.zeros(1 << 20)]), pretend.library())
    return [launch.kernel for step in made.steps for launch in step.launches]


def test_a_kernel_is_loaded_once_and_launched(kernels):
    card = Card(8, 6, 4)
    code = launching.Code(SimpleNamespace(xp=card), kernels)
    assert ".target sm_86" in code.module.text
    kernel, arrays = kernels[0], [object() for _ in kernels[0].pointers]
    code(kernel, arrays)
    code(kernel, arrays)
    (name, grid, block, arguments), _ = card.launched
    assert (name, grid, block) == (kernel.symbol, (4 * launching.BLOCKS,), (launching.THREADS,))
    assert list(arguments[: len(arrays)]) == arrays
    numbers = arguments[len(arrays) :]
    assert {type(n) for n in numbers} == {np.int64}
    assert [int(n) for n in numbers] == [*kernel.sizes, kernel.extent, kernel.grain]
    assert card.looked_up == [kernel.symbol]


@pytest.mark.parametrize(("card", "taken"), [((7, 5), 75), ((8, 9), 89), ((9, 0), 90), ((12, 0), 90)])
def test_the_newest_architecture_that_a_card_runs(card, taken, kernels):
    code = launching.Code(SimpleNamespace(xp=Card(*card, 1)), kernels[:1])
    assert f".target sm_{taken}" in code.module.text
