"""Generated kernels run on the host: the function of one thread, called once for each thread of a small grid.

Where threads share a unit they meet at barriers and read each other's registers. Each is then a fiber of its own (a
stack that the C library switches to); at a meeting it goes back to the one who runs them, who lets all come first.
"""

import ctypes
import platform

from .array import check_devices
from .state import counts

#: Whether fibers are there as they are used here.
FIBERS = platform.system() == "Linux" and platform.machine() == "x86_64" and platform.libc_ver()[0] == "glibc"
STACK, CONTEXT = 1 << 16, 1024

MEETINGS = """
@emulated.lane = global i64 0
@emulated.here = global ptr null
@emulated.main = global ptr null
@emulated.done = global i64 0
@emulated.words = global [256 x i32] zeroinitializer
@emulated.memory = global [64 x i64] zeroinitializer
declare i32 @swapcontext(ptr, ptr)

define void @group.meet() noinline {
  %here = load volatile ptr, ptr @emulated.here
  %main = load volatile ptr, ptr @emulated.main
  %r = call i32 @swapcontext(ptr %here, ptr %main)
  ret void
}

define i32 @group.shuffle(i32 %x, i32 %mask) noinline {
  %lane = load volatile i64, ptr @emulated.lane
  %own = getelementptr [256 x i32], ptr @emulated.words, i64 0, i64 %lane
  store volatile i32 %x, ptr %own
  call void @group.meet()
  %wide = zext i32 %mask to i64
  %other = xor i64 %lane, %wide
  %place = getelementptr [256 x i32], ptr @emulated.words, i64 0, i64 %other
  %y = load volatile i32, ptr %place
  call void @group.meet()
  ret i32 %y
}

define i32 @group.part(i32 %x, i32 %mask, i32 %lanes) noinline {
  %y = call i32 @group.shuffle(i32 %x, i32 %mask)
  ret i32 %y
}

define ptr @group.place(i64 %k) noinline {
  %p = getelementptr [64 x i64], ptr @emulated.memory, i64 0, i64 %k
  ret ptr %p
}
"""


def fiber_text(kernel):
    """A function of one address, at which the arguments of a thread lie."""
    kinds = ["ptr"] * len(kernel.pointers) + ["i64"] * (len(kernel.sizes) + 4)
    lines = [f"define void @{kernel.symbol}.fiber(ptr %given) {{"]
    for k, kind in enumerate(kinds):
        lines += [f"  %at{k} = getelementptr i64, ptr %given, i64 {k}", f"  %a{k} = load {kind}, ptr %at{k}"]
    given = ", ".join(f"{kind} %a{k}" for k, kind in enumerate(kinds))
    lines += [f"  call void @{kernel.symbol}.thread({given})", "  store volatile i64 1, ptr @emulated.done"]
    return "\n".join([*lines, "  ret void", "}", ""])


class HostCode:
    """The kernels of a program on this machine."""

    threads = 37

    def __init__(self, kernels):
        from dispatchml.compile import machine
        from dispatchml.compile.device import module

        alone = [k for k in kernels if k.group == 1]
        self.library = machine.load(module.module_text(alone, False)) if alone else None
        shared = {k.symbol: k for k in kernels if k.group > 1}
        self.fibers = Fibers(list(shared.values())) if shared else None

    def __call__(self, kernel, arrays):
        counts.launches += 1
        check_devices(arrays)
        numbers = [*kernel.sizes, kernel.extent, kernel.grain]
        pointers = [x.host.ctypes.data for x in arrays]
        if kernel.group > 1:
            self.fibers.launch(kernel, [*pointers, *numbers])
            return
        address = self.library.address(f"{kernel.symbol}.thread")
        kinds = [ctypes.c_void_p] * len(pointers) + [ctypes.c_int64] * (len(numbers) + 2)
        function = ctypes.CFUNCTYPE(None, *kinds)(address)
        for thread in reversed(range(self.threads)):  # in no order that a result may depend on
            function(*pointers, *numbers, thread, self.threads)


class Fibers:
    """Kernels whose threads meet."""

    #: Groups of a launch.
    groups = 3

    def __init__(self, kernels):
        import llvmlite.binding as llvm

        from dispatchml.compile.device import module
        from dispatchml.compile.device.joins import ON_HOST

        text = module.module_text(kernels, False).replace(ON_HOST, MEETINGS)
        text += "".join(map(fiber_text, kernels))
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        parsed = llvm.parse_assembly(text)
        parsed.verify()
        target = llvm.Target.from_default_triple().create_target_machine(opt=1)
        self.engine = llvm.create_mcjit_compiler(parsed, target)
        self.engine.finalize_object()
        self.libc = ctypes.CDLL(None)
        self.main = ctypes.create_string_buffer(CONTEXT)
        self.words = {n: self.word(f"emulated.{n}") for n in ("lane", "here", "main", "done")}
        self.words["main"].value = ctypes.addressof(self.main)

    def word(self, name):
        return ctypes.c_int64.from_address(self.engine.get_global_value_address(name))

    def launch(self, kernel, given):
        function = ctypes.c_void_p(self.engine.get_function_address(f"{kernel.symbol}.fiber"))
        for group in reversed(range(self.groups)):
            self.run(function, kernel.group, given, group)

    def run(self, function, lanes, given, group):
        """All lanes of a group, from meeting to meeting."""
        contexts = [ctypes.create_string_buffer(CONTEXT) for _ in range(lanes)]
        stacks = [ctypes.create_string_buffer(STACK) for _ in range(lanes)]
        tables = []
        for lane, (context, stack) in enumerate(zip(contexts, stacks, strict=True)):
            self.libc.getcontext(context)
            fields = (ctypes.c_int64 * 5).from_buffer(context)  # flags, link, stack, its flags, its size
            fields[1], fields[2], fields[4] = ctypes.addressof(self.main), ctypes.addressof(stack), STACK
            numbers = [*given, group * lanes + lane, self.groups * lanes]
            tables.append((ctypes.c_int64 * len(numbers))(*numbers))
            self.libc.makecontext(context, function, 1, ctypes.c_void_p(ctypes.addressof(tables[-1])))
        running = True
        while running:
            ended = 0
            for lane, context in enumerate(contexts):
                self.words["lane"].value, self.words["here"].value = lane, ctypes.addressof(context)
                self.words["done"].value = 0
                self.libc.swapcontext(self.main, context)
                ended += self.words["done"].value
            assert ended in (0, lanes), f"{ended} lanes have ended while others wait for them"
            running = not ended
