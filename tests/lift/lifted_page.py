"""docs/lifted.md, written from the outcomes that are kept."""

import re

DISTRIBUTIONS = {"skimage": "scikit-image", "sklearn": "scikit-learn", "colour": "colour-science"}
GROUPS = {
    "drawn": "Drawn",
    "drawn, further": "Drawn, further arguments of special functions",
    "chosen": "Chosen",
    "drawn, other packages": "Drawn from other packages",
    "programs": "Programs of other packages",
}
PAGE = """
# What works lifted

This page is written by `make lifted`, which runs every case of `tests/lift` and keeps what it saw. A case is a
function of a vector of floats that uses a library as one does. It is differentiated in both modes and compared with
central differences with step refinement; its plain result must be the same to the bit, types included, before and
after `enable`. Everything that does not work says so with an error.

The list was written before the rules that it needs. 150 functions were drawn with a printed seed from all public
functions and classes of SciPy that take floats (`tests/lift/draw.py`, with the criteria); where a name turned out to
have no derivative by nature (it returns labels, takes a number of points) the next one drawn took its place
(`tests/lift/cases/drawn_void.py`). Of special functions the argument counts; orders and shape parameters are reported
apart. Of distributions everything that is real counts. The chosen list and the programs of other packages are no
random sample; 40 more functions are drawn from the other packages in the same way (`tests/lift/draw_packages.py`).

The first run was made when lifting could do something for the first time, before its author had seen a result of the
list and before most rules for SciPy were there. The rates of now are no estimate for functions that nobody has looked
at: faults that the list showed were mended.
"""


def page(kept, first):
    """docs/lifted.md, of what is kept."""
    cases = kept["cases"]
    parts = [PAGE.strip(), "", "## Rates", "", *rates(cases, first), ""]
    scipy = {n: c for n, c in cases.items() if "scipy" in c["package"]}
    for group in ("drawn", "drawn, further", "chosen"):
        of_group = {n: c for n, c in scipy.items() if c["group"] == group}
        parts += [f"## {GROUPS[group]}", "", *entries(of_group), ""]
    parts += [f"## {GROUPS['programs']}", ""]
    packages = sorted({p for c in cases.values() for p in c["package"]} - {"scipy"})
    for package in packages:
        of_package = {n: c for n, c in cases.items() if package in c["package"]}
        number = next(iter(of_package.values()))["package"][package]
        parts += [f"### {DISTRIBUTIONS.get(package, package)} {number}", "", *entries(of_package), ""]
    return "\n".join(parts).rstrip() + "\n"


def rates(cases, first):
    lines = ["| list | works | raises | silently wrong | not judged | at the first run |", "|---|---|---|---|---|---|"]
    for group, title in GROUPS.items():
        words = [c["word"] for c in cases.values() if c["group"] == group]
        judged = [w for w in words if w in ("ok", "raises", "WRONG")]
        if judged:
            ok = words.count("ok")
            share = f"{ok} of {len(judged)} ({100 * ok / len(judged):.0f} %)"
            rest = f"{words.count('raises')} | {words.count('WRONG')} | {len(words) - len(judged)}"
            lines.append(f"| {title} | {share} | {rest} | {first.get(group, '')} |")
    return lines


def entries(cases):
    """What works, in one paragraph, and what does not, in a table with the reason."""
    works = [f"`{n}`" for n, c in cases.items() if c["word"] == "ok"]
    lines = [f"Works in both modes ({len(works)}): {', '.join(works)}." if works else "Nothing works."]
    twice = [f"`{n}`" for n, c in cases.items() if c["word"] == "ok" and c["second"].startswith(("raises", "WRONG"))]
    if twice:
        lines += ["", f"Of these the second derivative raises: {', '.join(twice)}."]
    rest = {n: c for n, c in cases.items() if c["word"] != "ok"}
    if rest:
        lines += ["", "| does not work | what happens |", "|---|---|"]
        for name, c in rest.items():
            lines.append(f"| `{name}` | {described(c)} |")
    return lines


def described(kept):
    if kept["word"] != "raises":
        return kept["word"] + (f": {safe(kept['why'])}" if kept["why"] else "")
    modes = [mode for mode in ("forward", "reverse") if kept[mode] == "raises"]
    return (
        ("" if len(modes) == 2 else f"{modes[0]} mode: ")
        + ("" if kept["ours"] else "foreign error: ")
        + safe(kept["why"])
    )


def safe(text):
    """An error for a cell of a table: no place of this machine, no address, no bar."""
    text = re.sub(r" ?\(at [^)]*\)", "", text)
    text = re.sub(r"[^\s(]*/([\w.-]+\.py)", r"\1", text)
    return re.sub(r"0x[0-9a-f]+", "0x...", text).replace("|", "\\|").replace("<", "&lt;")[:220]
