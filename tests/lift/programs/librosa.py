"""librosa."""

import librosa
import numpy as np
from lifted_harness import case

GROUP, DRAWN, PACKAGE = "programs", "drawn, other packages", "librosa"
TIME = np.arange(512) / 512.0
LONG = np.sin(2 * np.pi * 220 * np.arange(4096) / 4096)
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


@case("librosa.db_to_amplitude", [3.0, -20.0], group=DRAWN)
def _(p):
    return librosa.db_to_amplitude(p)


@case("librosa.interval_frequencies", [55.0], group=DRAWN)
def _(p):
    return librosa.interval_frequencies(12, fmin=p[0], intervals="pythagorean", bins_per_octave=12)


@case("librosa.util.phasor", [0.7, -1.2, 2.0], group=DRAWN)
def _(p):
    return librosa.util.phasor(p[:2], mag=p[2])


# Of the reserve.


@case("librosa.feature.chroma_cqt", [0.7, 1.3], group=DRAWN, second=False)
def _(p):
    return librosa.feature.chroma_cqt(y=p[0] * LONG + p[1] * LONG**2, sr=4096, fmin=110.0, n_octaves=2, hop_length=512)


@case("librosa.feature.mfcc", [0.7, 1.3], group=DRAWN)
def _(p):
    return librosa.feature.mfcc(y=p[0] * SOUND + p[1] * SOUND**2, sr=512, n_mfcc=4, n_fft=64, n_mels=8)
