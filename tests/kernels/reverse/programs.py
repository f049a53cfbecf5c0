"""Kernels whose gradients are compared with differences: one for each thing that a kernel may have."""

import math

import numpy as np

GRAVITY = 9.81
TABLE = np.array([0.5, -1.0, 2.0])
PAIR = (0.25, 4.0)


def polynomial(x, y):
    return x * y + x**3 - y / x + 2.0


def branches(x, y):
    if x > y:
        z = x * x
    elif x > 0:
        z = y * y * x
    else:
        z = x - y
    return z * math.sin(x)


def early_return(x, y):
    if x < 0:
        return -x
    if y < 0:
        return x * y
    for _i in range(5):
        x = x * 1.1 + y
        if x > 2.0 + y:
            return x * x
    return x + y


def while_loop(x, y):
    count = 0
    while x < 10.0:
        x = x * 1.3 + y * 0.1
        count += 1
    return x * count


def break_and_continue(x, y):
    total = 0.0
    for i in range(20):
        if i % 3 == 0:
            continue
        total += x**i * 0.01
        if total > 0.5:
            break
        total += y
    return total


def nested_break(x, y):
    total = x
    for i in range(4):
        for j in range(6):
            if j > i + 1:
                break
            total = total * 0.9 + math.cos(total + y * j)
        if total > 5.0:
            break
    return total


def return_inside_nested(x, y):
    total = x
    for _i in range(4):
        for j in range(6):
            total = total + 0.3 * math.sin(y + total * j)
            if total > 1.7:
                return total * y
    return total - y


def array_filling(x, y):
    a = np.zeros(6)
    a[0] = x
    for i in range(1, 6):
        a[i] = a[i - 1] * y + math.exp(-a[i - 1])
    s = 0.0
    for i in range(6):
        s += a[i] * a[i]
    return s


def in_place(x, y):
    a = np.empty(5)
    for i in range(5):
        a[i] = x + i * y
    for _k in range(3):
        for i in range(1, 4):
            a[i] = 0.5 * a[i] + math.sin(a[i - 1] * a[i + 1])
        a[0] *= y
        a[4] -= a[0] * a[2]
    return a[0] + a[1] * a[2] + a[4]


def overwritten(x, y):
    a = np.zeros(3)
    for i in range(3):
        a[i] = x * (i + 1)
    s = 0.0
    for i in range(3):
        for j in range(3):
            s += a[i] * a[j] * y
        a[i] = a[i] * s
        for j in range(3):
            s += math.sin(a[j])
    return s


def slices(x, y):
    a = np.zeros((3, 4))
    a[0, :] = x
    a[1] = a[0] * y + 1.0
    a[2, 1:3] = a[1, :2] * a[0, 2:]
    a[1:, 0] += x
    row = a[2]
    row[3] = y * y
    return a.sum() + np.dot(a[1], a[2])


def tuples(x, y):
    pair = (x * y, x - y)
    a, b = pair
    a, b = b, a
    c = (a, (b, x))
    return c[0] * c[1][0] + c[1][1]


def two_results(x, y):
    return x * y, (math.sin(x), y)


def vectors(x, y):
    v = np.array([x, y, x * y])
    w = np.array([1.0, 2.0, 3.0]) * v + TABLE
    return np.sum(w * w) + np.max(v) - np.min(w) + np.linalg.norm(v) + np.mean(v) + np.prod(w)


def matrices(x, y):
    m = np.array([[x, 1.0], [y, x * y]])
    v = np.array([y, 2.0])
    for _ in range(3):
        v = m @ v + v * 0.1
    return v @ v + m.T[0, 1] * (m @ m)[1, 0]


def helper_step(state, h):
    velocity, position = state
    return velocity - h * GRAVITY * math.sin(position), position + h * velocity


def helpers(x, y):
    state = (x, y)
    for _ in range(10):
        state = helper_step(state, h=0.01)
    return state[0] * PAIR[0] + state[1] * PAIR[1]


def right_side(y, out, k):
    out[0] = y[1]
    out[1] = -k * y[0] + np.sin(y[1])


def written_by_helper(x, y):
    state = np.array([x, 0.5])
    slope = np.zeros(2)
    for _ in range(8):
        right_side(state, slope, y)
        state = state + 0.1 * slope
    return state[0] * state[1]


def written_in_place_by_helper(x, y):
    state = np.array([x, 0.5])
    slope = np.zeros(2)
    for _ in range(8):
        right_side(state, slope, y)
        state += 0.1 * slope
    return state[0] * state[1]


def derivative(y, k):
    out = np.empty_like(y)
    out[0] = y[1]
    out[1] = -k * y[0] * y[0]
    return out


def runge_kutta(x, y):
    state = np.array([x, 0.5])
    h = 0.1
    for _ in range(6):
        k1 = derivative(state, y)
        k2 = derivative(state + 0.5 * h * k1, y)
        state = state + h * (k1 + k2) / 2
    return state.sum()


def swapped(x, y):
    u = np.zeros(6)
    v = np.zeros(6)
    u[2] = x
    u[3] = y
    for _ in range(5):
        for i in range(1, 5):
            v[i] = u[i] + 0.2 * (u[i - 1] - 2 * u[i] + u[i + 1]) * u[i]
        u, v = v, u
    return np.sum(u * u)


def last_value(x, y):
    for i in range(4):
        z = x * i + y
    return z * i


def inner_function(x, y):
    def square_plus(a):
        return a * a + y

    half = lambda a: 0.5 * a  # noqa: E731
    return square_plus(x) * half(y)


