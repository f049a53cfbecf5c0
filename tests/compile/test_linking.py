"""Objects that become images: constants, tables, jumps, calls; and what is left to LLVM's linker."""

import ctypes

import pytest

from dispatchml.compile import generator, linking, machine

TABLE = """
@table = private unnamed_addr constant [8 x i64] [i64 3, i64 1, i64 4, i64 1, i64 5, i64 9, i64 2, i64 6]
define i64 @f(i64 %k) nounwind {
  %place = getelementptr [8 x i64], ptr @table, i64 0, i64 %k
  %value = load i64, ptr %place
  ret i64 %value
}
"""
CASES = "\n".join(f"c{k}:\n  %r{k} = call i64 @g(i64 %k, i64 {k * k + 7})\n  ret i64 %r{k}" for k in range(8))
JUMPS = f"""
define i64 @f(i64 %k) nounwind {{
  switch i64 %k, label %other [ {" ".join(f"i64 {k}, label %c{k}" for k in range(8))} ]
{CASES}
other:
  ret i64 -1
}}
define i64 @g(i64 %k, i64 %n) nounwind noinline {{
  %h = load volatile ptr, ptr @pointer
  %product = mul i64 %k, %n
  ret i64 %product
}}
@pointer = private constant i64 7
"""
FUNCTION_ADDRESS = """
define internal i64 @g(i64 %k) nounwind noinline { ret i64 5 }
define ptr @visible(i64 %k) nounwind noinline { ret ptr @other }
define i64 @other(i64 %k) nounwind noinline { ret i64 6 }
define i64 @f(i64 %k) nounwind {
  %small = icmp slt i64 %k, 3
  %p = select i1 %small, ptr @g, ptr @other
  %r = call i64 %p(i64 %k)
  ret i64 %r
}
"""
VECTORS = """
define double @f64(double %x) nounwind {
  %a = fmul double %x, 1.25
  %b = fadd double %a, 0.1
  %c = call double @llvm.fabs.f64(double %b)
  ret double %c
}
declare double @llvm.fabs.f64(double)
define i64 @f(i64 %k) nounwind { ret i64 %k }
"""


def call(library, k):
    """f(k)."""
    return ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(library.address("f"))(k)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (TABLE, [3, 1, 4, 1, 5, 9, 2, 6]),
        (JUMPS, [k * (k * k + 7) for k in range(8)]),
        (FUNCTION_ADDRESS, [5, 5, 5, 6, 6]),
        (VECTORS, [0, 1]),
    ],
)
def test_constants_jumps_and_calls(text, wanted):
    library = machine.load(text)
    if linking.ELF_X86_64 == generator.compile_text(text)[0][:7]:
        assert library.kind == "image"
    assert [call(library, k) for k in range(len(wanted))] == wanted


VARIABLE = """
@count = internal global i64 40
define i64 @f(i64 %k) nounwind {
  %old = load i64, ptr @count
  %new = add i64 %old, 1
  store i64 %new, ptr @count
  ret i64 %new
}
"""


def test_variables_are_left_to_llvm():
    with pytest.raises(linking.LinkError, match="variables"):
        linking.link(generator.compile_text(VARIABLE)[0])
    library = machine.load(VARIABLE)
    assert library.kind == "object"
    assert [call(library, 0), call(library, 0)] == [41, 42]


@pytest.mark.parametrize("data", [b"", b"MZ" * 100, b"\x7fELF" + bytes(100), b"\xcf\xfa\xed\xfe" + bytes(100)])
def test_what_is_no_object_for_this(data):
    with pytest.raises(linking.LinkError):
        linking.link(data)
