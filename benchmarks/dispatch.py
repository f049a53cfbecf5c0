"""Dispatch: warm calls against plum, ovld and functools, and 10,000 methods registered and first resolved."""

from __future__ import annotations

import functools
import random
import time

import _race

from dispatchml.dispatch import operation


class A: ...


class B: ...


class C(A): ...


def one(a):
    return 1


def two(a, b):
    return 2


def three(a, b, c):
    return 3


def ours(arity):
    stubs = {1: one, 2: two, 3: three}
    op = operation(stubs[arity])
    for first in (A, B, int, float):
        op.register(stubs[arity], first, *(object,) * (arity - 1))
    return op


def with_plum(plum, arity):
    dispatcher = plum.Dispatcher()
    made = None
    for first in (A, B, int, float):
        if arity == 1:

            def f(a):
                return 1

            f.__annotations__ = {"a": first}
        elif arity == 2:

            def f(a, b):
                return 2

            f.__annotations__ = {"a": first, "b": object}
        else:

            def f(a, b, c):
                return 3

            f.__annotations__ = {"a": first, "b": object, "c": object}
        made = dispatcher(f)
    return made


def with_ovld(ovld, arity):
    functions = []
    for first in (A, B, int, float):
        scope = {"first": first}
        names = ["a", "b", "c"][:arity]
        annotations = ["first"] + ["object"] * (arity - 1)
        exec(f"def f({', '.join(f'{n}: {t}' for n, t in zip(names, annotations, strict=True))}): return {arity}", scope)
        functions.append(scope["f"])
    made = ovld.Ovld(name=f"f{arity}")
    for f in functions:
        made.register(f)
    made.compile()
    return made.dispatch


def warm_calls() -> bool:
    plum, ovld = _race.optional("plum"), _race.optional("ovld")
    ok = True
    rng = random.Random(0)
    values = [A(), B(), C(), 1, 2.0]
    calls = [rng.choice(values) for _ in range(200)]
    for arity in (1, 2, 3):
        rest = ", b" * (arity - 1)
        candidates = {}
        sources = {"ours": ours(arity), "bare function": {1: one, 2: two, 3: three}[arity]}
        if plum:
            sources["plum"] = with_plum(plum, arity)
        if ovld:
            sources["ovld"] = with_ovld(ovld, arity)
        if arity == 1:
            single = functools.singledispatch(one)
            for first in (A, B, int, float):
                single.register(first)(one)
            sources["functools.singledispatch"] = single
        for name, function in sources.items():
            scope = {"f": function, "calls": calls, "b": 1.0}
            exec(f"def run():\n for a in calls: f(a{rest})", scope)
            candidates[name] = scope["run"]
        scope = {"calls": calls}
        exec("def run():\n for a in calls: pass", scope)
        candidates["empty loop"] = scope["run"]
        times = _race.race(candidates, rounds=21, target=0.005, per=len(calls))
        empty = times.pop("empty loop")
        net = {n: [v - e for v, e in zip(vs, empty, strict=True)] for n, vs in times.items()}
        ratios = _race.show(
            f"warm call, {arity} argument(s), 5 classes in random order, loop subtracted", net, "ours", "ns"
        )
        if plum:
            ok &= _race.verdict("plum / ours", ratios["plum"], 4.0)
        if ovld:
            ok &= _race.verdict("ovld / ours", ratios["ovld"], 4 / 3)
    return ok


def many_methods() -> bool:
    print("\nmethods registered and the first call resolved, s")
    ok = True
    for count in (100, 1_000, 10_000):
        side = round(count**0.5)
        classes = [type(f"K{k}", (), {}) for k in range(side + 1)]

        def stub(a, b):
            "A test operation."

        start = time.perf_counter()
        op = operation(stub)
        for x in classes[:side]:
            for y in classes[: count // side]:

                def method(a, b):
                    return 0

                method.__annotations__ = {"a": x, "b": y}
                op.register(method)
        registered = time.perf_counter() - start
        op(type("Sub", (classes[1],), {})(), classes[2]())
        total = time.perf_counter() - start
        print(f"  {len(op.methods):6d} methods: registered {registered:.4f}, with the first call {total:.4f}")
        if count == 10_000:
            ok &= _race.verdict("0.5 s / ours at 10,000 methods", 0.5 / total, 1.0)
    return ok


if __name__ == "__main__":
    _race.versions("dispatchml", "plum-dispatch", "ovld")
    results = [warm_calls(), many_methods()]
    print("\nall reached" if all(results) else "\nNOT all reached")
