"""Drawn: scipy.signal."""

import numpy as np
from lifted_harness import case
from scipy import signal

GROUP = "drawn"
TIME = np.arange(40) * 0.1
WAVE = np.sin(2.1 * TIME) + 0.3 * np.cos(7.0 * TIME)


@case("scipy.signal.ZoomFFT:__call__", [0.7, 1.3])
def _(p):
    zoom = signal.ZoomFFT(40, [0.1, 0.6], m=12)
    return zoom(p[0] * np.sin(p[1] * TIME))


@case("scipy.signal.bilinear_zpk", [0.7, 1.3, 0.4])
def _(p):
    zeros, poles, gain = signal.bilinear_zpk(np.array([-p[0]]), np.array([-p[1], -2.0]), p[2], fs=5.0)
    return zeros, poles, gain


@case("scipy.signal.cheby1", [0.7, 0.3])
def _(p):
    b, a = signal.cheby1(3, p[0], p[1])
    return b, a


@case("scipy.signal.chirp", [0.7, 2.3])
def _(p):
    return signal.chirp(TIME, f0=p[0], t1=4.0, f1=p[1], method="quadratic")


@case("scipy.signal.closest_STFT_dual_window", [0.7, 1.3])
def _(p):
    window = np.exp(-p[0] * np.linspace(-1.5, 1.5, 8) ** 2) * p[1]
    dual, scale = signal.closest_STFT_dual_window(window, 2)
    return dual, scale


@case("scipy.signal.convolve", [0.7, 1.3, 0.2, -0.5, 0.35])
def _(p):
    return signal.convolve(p[:3] * 2.0, p, mode="same")


@case("scipy.signal.czt_points", [0.7])
def _(p):
    return signal.czt_points(5, w=np.exp(-1j * p[0]), a=1.1)


@case("scipy.signal.freqs", [0.7, 1.3, 0.2])
def _(p):
    _, response = signal.freqs([p[0], 1.0], [1.0, p[1], p[2]], worN=np.array([0.3, 1.0, 4.0]))
    return response


@case("scipy.signal.get_window", [4.7])
def _(p):
    return signal.get_window(("kaiser", p[0]), 12)


@case("scipy.signal.invresz", [0.7, 1.3, 0.3, -0.4])
def _(p):
    b, a = signal.invresz(p[:2], p[2:], [])
    return b, a


@case("scipy.signal.kaiser_beta", [42.0, 61.0])
def _(p):
    return signal.kaiser_beta(p[0]), signal.kaiser_beta(p[1])


@case("scipy.signal.medfilt2d", [0.7, 1.3])
def _(p):
    return signal.medfilt2d(p[0] * np.outer(WAVE[:6], WAVE[3:11]) + p[1] * np.outer(TIME[:6], WAVE[:8]), 3)


@case("scipy.signal.qspline2d", [0.7, 1.3])
def _(p):
    return signal.qspline2d(p[0] * np.outer(WAVE[:12], WAVE[3:15]) + p[1] * np.outer(TIME[:12], WAVE[:12]))


@case("scipy.signal.resample_poly", [0.7, 1.3])
def _(p):
    return signal.resample_poly(p[0] * np.sin(p[1] * TIME), 3, 2)


@case("scipy.signal.residue", [0.7, 1.3, 2.2])
def _(p):
    residues, poles, direct = signal.residue([p[0], 1.0], [1.0, p[1] + p[2], p[1] * p[2]])
    return residues, poles


@case("scipy.signal.savgol_filter", [0.7, 1.3])
def _(p):
    return signal.savgol_filter(p[0] * np.sin(p[1] * TIME), 7, 3)


@case("scipy.signal.sosfilt", [0.7, 1.3, 0.4, -0.2, 0.3])
def _(p):
    sections = np.array([[p[0], p[1], p[2], 1.0, p[3], p[4]], [1.0, 0.4, 0.1, 1.0, -0.3, 0.2]])
    return signal.sosfilt(sections, p[0] * WAVE)


@case("scipy.signal.symiirorder2", [0.7, 1.3])
def _(p):
    return signal.symiirorder2(p[0] * np.sin(p[1] * TIME), 0.4, 0.9)


@case("scipy.signal.vectorstrength", [0.7, 1.3, 2.2, 0.9])
def _(p):
    strength, phase = signal.vectorstrength(p[:3], p[3])
    return strength, phase


@case("scipy.signal.windows.tukey", [0.7])
def _(p):
    return signal.windows.tukey(15, p[0])


@case("scipy.signal.zpk2sos", [0.7, 0.3, -0.4, 1.2])
def _(p):
    return signal.zpk2sos([p[0], -1.0], [p[1], p[2]], p[3])


# Of the reserve.


@case("scipy.signal.iirfilter", [0.2, 0.5])
def _(p):
    b, a = signal.iirfilter(2, [p[0], p[1]], btype="band", ftype="butter")
    return b, a


@case("scipy.signal.sosfilt_zi", [0.7, 1.3, 0.4, -0.2, 0.3])
def _(p):
    return signal.sosfilt_zi(np.array([[p[0], p[1], p[2], 1.0, p[3], p[4]]]))
