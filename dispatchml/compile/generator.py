"""From LLVM's text to an object of this machine. The only part that needs llvmlite, imported when it is called."""

from __future__ import annotations

from functools import cache
from typing import Any

from .image import is_external


@cache
def target_machine(effort: int = 3) -> Any:
    """LLVM's machine for this processor with everything it has. effort: how hard it looks for good code, 0 to 3."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    llvm.initialize_native_asmparser()  # else an instruction that LLVM has no word for ends the process
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=effort,
        reloc="pic",
        codemodel="small",
    )


def compile_text(text: str, effort: int = 3) -> tuple[bytes, list[str]]:
    """The object for a text, and the names of the functions that it defines for others.

    Raises RuntimeError, with LLVM's words, for a text that is not valid or not complete.
    """
    import llvmlite.binding as llvm

    machine = target_machine(effort)
    module = llvm.parse_assembly(text)
    module.triple, module.data_layout = machine.triple, str(machine.target_data)
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=effort)
    options.loop_vectorization = options.slp_vectorization = options.loop_unrolling = effort >= 2
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    missing = [f.name for f in module.functions if f.is_declaration and not is_external(f.name)]
    missing = [name for name in missing if not name.startswith("llvm.")]
    if missing:
        raise RuntimeError(f"it calls what it does not define: {', '.join(missing)}")
    names = [f.name for f in module.functions if not f.is_declaration and f.linkage == llvm.Linkage.external]
    return machine.emit_object(module), names


class Linked:
    """An object that LLVM's own linker has put into memory, for machines that `image` does not know."""

    def __init__(self, data: bytes, names: list[str]) -> None:
        import llvmlite.binding as llvm

        self.compiler = llvm.create_lljit_compiler(target_machine(), suppress_errors=False)
        library = llvm.JITLibraryBuilder().add_object_img(data).add_current_process()
        for name in names:
            library.export_symbol(name)
        self.tracker = library.link(self.compiler, "dispatchml")
        self.symbols = {name: int(self.tracker[name]) for name in names}
