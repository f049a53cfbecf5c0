"""Run the cases and print the table of what works lifted, what raises and why.

    python tests/lift/table.py                    SciPy: the drawn list and the chosen one
    python tests/lift/table.py --programs         the programs of other packages, each package in a process of its own
    python tests/lift/table.py --only TEXT ...    cases whose name or group contains one of the texts
    python tests/lift/table.py --quick            those of the ordinary test run, against the kept differences
    python tests/lift/table.py [...] --write      keep outcomes.json, which the tests compare with, and docs/lifted.md

Run it from the root of the repository, with the packages installed that it is about.
"""

import argparse
import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE))

from cases.drawn_void import VOID, VOID_OF_PACKAGES  # noqa: E402
from lifted_harness import CASES, Outcome, check, plain_results  # noqa: E402
from lifted_page import DISTRIBUTIONS, GROUPS, page  # noqa: E402

OUTCOMES = HERE / "outcomes.json"
FIRST = HERE / "first_run.json"


def drawn_names(file="drawn.txt"):
    """The names that count: the void ones' places are taken by the reserve, in its order."""
    lines = (HERE / file).read_text().splitlines()[1:]
    middle = lines.index("--")
    void = VOID | VOID_OF_PACKAGES
    kept = [n for n in lines[:middle] if n not in void]
    reserve = [n for n in lines[middle + 1 :] if n not in void]
    return kept + reserve[: middle - len(kept)]


def load(folder, only=None):
    """Execute the case files of a folder; names of those whose package is missing."""
    missing = {}
    for path in sorted((HERE / folder).glob("*.py")):
        if only and path.stem != only:
            continue
        if f"lift_{folder}_{path.stem}" in sys.modules:
            continue
        spec = importlib.util.spec_from_file_location(f"lift_{folder}_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        try:
            spec.loader.exec_module(module)
        except ImportError as error:
            if folder != "programs":
                raise
            missing[path.stem] = str(error)
    return missing


def counted():
    """The cases of the table: those of the reserve only as far as it is used."""
    names = {*drawn_names(), *drawn_names("drawn_packages.txt")}
    found = {}
    for name, case in CASES.items():
        if case.group.startswith("drawn") and name.split(", ")[0] not in names:
            continue
        found[name] = case
    return found


def enable(packages):
    import dispatchml as dm

    for package in packages:
        dm.lift.enable(package)


def run(cases, references=None, show=print):
    """The outcomes of cases, by name."""
    references = references or {}
    before = plain_results(cases)
    enable(dict.fromkeys(["scipy", *(c.package for c in cases.values())]))
    outcomes = {}
    for name, case in cases.items():
        outcomes[name] = outcome = check(case, before[name], references.get(name))
        show(line(name, outcome))
    return outcomes


def line(name, outcome):
    remark = f"  {outcome.why}" if outcome.why else ""
    mark = "" if outcome.word != "raises" or outcome.ours else " (foreign)"
    checks = "/".join(w.split()[0] if w else "-" for w in (outcome.forward, outcome.reverse, outcome.second))
    return f"{outcome.word + mark:17s} {checks:14s} {outcome.seconds:6.2f} s  {name}{remark}"


def programs():
    """Each package in a process of its own; LIFTED_MINUTES in the environment bounds the whole run."""
    found, missing = {}, {}
    end = time.monotonic() + 60 * float(os.environ.get("LIFTED_MINUTES", "inf"))
    only = os.environ.get("LIFTED_PACKAGES", "").split() or sorted(p.stem for p in (HERE / "programs").glob("*.py"))
    for path in [HERE / "programs" / f"{name}.py" for name in only]:
        if time.monotonic() > end:
            continue
        command = [sys.executable, __file__, "--package", path.stem]
        try:
            done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=300)
        except subprocess.TimeoutExpired:
            missing[path.stem] = "longer than 300 s"
            continue
        text = done.stdout.strip().splitlines()
        if done.returncode == 0 and text:
            report = json.loads(text[-1])
            missing.update(report["missing"])
            found.update({n: Outcome(**o) for n, o in report["outcomes"].items()})
            print("\n".join(text[:-1]), flush=True)
        else:
            missing[path.stem] = f"the process ended with {done.returncode}: {done.stderr[-300:]}"
            print(missing[path.stem], flush=True)
    return found, missing


def rate(outcomes, cases, group):
    """(ok, all) of a group, without what the differences could not judge."""
    words = [o.word for n, o in outcomes.items() if cases[n].group == group]
    judged = [w for w in words if w not in ("void", "not smooth", "broken")]
    return sum(w == "ok" for w in judged), len(judged)


def summary(outcomes, cases):
    lines = []
    for group, title in GROUPS.items():
        ok, judged = rate(outcomes, cases, group)
        if judged:
            words = [o.word for n, o in outcomes.items() if cases[n].group == group]
            rest = ", ".join(
                f"{words.count(w)} {w}" for w in ("raises", "WRONG", "void", "not smooth", "broken") if w in words
            )
            lines.append(f"{title}: {ok} of {judged} ({100 * ok / judged:.0f} %)" + (f"; {rest}" if rest else ""))
    return lines


def version(package):
    return importlib.metadata.version(DISTRIBUTIONS.get(package, package))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--programs", action="store_true")
    parser.add_argument("--package")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--first", action="store_true", help="keep the rates as those of the first run")
    options = parser.parse_args()
    if options.package:
        missing = load("programs", options.package)
        outcomes = run(counted())
        print(json.dumps({"missing": missing, "outcomes": {n: asdict(o) for n, o in outcomes.items()}}))
        return
    kept = json.loads(OUTCOMES.read_text()) if OUTCOMES.exists() else {"cases": {}}
    missing = {}
    if options.programs:
        missing = load("programs")
        cases = counted()
        outcomes, missing = programs()
        cases = {n: cases[n] for n in outcomes}
    else:
        load("cases")
        cases = counted()
        without = [n for n in drawn_names() if n not in cases]
        if without:
            print("drawn, without a case:", ", ".join(without))
        if options.only is not None:
            cases = {n: c for n, c in cases.items() if any(t in n or t == c.group for t in options.only)}
        references = None
        if options.quick:
            references = {n: kept["cases"][n]["directions"] for n in cases if n in kept["cases"]}
        outcomes = run(cases, references, show=lambda text: print(text, flush=True))
    lines = summary(outcomes, cases)
    print("\n".join(["", *lines]))
    if options.first:
        first = json.loads(FIRST.read_text()) if FIRST.exists() else {}
        for group in GROUPS:
            ok, judged = rate(outcomes, cases, group)
            if judged:
                first[group] = f"{ok} of {judged} ({100 * ok / judged:.0f} %)"
        FIRST.write_text(json.dumps(first, indent=1) + "\n")
    if options.write:
        kept = json.loads(OUTCOMES.read_text()) if OUTCOMES.exists() else {"cases": {}}  # two may run at once
        for name, outcome in outcomes.items():
            packages = {p: version(p) for p in (["scipy"] if cases[name].package == "scipy" else [cases[name].package])}
            kept["cases"][name] = {
                "group": cases[name].group,
                "package": packages,
                "word": outcome.word,
                **asdict(outcome),
            }
        kept["missing"] = {**kept.get("missing", {}), **missing}
        OUTCOMES.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
        first = json.loads(FIRST.read_text()) if FIRST.exists() else {}
        (ROOT / "docs" / "lifted.md").write_text(page(kept, first))
    if any(o.word == "WRONG" for o in outcomes.values()):
        sys.exit("something is WRONG")


if __name__ == "__main__":
    main()
