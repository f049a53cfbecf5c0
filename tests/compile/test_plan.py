"""Plans: scratch memory is shared over time, and never at one time."""

import random

import pytest

from dispatchml.compile.plan import LINE, InputSpec, Plan, Step, arena


def plan(*pointers, sizes):
    """A plan of one argument (slot 0) and scratch memory (slots from 1 on)."""
    return Plan([InputSpec("any")], scratch=sizes, steps=[Step(None, "", p) for p in pointers])


def test_what_does_not_live_together_shares_memory():
    assert arena(plan([0, 1], [1, 2], [2, 3], sizes=[64, 64, 64])) == ([0, 64, 0], 128)
    assert arena(plan([0, 1], [1, 2], [2, 3, 1], sizes=[64, 64, 64])) == ([0, 64, 128], 192)
    assert arena(plan([0, 1], [1, 2], [2, 3], sizes=[10, 100, 1])) == ([128, 0, 128], 192)


def test_what_no_step_sees_takes_no_room():
    assert arena(plan(sizes=[64, 64])) == ([0, 0], 64)
    assert arena(plan(sizes=[])) == ([], 0)


@pytest.mark.parametrize("seed", range(20))
def test_what_lives_together_lies_apart(seed):
    r = random.Random(seed)
    count = r.randrange(1, 60)
    steps = [[r.randrange(count + 1) for _ in range(r.randrange(5))] for _ in range(r.randrange(1, 80))]
    sizes = [r.randrange(1, 1000) for _ in range(count)]
    offsets, total = arena(plan(*steps, sizes=sizes))
    seen = {k: [n for n, s in enumerate(steps) if k + 1 in s] for k in range(count)}
    used = [k for k in range(count) if seen[k]]
    for k in used:
        assert offsets[k] % LINE == 0
        assert offsets[k] + sizes[k] <= total
        for j in used:
            together = seen[k][0] <= seen[j][-1] and seen[j][0] <= seen[k][-1]
            if j < k and together:
                assert offsets[k] + sizes[k] <= offsets[j] or offsets[j] + sizes[j] <= offsets[k]
