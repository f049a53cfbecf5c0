"""librosa."""

import librosa
import numpy as np
from lifted_harness import case

GROUP, PACKAGE = "programs", "librosa"
TIME = np.arange(512) / 512.0
SOUND = np.sin(2 * np.pi * 40 * TIME) + 0.3 * np.sin(2 * np.pi * 90 * TIME)


@case("librosa.stft", [0.7, 1.3])
def _(p):
    return np.abs(librosa.stft(p[0] * SOUND + p[1] * SOUND**2, n_fft=64)) ** 2


@case("librosa.feature.melspectrogram", [0.7, 1.3])
def _(p):
    return librosa.feature.melspectrogram(y=p[0] * SOUND + p[1] * SOUND**2, sr=512, n_fft=64, n_mels=8)


@case("librosa.power_to_db", [0.7, 1.3, 0.2])
def _(p):
    return librosa.power_to_db(p)


@case("librosa.mel_to_hz, hz_to_mel", [440.0, 1500.0])
def _(p):
    return librosa.hz_to_mel(p)