def conditional_expression(x, y):
    a = x if x > y else y * y
    b = (x if y > 0.3 else 2 * x) * a
    return b + (0.0 if a > 100 else math.log(1 + a * a))


def short_circuit(x, y):
    values = np.array([x, y, x + y])
    i = 0
    while i < 3 and values[i] < 1.2:
        i += 1
    total = 0.0
    for k in range(i):
        if values[k] > 0 and not (k == 1 and x > y):
            total += values[k] ** 2
    return total + x


def functions(x, y):
    a = math.exp(x) + np.log(y + 2.0) + math.sqrt(x * x + 1) + math.tanh(y) + math.atan2(x, y + 3.0)
    b = math.asin(0.3 * x) + math.acos(0.2 * y) + math.atan(x) + math.sinh(x) + math.cosh(y) + math.erf(x * y)
    c = np.log1p(x * x) + np.expm1(y) + math.hypot(x, y) + abs(x - 3) + max(x, y, 0.1) + min(x, 2 * y)
    return a + b * c + (x % 0.3) + x**2.5 + 2.0**y + math.floor(x) * y + math.pow(x, 3)


def integers(x, y):
    state = 12345
    total = 0.0
    for _i in range(10):
        state = (1103515245 * state + 12345) % 2147483648
        total += x * (state / 2147483648) + y * (state >> 28)
    return total * y


def unrolled(x, y):
    total = 0.0
    for weight, power in ((0.1, 1), (0.2, 2), (0.4, 3)):
        total += weight * x**power
        if total > 3.0:
            break
    for item in [x, y]:
        total *= item
    return total


def over_arrays(x, y):
    total = 0.0
    values = np.array([x, y, 1.5, 2.5])
    for i, (a, b) in enumerate(zip(values, TABLE, strict=False)):
        total += i * a * b
    for v in reversed(range(3)):
        total = total * 0.5 + values[v]
    for row in np.array([[x, 1.0], [2.0, y]]):
        total += row[0] * row[1]
    return total


def local_arrays_in_loop(x, y):
    total = 0.0
    for _i in range(4):
        a = np.zeros(3)
        for j in range(3):
            a[j] = math.sin(x * j + total)
        for j in range(3):
            for k in range(3):
                total += 0.1 * a[j] * a[k] * y
        a[1] = a[0] * total
        total += a[1]
    return total


def chosen_array(x, y):
    a = np.array([x, x * y, 2.0])
    b = np.array([y, 1.0, x])
    c = a if x > y else b
    s = 0.0
    for i in range(3):
        s += c[i] * c[i] * a[i]
    return s


def triangular(x, y):
    n = 5
    m = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            m[i, j] = math.cos(x * i + y * j) + (n if i == j else 0)
    for j in range(n):
        for k in range(j):
            m[j, j] -= m[j, k] * m[j, k]
        m[j, j] = math.sqrt(m[j, j])
        for i in range(j + 1, n):
            for k in range(j):
                m[i, j] -= m[i, k] * m[j, k]
            m[i, j] /= m[j, j]
    return m[4, 4] * m[3, 2]


def backwards(x, y):
    total = x
    for i in range(7, 0, -2):
        total = total * y + math.sin(i * x)
    return total


def adaptive(x, y):
    t = 0.0
    h = 0.3
    z = x
    steps = 0
    while t < 1.0:
        if t + h > 1.0:
            h = 1.0 - t
        full = z + h * (-y * z)
        half = z + 0.5 * h * (-y * z)
        half = half + 0.5 * h * (-y * half)
        error = abs(full - half)
        if error < 0.01:
            t = t + h
            z = half
            if error < 0.001:
                h = h * 1.5
        else:
            h = h * 0.5
        steps += 1
        if steps > 1000:
            raise ValueError("too many steps")
    return z


def clipped(x, y):
    a = np.clip(np.array([x, y, -1.0, 5.0]), 0.0, 1.0 + x)
    return np.sum(a * np.arange(4)) + np.sum(np.where(a > 0.5, a, y * a)) + np.outer(a, a)[0, 1]


def carried_integer(x, y):
    place = 0
    values = np.array([x, y, x * y, x + y])
    total = 0.0
    for _i in range(6):
        total += values[place] * total + x
        if total > 1.0:
            place = (place + 1) % 4
    return total


def views(x, y):
    a = np.zeros((2, 3))
    for i in range(2):
        row = a[i]
        for j in range(3):
            row[j] = x * i + y * j * j
    flat = a.reshape(6)
    column = a[:, 1]
    column[0] = x * x
    return np.sum(a * a) + flat[4] * column[1]


def names_like_ours(x, y):
    x_ct, floats_1, step, slope, max_ = y * 2, 3.0, x, x * y, 0.5  # noqa: F841
    longer = 0.0
    for count in range(4):
        longer += slope * step + x_ct * count
        x = x + longer * 0.01
    return longer * x + floats_1


def reshaped_views(x, y):
    a = np.zeros((2, 3))
    flat = a.reshape(6)
    for i in range(6):
        flat[i] = x * i + y
    a[1, 0] = x * y
    rows = a[1].ravel()
    rows[1] *= y
    copied = a.flatten()
    a[0, 1] = 7.0
    return flat[3] * flat[4] + copied[1] * a[1, 1] + flat[1]


PROGRAMS = [
    f for f in list(globals().values())
    if callable(f) and getattr(f, "__module__", "") == __name__ and f.__code__.co_varnames[:2] == ("x", "y")
    and f.__code__.co_argcount == 2
]  # fmt: skip
