"""A library of its own, which knows nothing of dispatchml: amounts in a currency."""


class CurrencyError(TypeError):
    """Two currencies met."""


class Money:
    """Amounts in one currency; products of amounts have a power of it."""

    def __init__(self, amount, currency="EUR", power=1):
        self.amount, self.currency, self.power = amount, currency, power

    def __repr__(self):
        return f"Money({self.amount!r}, {self.currency!r}, {self.power})"
