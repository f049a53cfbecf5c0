"""networkx."""

import networkx as nx
import numpy as np
from lifted_harness import case

GROUP, PACKAGE = "programs", "networkx"
EDGES = [(0, 1), (1, 2), (2, 3), (3, 0), (0, 2)]


def weighted(p, kind=nx.Graph):
    graph = kind()
    for (u, v), w in zip(EDGES, p, strict=True):
        graph.add_edge(u, v, weight=w)
    return graph


@case("networkx.pagerank", [0.7, 1.3, 0.4, 0.9, 2.0], tolerance=1e-4, second=False)
def _(p):
    return list(nx.pagerank(weighted(p), tol=1e-12, max_iter=500).values())


@case("networkx.shortest_path_length", [0.7, 1.3, 0.4, 0.9, 2.1])
def _(p):
    return nx.shortest_path_length(weighted(p), 0, 2, weight="weight")


@case("networkx.laplacian_spectrum", [0.7, 1.3, 0.4, 0.9, 2.0])
def _(p):
    return nx.laplacian_spectrum(weighted(p))


@case("networkx.to_numpy_array", [0.7, 1.3, 0.4, 0.9, 2.0])
def _(p):
    return np.linalg.inv(nx.to_numpy_array(weighted(p)) + 3 * np.eye(4))


@case("networkx.maximum_flow_value", [0.7, 1.3, 0.4, 0.9, 2.0])
def _(p):
    graph = nx.DiGraph()
    for (u, v), c in zip([(0, 1), (1, 3), (0, 2), (2, 3), (1, 2)], p, strict=True):
        graph.add_edge(u, v, capacity=c)
    return nx.maximum_flow_value(graph, 0, 3)


# eigenvector_centrality_numpy starts at a random vector: its last bits differ from call to call without lifting, too.


@case("networkx.closeness_centrality", [0.7, 1.3, 0.4, 0.9, 2.1])
def _(p):
    return list(nx.closeness_centrality(weighted(p), distance="weight").values())


@case("networkx.resistance_distance", [0.7, 1.3, 0.4, 0.9, 2.0])
def _(p):
    return nx.resistance_distance(weighted(p), 0, 2, weight="weight")
