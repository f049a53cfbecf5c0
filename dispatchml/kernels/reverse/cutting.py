"""The smallest set of values to save so that others can be computed again: a minimum cut.

Every value that cannot be computed again hangs at the source, every value that is needed at the sink, and saving a
value cuts through it. Ford and Fulkerson, Maximal flow through a network, 1956; the cut nearest to what is needed is
taken, so that least is computed again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable

INFINITE = float("inf")


def cut(
    needed: Iterable[Hashable],
    inputs: Callable[[Hashable], Iterable[Hashable] | None],
    weight: Callable[[Hashable], float],
) -> tuple[set[Hashable], set[Hashable]]:
    """What to save, and what to compute again.

    inputs: what a value is computed from; None where it cannot be computed again. weight: what it costs to save it.
    """
    needed = list(needed)
    graph: dict[Hashable, dict[Hashable, float]] = {"source": {}, "sink": {}}

    def edge(a: Hashable, b: Hashable, capacity: float) -> None:
        graph.setdefault(a, {})[b] = graph.get(a, {}).get(b, 0.0) + capacity
        graph.setdefault(b, {}).setdefault(a, 0.0)

    table: dict[Hashable, list[Hashable] | None] = {}
    waiting = list(needed)
    while waiting:
        node = waiting.pop()
        if node in table:
            continue
        found = inputs(node)
        table[node] = None if found is None else list(found)
        edge((node, 0), (node, 1), weight(node))
        if found is None:
            edge("source", (node, 0), INFINITE)
        for x in table[node] or ():
            edge((x, 1), (node, 0), INFINITE)
            waiting.append(x)
    for node in set(needed):
        edge((node, 1), "sink", INFINITE)
    while augment(graph):
        pass
    reaching: set[Hashable] = {"sink"}
    queue: deque[Hashable] = deque(["sink"])
    while queue:
        node = queue.popleft()
        for before in graph[node]:
            if before not in reaching and graph[before].get(node, 0.0) > 0:
                reaching.add(before)
                queue.append(before)
    saved = {n for n in table if (n, 1) in reaching and (n, 0) not in reaching}
    again: set[Hashable] = set()
    waiting = [n for n in needed if n not in saved]
    while waiting:
        node = waiting.pop()
        if node not in again:
            again.add(node)
            waiting.extend(x for x in table[node] or () if x not in saved)
    return saved, again


def augment(graph: dict[Hashable, dict[Hashable, float]]) -> bool:
    """Send flow along a shortest way from the source to the sink, if there is one."""
    before: dict[Hashable, Hashable] = {"source": None}
    queue: deque[Hashable] = deque(["source"])
    while queue and "sink" not in before:
        node = queue.popleft()
        for x, capacity in graph[node].items():
            if capacity > 0 and x not in before:
                before[x] = node
                queue.append(x)
    if "sink" not in before:
        return False
    way: list[tuple[Hashable, Hashable]] = []
    node: Hashable = "sink"
    while before[node] is not None:
        way.append((before[node], node))
        node = before[node]
    flow = min(graph[a][b] for a, b in way)
    assert flow < INFINITE, "a value can neither be saved nor be computed again"
    for a, b in way:
        graph[a][b] -= flow
        graph[b][a] += flow
    return True
