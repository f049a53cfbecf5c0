"""scikit-learn."""

import numpy as np
from lifted_harness import case
from sklearn import (
    covariance,
    decomposition,
    gaussian_process,
    kernel_ridge,
    linear_model,
    metrics,
    naive_bayes,
    preprocessing,
)

GROUP, DRAWN, PACKAGE = "programs", "drawn, other packages", "sklearn"
CHANCE = np.random.default_rng(11)
X = CHANCE.normal(size=(20, 3))
Y = X @ np.array([1.0, -2.0, 0.5]) + 0.1 * CHANCE.normal(size=20)
LABELS = (Y > 0).astype(int)


@case("sklearn.linear_model.LinearRegression", [0.7, 1.3])
def _(p):
    fitted = linear_model.LinearRegression().fit(X * p[0], Y + p[1] * X[:, 0] ** 2)
    return fitted.coef_, fitted.predict(X[:2])


@case("sklearn.linear_model.Ridge", [0.7, 1.3])
def _(p):
    return linear_model.Ridge(alpha=0.5).fit(X, p[0] * Y + p[1] * X[:, 0] ** 2).predict(X[:3])


@case("sklearn.gaussian_process.GaussianProcessRegressor", [0.7, 1.3])
def _(p):
    kernel = gaussian_process.kernels.RBF(1.2)
    fitted = gaussian_process.GaussianProcessRegressor(kernel, alpha=0.1, optimizer=None).fit(X, p[0] * Y)
    return fitted.predict(X[:2] * p[1])


@case("sklearn.gaussian_process.kernels.Matern", [0.7, 1.3])
def _(p):
    return gaussian_process.kernels.Matern(length_scale=1.5, nu=1.5)(X[:4] * p[0], X[4:8] * p[1])


@case("sklearn.metrics.mean_squared_error, r2_score", [0.7, 1.3])
def _(p):
    guess = p[0] * Y + p[1] * X[:, 0]
    return metrics.mean_squared_error(Y, guess), metrics.r2_score(Y, guess)


@case("sklearn.metrics.log_loss", [0.7, 1.3])
def _(p):
    return metrics.log_loss(LABELS, 1 / (1 + np.exp(-p[0] * Y - p[1] * X[:, 0])))


@case("sklearn.metrics.pairwise.rbf_kernel", [0.7, 1.3])
def _(p):
    return metrics.pairwise.rbf_kernel(X[:4] * p[0], X[3:6], gamma=p[1])


@case("sklearn.metrics.pairwise.cosine_similarity", [0.7, 1.3])
def _(p):
    return metrics.pairwise.cosine_similarity(X[:4] + p[0], X[3:6] - p[1])


@case("sklearn.decomposition.PCA", [0.7, 1.3])
def _(p):
    fitted = decomposition.PCA(n_components=2).fit(X * np.array([1.0, p[0], p[1]]))
    return fitted.explained_variance_, fitted.explained_variance_ratio_


@case("sklearn.preprocessing.StandardScaler", [0.7, 1.3])
def _(p):
    return preprocessing.StandardScaler().fit(X * p[0] + p[1] * X**2).transform(X[:3])


@case("sklearn.kernel_ridge.KernelRidge", [0.7, 1.3])
def _(p):
    return kernel_ridge.KernelRidge(alpha=0.3, kernel="rbf", gamma=0.5).fit(X * p[1], p[0] * Y).predict(X[:3])


@case("sklearn.naive_bayes.GaussianNB", [0.7, 1.3])
def _(p):
    return naive_bayes.GaussianNB().fit(X * p[0] + p[1] * X**2, LABELS).predict_proba(X[:3])


@case("sklearn.covariance.LedoitWolf", [0.7, 1.3])
def _(p):
    return covariance.LedoitWolf().fit(X * p[0] + p[1] * X**2).covariance_


@case("sklearn.linear_model.LogisticRegression", [0.7, 1.3], tolerance=1e-3, second=False)
def _(p):
    fitted = linear_model.LogisticRegression(tol=1e-10, max_iter=1000).fit(X * p[0] + p[1] * X**2, LABELS)
    return fitted.predict_proba(X[:3])


@case("sklearn.metrics.calinski_harabasz_score", [0.7, 1.3], group=DRAWN)
def _(p):
    return metrics.calinski_harabasz_score(X * p[0] + p[1] * X**2, LABELS)


@case("sklearn.preprocessing.normalize", [0.7, 1.3], group=DRAWN)
def _(p):
    return preprocessing.normalize(X[:4] * p[0] + p[1] * X[:4] ** 2)
