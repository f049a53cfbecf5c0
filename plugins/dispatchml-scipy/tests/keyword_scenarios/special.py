"""The functions of scipy.special that are no ufuncs; those are checked in test_special.py."""

import numpy as np

from .moving import moved

A = np.array([[0.3, -0.8, 1.2], [0.5, 0.1, -0.4]])
V = np.array([1.7, 3.2])
U = np.array([0.6, 2.3])
#: In these the derivative by the first argument is none.
SCENARIOS = {
    "logsumexp": lambda f, a: f.logsumexp(moved(A, a), axis=1, b=moved(np.abs(A), a), keepdims=True),
    "logsumexp and signs": lambda f, a: f.logsumexp(moved(A, a), axis=0, b=moved(A, a), return_sign=True),
    "softmax": lambda f, a: f.softmax(moved(A, a), axis=0),
    "log_softmax": lambda f, a: f.log_softmax(moved(A, a), axis=1),
    "softplus": lambda f, a: f.softplus(moved(A, a)),
    "multigammaln": lambda f, a: f.multigammaln(moved(V + 2, a), 3),
    "factorial": lambda f, a: f.factorial(moved(V, a), exact=False, extend="complex"),
    "comb": lambda f, a: f.comb(moved(V + 3, a), moved(U, a), exact=False, repetition=True),
    "perm": lambda f, a: f.perm(moved(V + 3, a), moved(U, a), exact=False),
    "polygamma": lambda f, a: f.polygamma(2, moved(V, a)),
    "zeta of Riemann": lambda f, a: f.zeta(moved(V + 1, a)),
    "zeta": lambda f, a: f.zeta(2.5, moved(V, a), out=None),
    "sinc": lambda f, a: f.sinc(moved(A, a)),
    "diric": lambda f, a: f.diric(moved(A, a), 4),
    "lambertw": lambda f, a: f.lambertw(moved(A[1] + 0.3j, a), k=-1, tol=1e-10),
    **{
        f"spherical_{k}n": lambda f, a, k=k: getattr(f, f"spherical_{k}n")(2, moved(V, a), derivative=True)
        for k in "jyik"
    },
    **{n: lambda f, a, n=n: getattr(f, n)(1.5, moved(V, a), n=2) for n in ("jvp", "yvp", "ivp", "kvp", "h1vp", "h2vp")},
    **{n: lambda f, a, n=n: getattr(f, n)(3, moved(V, a)[0], 0.4 * a, mu=True) for n in ("j_roots", "roots_jacobi")},
    **{n: lambda f, a, n=n: getattr(f, n)(2, a) for n in ("mathieu_even_coef", "mathieu_odd_coef")},
}
REFUSED = {}
FIRST_ORDER = {"mathieu_even_coef", "mathieu_odd_coef"}
