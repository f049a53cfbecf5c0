"""A million options, their prices and sensitivities: one function in NumPy, differentiated and compiled.

    python examples/option_prices.py

The formula of Black and Scholes (Journal of Political Economy 81, 1973) gives the price of a call; its derivatives by
the share's price, the volatility and the time left are what traders call delta, vega and theta. `dm.grad` takes all of
them for all options at once, and `dm.jit` makes one loop of it. The results are compared with the closed formulas.
"""

import time

import numpy as np

import dispatchml as dm

RATE = 0.02


def normal_cdf(x):
    return 0.5 * (1.0 + dm.numpy.erf(x / np.sqrt(2.0)))


def spread(share, strike, years, volatility):
    return (np.log(share / strike) + (RATE + 0.5 * volatility**2) * years) / (volatility * np.sqrt(years))


def prices(share, strike, years, volatility):
    """The price of each call."""
    d = spread(share, strike, years, volatility)
    paid = strike * np.exp(-RATE * years)
    return share * normal_cdf(d) - paid * normal_cdf(d - volatility * np.sqrt(years))


def main():
    generator = np.random.default_rng(0)
    count = 1_000_000
    share, strike = generator.uniform(50, 150, count), generator.uniform(50, 150, count)
    years, volatility = generator.uniform(0.1, 2.0, count), generator.uniform(0.1, 0.6, count)
    options = share, strike, years, volatility

    # each price depends on its own option only, so the gradient of the sum has the derivatives of all
    sensitivities = dm.grad(lambda *options: np.sum(prices(*options)), argnums=(0, 2, 3))
    compiled = dm.jit(sensitivities)
    compiled(*options)  # records and compiles

    taken = {}
    for name, function in (("as it is", sensitivities), ("compiled", compiled)):
        start = time.perf_counter()
        delta, by_years, vega = function(*options)
        taken[name] = time.perf_counter() - start
        print(f"{name}: {1e3 * taken[name]:6.1f} ms for the sensitivities of {count:,} options")

    d = spread(*options)
    density = np.exp(-0.5 * d**2) / np.sqrt(2 * np.pi)
    np.testing.assert_allclose(delta, normal_cdf(d), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(vega, share * density * np.sqrt(years), rtol=1e-9, atol=1e-9)
    print(f"mean delta {delta.mean():.4f}, mean vega {vega.mean():.3f}, mean theta {-by_years.mean():.3f} a year")


if __name__ == "__main__":
    main()
