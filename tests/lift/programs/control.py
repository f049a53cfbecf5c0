"""python-control."""

import control
import numpy as np
from lifted_harness import case

GROUP, DRAWN, PACKAGE = "programs", "drawn, other packages", "control"
TIMES = np.linspace(0.0, 3.0, 13)


@case("control.tf, frequency response", [0.7, 1.3])
def _(p):
    return control.tf([p[0], 1.0], [1.0, p[1], 2.0])(1.5j)


@case("control.ss, step response", [0.7, 1.3])
def _(p):
    system = control.ss([[0.0, 1.0], [-p[0], -p[1]]], [[0.0], [1.0]], [[1.0, 0.0]], [[0.0]])
    return control.step_response(system, TIMES).outputs


@case("control.lqr", [0.7, 1.3], tolerance=1e-5)
def _(p):
    gain, _, _ = control.lqr(
        np.array([[0.0, 1.0], [-p[0], -0.5]]), np.array([[0.0], [1.0]]), np.eye(2), np.array([[p[1]]])
    )
    return gain


@case("control.ctrb", [0.7, 1.3])
def _(p):
    return control.ctrb(np.array([[0.0, 1.0], [-p[0], -p[1]]]), np.array([[0.0], [p[1]]]))


@case("control.feedback", [0.7, 1.3])
def _(p):
    closed = control.feedback(control.tf([p[0]], [1.0, p[1]]) * control.tf([1.0], [1.0, 0.5]))
    return closed(0.8j)


@case("control.parallel", [0.7, 1.3], group=DRAWN)
def _(p):
    return control.parallel(control.tf([p[0]], [1.0, p[1]]), control.tf([1.0], [1.0, 0.5]))(0.8j)


@case("control.root_locus_map", [0.7, 1.3], group=DRAWN)
def _(p):
    located = control.root_locus_map(control.tf([1.0, p[0]], [1.0, p[1], 2.0]), np.array([0.2, 0.4]))
    return located.loci


@case("control.ss", [0.7, 1.3], group=DRAWN)
def _(p):
    system = control.ss([[0.0, 1.0], [-p[0], -p[1]]], [[0.0], [1.0]], [[1.0, p[1]]], [[0.0]])
    return system(0.8j)
