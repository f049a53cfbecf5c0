"""What dispatchml must know of money: sums need one currency, products multiply powers."""

from ledger import CurrencyError, Money

from dispatchml import ops
from dispatchml.dispatch import register_type

KEEPING = (
    "negative positive sum mean getitem reshape expand_dims squeeze broadcast_to transpose swapaxes astype scatter"
)
EQUAL = "add subtract maximum minimum"
PRODUCTS = "multiply strong_multiply matmul dot outer"


def parts(x):
    """Amount, currency and power; None as currency of what is no money."""
    return (x.amount, x.currency, x.power) if isinstance(x, Money) else (x, None, 0)


def one_currency(*currencies):
    """The currency of several amounts."""
    found = {c for c in currencies if c is not None}
    if len(found) > 1:
        raise CurrencyError(f"{' and '.join(sorted(found))} meet")
    return found.pop()


def keeping(op):
    return lambda x, **keywords: Money(op(x.amount, **keywords), x.currency, x.power)


def equal(op):
    def rule(a, b):
        (x, c, p), (y, d, q) = parts(a), parts(b)
        if p != q:
            raise CurrencyError("amounts of different powers meet")
        return Money(op(x, y), one_currency(c, d), p)

    return rule


def product(op):
    def rule(a, b, **keywords):
        (x, c, p), (y, d, q) = parts(a), parts(b)
        return Money(op(x, y, **keywords), one_currency(c, d), p + q)

    return rule


def zeros(op):
    return lambda x, **keywords: Money(op(x.amount, **keywords), x.currency, x.power)


def one_like(op):
    return lambda x, **keywords: op(x.amount, **keywords)


def register():
    register_type(
        Money,
        slot="meaning",
        payload=lambda x: x.amount,
        rebuild=lambda x, amount: Money(amount, x.currency, x.power),
        static=("currency", "power"),
    )
    for names, maker in ((KEEPING, keeping), (EQUAL, equal), (PRODUCTS, product), ("zeros_like zeros_of", zeros)):
        for name in names.split():
            op = getattr(ops, name)
            op.layer(Money, maker(op))
    ops.square.layer(Money, lambda x: Money(ops.square(x.amount), x.currency, 2 * x.power))
    ops.divide.layer(Money, divide)


def divide(a, b):
    (x, c, p), (y, d, q) = parts(a), parts(b)
    return Money(ops.divide(x, y), one_currency(c, d), p - q)
