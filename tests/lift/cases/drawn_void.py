"""Drawn names that passed the mechanical criteria and have no derivative by nature.

The next of the reserve takes the place of each. Nothing else may be here: a name is void where no float argument is
there at all, or where the result is locally constant or no number. That it is hard to differentiate is no reason.
"""

VOID = {
    "scipy.cluster.hierarchy.cut_tree": "returns the labels of clusters: integers",
    "scipy.linalg.bandwidth": "returns two integers",
    "scipy.linalg.get_blas_funcs": "returns functions",
    "scipy.ndimage.value_indices": "takes and returns integers",
    "scipy.signal.findfreqs": "rounds to decades: locally constant",
    "scipy.signal.max_len_seq": "returns bits",
    "scipy.signal.windows.barthann": "takes a number of points only",
    "scipy.signal.windows.blackman": "takes a number of points only",
    "scipy.signal.windows.boxcar": "takes a number of points only",
    "scipy.sparse.csgraph.min_weight_full_bipartite_matching": "returns indices",
    "scipy.spatial.voronoi_plot_2d": "draws a picture",
    "scipy.special.stirling2": "takes integers",
    "scipy.stats.kendalltau": "of ranks only: locally constant",
    "scipy.stats.mannwhitneyu": "of ranks only: locally constant",
    "scipy.stats.mood": "of ranks only: locally constant",
    "scipy.stats.ranksums": "of ranks only: locally constant",
    "scipy.stats.wilcoxon": "of ranks only: locally constant",
    "scipy.stats.somersd": "of ranks only: locally constant",
}
VOID_OF_PACKAGES = {
    "astropy.coordinates.get_body": "takes times of a class of its own, no floats",
    "astropy.coordinates.is_rotation_or_reflection": "returns a truth value",
    "control.rss": "draws at random",
    "librosa.display.cmap": "of pictures",
    "librosa.feature.chroma_cens": "quantises: locally constant before it is smoothed",
    "librosa.samples_like": "returns integers",
    "networkx.from_nested_tuple": "takes and returns trees of integers",
    "pvlib.clearsky.detect_clearsky": "returns truth values",
    "pvlib.iotools.get_acis_prism": "reads from the network",
    "skimage.feature.blob_dog": "returns positions of pixels",
    "skimage.morphology.flood": "returns truth values",
}
