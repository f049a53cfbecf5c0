"""Chosen: filters, pictures, distances, rotations, distributions and fits, Fourier transforms, sparse systems."""

import numpy as np
import scipy.sparse as sp
from lifted_harness import case
from scipy import fft, ndimage, signal, spatial, special, stats

GROUP = "chosen"
TIME = np.arange(40) * 0.1
WAVE = np.sin(2.1 * TIME) + 0.3 * np.cos(7.0 * TIME)
IMAGE = np.sin(np.arange(30.0).reshape(5, 6) * 1.3) + 0.05 * np.arange(30.0).reshape(5, 6)
SAMPLE = np.random.default_rng(5).gamma(3.0, size=30)


@case("scipy.signal.lfilter", [0.7, 1.3, 0.3, 0.2])
def _(p):
    return signal.lfilter(p[:2], [1.0, p[2], p[3]], p[0] * WAVE)


@case("scipy.signal.filtfilt", [0.7, 1.3, 0.3])
def _(p):
    return signal.filtfilt(p[:2], [1.0, -p[2]], WAVE * p[0])


@case("scipy.signal.butter and sosfiltfilt", [0.25, 1.3])
def _(p):
    return signal.sosfiltfilt(signal.butter(3, p[0], output="sos"), WAVE * p[1])


@case("scipy.signal.fftconvolve", [0.7, 1.3, 0.3])
def _(p):
    return signal.fftconvolve(p * 2, p[0] * WAVE, mode="same")


@case("scipy.signal.hilbert", [0.7, 1.3])
def _(p):
    return np.abs(signal.hilbert(p[0] * np.cos(p[1] * TIME)))


@case("scipy.signal.welch", [0.7, 1.3])
def _(p):
    return signal.welch(p[0] * np.cos(p[1] * TIME) + WAVE, fs=10.0, nperseg=16)[1]


@case("scipy.signal.spectrogram", [0.7, 1.3])
def _(p):
    return signal.spectrogram(p[0] * np.cos(p[1] * TIME) + WAVE, fs=10.0, nperseg=16)[2]


@case("scipy.signal.stft", [0.7, 1.3])
def _(p):
    return signal.stft(p[0] * np.cos(p[1] * TIME), nperseg=16)[2]


@case("scipy.signal.detrend", [0.7, 1.3])
def _(p):
    return signal.detrend(p[0] * TIME**2 + np.sin(p[1] * TIME))


@case("scipy.signal.resample", [0.7, 1.3])
def _(p):
    return signal.resample(p[0] * np.cos(p[1] * TIME), 55)


@case("scipy.signal.freqz", [0.7, 1.3, 0.3])
def _(p):
    return np.abs(signal.freqz(p[:2], [1.0, p[2]], worN=16)[1])


@case("scipy.signal.lsim", [0.7, 1.3])
def _(p):
    return signal.lsim(([p[0]], [1.0, p[1], 1.0]), WAVE, TIME)[1]


@case("scipy.signal.decimate", [0.7, 1.3])
def _(p):
    return signal.decimate(p[0] * np.cos(p[1] * TIME), 2, ftype="fir")


@case("scipy.signal.correlate", [0.7, 1.3, 0.3])
def _(p):
    return signal.correlate(WAVE[:8], p, mode="valid")


@case("scipy.signal.convolve2d", [0.7, 1.3, 0.3, 0.4])
def _(p):
    return signal.convolve2d(IMAGE * p[0], p.reshape(2, 2), boundary="symm", mode="same")


@case("scipy.ndimage.gaussian_filter", [0.7, 1.3])
def _(p):
    return ndimage.gaussian_filter(p[0] * IMAGE + p[1] * IMAGE**2, 0.8)


@case("scipy.ndimage.convolve", [0.7, 1.3, 0.2, 0.4])
def _(p):
    return ndimage.convolve(p[0] * IMAGE, p.reshape(2, 2), mode="nearest")


@case("scipy.ndimage.map_coordinates", [0.7, 1.3, 1.2, 2.4])
def _(p):
    return ndimage.map_coordinates(p[0] * IMAGE + p[1] * IMAGE**2, [[p[2], 3.1], [p[3], 2.2]], order=3)


