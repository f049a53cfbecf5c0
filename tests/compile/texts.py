"""Small kernels in LLVM's language for the tests of what loads and calls them."""


def scale(factor: float, symbol: str = "scale") -> str:
    """y[i] = factor * x[i] in float64; pointers x, y."""
    return f"""
define void @{symbol}(ptr %P, ptr %sizes, i64 %lo, i64 %hi) #0 {{
entry:
  %x = load ptr, ptr %P
  %second = getelementptr ptr, ptr %P, i64 1
  %y = load ptr, ptr %second
  %some = icmp slt i64 %lo, %hi
  br i1 %some, label %loop, label %done
loop:
  %i = phi i64 [ %lo, %entry ], [ %next, %loop ]
  %from = getelementptr inbounds double, ptr %x, i64 %i
  %value = load double, ptr %from
  %scaled = fmul double %value, {factor!r}
  %to = getelementptr inbounds double, ptr %y, i64 %i
  store double %scaled, ptr %to
  %next = add nuw nsw i64 %i, 1
  %more = icmp slt i64 %next, %hi
  br i1 %more, label %loop, label %done
done:
  ret void
}}
attributes #0 = {{ nounwind "prefer-vector-width"="512" }}
"""


CLEAR = """
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
define void @clear(ptr %P, ptr %sizes, i64 %lo, i64 %hi) nounwind {
  %x = load ptr, ptr %P
  call void @llvm.memset.p0.i64(ptr %x, i8 0, i64 %hi, i1 false)
  ret void
}
"""


def status() -> str:
    """Write 1 into the 64-bit word at the second pointer where an element of the first, float64, is negative."""
    return """
define void @status(ptr %P, ptr %sizes, i64 %lo, i64 %hi) nounwind {
entry:
  %x = load ptr, ptr %P
  %second = getelementptr ptr, ptr %P, i64 1
  %word = load ptr, ptr %second
  br label %loop
loop:
  %i = phi i64 [ %lo, %entry ], [ %next, %following ]
  %from = getelementptr inbounds double, ptr %x, i64 %i
  %value = load double, ptr %from
  %bad = fcmp olt double %value, 0.0
  br i1 %bad, label %write, label %following
write:
  store i64 1, ptr %word
  br label %following
following:
  %next = add nuw nsw i64 %i, 1
  %more = icmp slt i64 %next, %hi
  br i1 %more, label %loop, label %done
done:
  ret void
}
"""
