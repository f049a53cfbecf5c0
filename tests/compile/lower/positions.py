"""Forms with numbers in place of their variables."""

import numpy as np

from dispatchml.compile.lower.forms import Form, NeedsSplit, Variable, flattened, form_of


class Domain:
    """All positions of a shape, as a form of loop variables that can be split."""

    def __init__(self, size):
        self.variables = [Variable(size)]

    def position(self):
        """The flat position."""
        found, stride = Form((), 0), 1
        for variable in reversed(self.variables):
            found = found.plus(form_of(variable).times(stride))
            stride *= variable.extent
        return found

    def follow(self, function):
        """function(position), with variables split until it works."""
        while True:
            try:
                return function(self.position())
            except NeedsSplit as need:
                k = self.variables.index(need.variable)
                self.variables[k : k + 1] = [Variable(need.variable.extent // need.inner), Variable(need.inner)]

    def numbers(self, form):
        """The values of a form at all positions, in order."""
        grid = np.indices([v.extent for v in self.variables]).reshape(len(self.variables), -1)
        places = dict(zip(self.variables, grid, strict=True))
        total = np.full(grid.shape[1], form.constant)
        for atom, c in form.terms:
            total = total + c * places[atom]
        return total

    def offsets(self, position, shape):
        """The flat offsets of a position in an array of this shape."""
        return self.numbers(flattened(position, shape))