@case("scipy.ndimage.map_coordinates, order 1", [0.7, 1.2, 2.4])
def _(p):
    return ndimage.map_coordinates(p[0] * IMAGE, [[p[1], 3.1], [p[2], 2.2]], order=1)


@case("scipy.ndimage.rotate", [0.7, 1.3])
def _(p):
    return ndimage.rotate(p[0] * IMAGE + p[1], 20.0, reshape=False, order=1)


@case("scipy.ndimage.zoom", [0.7, 1.3])
def _(p):
    return ndimage.zoom(p[0] * IMAGE + p[1] * IMAGE**2, 1.5, order=3)


@case("scipy.ndimage.shift", [0.7, 0.3])
def _(p):
    return ndimage.shift(p[0] * IMAGE, p[1], order=3)


@case("scipy.ndimage.affine_transform", [0.7, 0.9, 0.1, -0.2, 0.8])
def _(p):
    return ndimage.affine_transform(p[0] * IMAGE, p[1:].reshape(2, 2), order=3, mode="nearest")


@case("scipy.ndimage.sobel", [0.7, 1.3])
def _(p):
    return ndimage.sobel(p[0] * IMAGE + p[1] * IMAGE**2, axis=0)


@case("scipy.ndimage.median_filter", [0.7, 1.3])
def _(p):
    return ndimage.median_filter(p[0] * IMAGE + p[1] * IMAGE**2, size=3)


@case("scipy.ndimage.uniform_filter", [0.7, 1.3])
def _(p):
    return ndimage.uniform_filter(p[0] * IMAGE + p[1] * IMAGE**2, 3)


@case("scipy.spatial.distance.cdist", [0.7, 1.3, 0.2, 0.4])
def _(p):
    other = np.array([[0.1, 0.9], [1.4, -0.3], [2.0, 2.0]])
    return spatial.distance.cdist(p.reshape(2, 2), other)


@case("scipy.spatial.distance.pdist", [0.7, 1.3, 0.2, 0.4, 1.5, -0.2])
def _(p):
    x = p.reshape(3, 2)
    return spatial.distance.pdist(x, "sqeuclidean"), spatial.distance.pdist(x, "cityblock")


@case("scipy.spatial.transform.Rotation", [0.7, 0.3, 0.2])
def _(p):
    rotation = spatial.transform.Rotation.from_rotvec(p)
    return rotation.apply([1.0, 0.5, -0.2]), rotation.as_matrix()


@case("scipy.spatial.transform.Rotation, euler", [0.7, 0.3, 0.2])
def _(p):
    return spatial.transform.Rotation.from_euler("xyz", p).as_quat()


@case("scipy.spatial.transform.Slerp", [0.7, 0.3, 0.4])
def _(p):
    rotations = spatial.transform.Rotation.from_euler("z", np.array([[p[0]], [p[1] + 1.0]]))
    return spatial.transform.Slerp([0.0, 1.0], rotations)(p[2]).as_matrix()


@case("scipy.spatial.procrustes", [0.7, 1.3, 0.2, 0.4, 1.5, -0.2])
def _(p):
    return spatial.procrustes(p.reshape(3, 2), np.array([[0.0, 1.0], [1.0, 0.3], [0.2, -1.0]]))[2]


@case("scipy.stats.norm:logpdf", [0.7, 0.3, 1.2])
def _(p):
    return stats.norm.logpdf(SAMPLE * p[0], loc=p[1], scale=p[2])


@case("scipy.stats.norm, frozen", [0.7, 0.3, 1.2])
def _(p):
    made = stats.norm(p[1], p[2])
    return made.pdf(p[0]), made.cdf(p[0]), made.ppf(0.3), made.mean(), made.std()


@case("scipy.stats.gamma:logpdf", [2.7, 1.2])
def _(p):
    return stats.gamma.logpdf(SAMPLE, p[0], scale=p[1])


