"""Run as a program: what kernels other processors would get, or what they compute with what every x86-64 has.

    python other_processors.py arm | least

arm prints, for each program, its name, how many kernels were compiled for 64-bit ARM, whether products and sums are one
step there, and what is called that the kernels do not hold. least prints name and the greatest relative error.
"""

import re
import sys

import llvmlite.binding as llvm
import numpy as np

import dispatchml as dm
from dispatchml.compile import blocks, generator, image, workers
from dispatchml.compile.driver import function
from dispatchml.compile.scalars import target

X = np.random.default_rng(0).normal(size=(60, 33))
PROGRAMS = {
    "elements": (dm.value_and_grad(lambda x: np.sum(np.log1p(np.exp(-x * x)) * np.tanh(x))), X),
    "rows": (lambda x: np.sum(np.exp(x - np.max(x, axis=1, keepdims=True)), axis=1), X),
    "stencil": (dm.grad(lambda x: np.sum((x[2:, 1:-1] + x[:-2, 1:-1] - 2 * x[1:-1, 1:-1]) ** 2)), X),
    "single": (lambda x: np.sin(x) / (1 + x * x), X.astype("f4")),
    "whole": (lambda x: x // 3 + x % 5 + (x << 2), np.arange(-50, 50)),
    "complex": (lambda x: np.exp(1j * x) * x, X),
}


def for_arm(text):
    """The assembly of a text, and what it leaves to others."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    text = re.sub('asm sideeffect "[^"]*"', 'asm sideeffect ""', text)  # a parser is there for this machine only
    there = llvm.Target.from_triple("aarch64-unknown-linux-gnu").create_target_machine(opt=3, reloc="pic")
    module = llvm.parse_assembly(text)
    module.triple, module.data_layout = there.triple, str(there.target_data)
    module.verify()
    llvm.create_pass_builder(there, llvm.create_pipeline_tuning_options(speed_level=3)).getModulePassManager().run(
        module, llvm.create_pass_builder(there, llvm.create_pipeline_tuning_options(speed_level=3))
    )
    missing = [f.name for f in module.functions if f.is_declaration and not f.name.startswith("llvm.")]
    assert there.emit_object(module)
    assembly = there.emit_assembly(module)
    called = re.findall(r"\bbl\s+([\w.]+)", assembly)
    own = {f.name for f in module.functions if not f.is_declaration}
    return assembly, {name for name in (*missing, *called) if name not in own and not image.is_external(name)}


def least(effort=3):
    """LLVM's machine for an x86-64 without anything."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    llvm.initialize_native_asmparser()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu="x86-64", features="", opt=effort, reloc="pic", codemodel="small"
    )


def main(kind):
    arm = kind == "arm"
    there = target.Target(has_fma=arm, has_half=arm, width=128)
    target.host = lambda: there
    texts, really = [], generator.compile_text
    if arm:
        text = "\n".join(f.text() for f in (*blocks.functions(), *workers.functions("arm"), function.entry()))
        print("driver", 1, False, *for_arm(text)[1])
        generator.compile_text = lambda text, effort=3: (texts.append(text), really(text, effort))[1]
    else:
        generator.target_machine = least
    for name, (f, x) in PROGRAMS.items():
        texts.clear()
        compiled = dm.jit(f)
        found, wanted = compiled(x), f(x)
        compiled(x)
        if arm:
            made = [for_arm(text) for text in texts]
            print(
                name, len(made), any("fmla" in a or "fmls" in a for a, _ in made), *set().union(*(m for _, m in made))
            )
        else:
            several = zip(found, wanted, strict=True) if isinstance(found, tuple) else [(found, wanted)]
            print(name, max(np.max(np.abs(a - b) / (1 + np.abs(b))) for a, b in several))


if __name__ == "__main__":
    main(sys.argv[1])