@case("scipy.stats.beta:pdf", [0.3, 1.7, 2.2])
def _(p):
    return stats.beta.pdf(p[0], p[1], p[2])


@case("scipy.stats.t:sf", [1.3])
def _(p):
    return stats.t.sf(p[0], 4.0)


@case("scipy.stats.norm:fit", [0.7, 1.3])
def _(p):
    return stats.norm.fit(p[0] * SAMPLE + p[1])


@case("scipy.stats.gamma:fit", [0.7, 1.3], tolerance=1e-4, second=False)
def _(p):
    return stats.gamma.fit(p[0] * SAMPLE + p[1], floc=0)


@case("scipy.stats.gaussian_kde", [0.7, 1.3])
def _(p):
    return stats.gaussian_kde(p[0] * SAMPLE)(np.array([p[1], 2.0, 3.0]))


@case("scipy.stats.linregress", [0.7, 1.3])
def _(p):
    result = stats.linregress(TIME, p[0] * TIME + np.sin(p[1] * TIME))
    return result.slope, result.intercept, result.rvalue, result.stderr, result.pvalue


@case("scipy.stats.pearsonr", [0.7, 1.3])
def _(p):
    result = stats.pearsonr(TIME, p[0] * TIME + np.sin(p[1] * TIME))
    return result.statistic, result.pvalue


@case("scipy.stats.skew and kurtosis", [0.7, 1.3])
def _(p):
    return stats.skew(SAMPLE**2 * p[0] + p[1] * SAMPLE), stats.kurtosis(SAMPLE**2 * p[0] + p[1] * SAMPLE)


@case("scipy.stats.multivariate_t:logpdf", [0.7, 1.3, 2.0, 0.4])
def _(p):
    return stats.multivariate_t.logpdf(p[:2], loc=[0.1, 0.2], shape=np.array([[p[2], p[3]], [p[3], 1.5]]), df=5)


@case("scipy.stats.wasserstein_distance", [0.7, 1.3])
def _(p):
    return stats.wasserstein_distance(SAMPLE, p[0] * SAMPLE[:20] ** 2 + p[1])


@case("scipy.stats.boxcox", [1.2, 0.7], tolerance=1e-4, second=False)
def _(p):
    return stats.boxcox(SAMPLE * p[0] + p[1])


@case("scipy.fft.dct", [0.7, 1.3, 0.2, 0.4])
def _(p):
    return fft.dct(p, norm="ortho"), fft.rfft(p, n=6), fft.irfft(fft.rfft(p), n=4)


@case("scipy.special.logsumexp", [0.7, 1.3, 0.2, 0.4])
def _(p):
    return special.logsumexp(p.reshape(2, 2), axis=1, b=np.array([1.0, 2.0]))


@case("scipy.special.gammaln, digamma, erf", [0.7, 1.3])
def _(p):
    return special.gammaln(p), special.digamma(p), special.erf(p), special.xlogy(p, p[::-1])


@case("scipy.special.jv", [0.7, 1.3])
def _(p):
    return special.jv(2, p), special.spherical_jn(2, p), special.eval_legendre(3, p)


@case("scipy.sparse.linalg.spsolve", [2.3, 0.5, 0.4, 1.6, 1.0, 2.0])
def _(p):
    return sp.linalg.spsolve(sp.csc_array(p[:4].reshape(2, 2)), p[4:])


@case("scipy.sparse.linalg.cg", [2.3, 0.5, 1.6, 1.0, 2.0])
def _(p):
    matrix = np.array([[p[0], p[1]], [p[1], p[2]]])
    return sp.linalg.cg(matrix, p[3:], rtol=1e-12)[0]


@case("scipy.sparse.linalg.gmres", [2.3, 0.5, 0.4, 1.6, 1.0, 2.0])
def _(p):
    return sp.linalg.gmres(p[:4].reshape(2, 2), p[4:], rtol=1e-13)[0]


@case("scipy.sparse, product", [2.3, 0.5, 1.6])
def _(p):
    matrix = sp.diags_array([p, p[:2]], offsets=[0, 1]).tocsr()
    return matrix @ np.array([1.0, 2.0, p[0]])
