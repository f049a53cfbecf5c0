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


def slow(rounds: int) -> str:
    """y[i] = x[i] after so many divisions by one that depend on each other: some 4 ns each and element."""
    return f"""
define void @slow(ptr %P, ptr %sizes, i64 %lo, i64 %hi) nounwind {{
entry:
  %x = load ptr, ptr %P
  %second = getelementptr ptr, ptr %P, i64 1
  %y = load ptr, ptr %second
  %one = load double, ptr %sizes
  br label %loop
loop:
  %i = phi i64 [ %lo, %entry ], [ %next, %end ]
  %from = getelementptr inbounds double, ptr %x, i64 %i
  %first = load double, ptr %from
  br label %again
again:
  %k = phi i64 [ 0, %loop ], [ %k1, %again ]
  %value = phi double [ %first, %loop ], [ %quotient, %again ]
  %quotient = fdiv double %value, %one
  %k1 = add i64 %k, 1
  %on = icmp slt i64 %k1, {rounds}
  br i1 %on, label %again, label %end
end:
  %to = getelementptr inbounds double, ptr %y, i64 %i
  store double %quotient, ptr %to
  %next = add nuw nsw i64 %i, 1
  %more = icmp slt i64 %next, %hi
  br i1 %more, label %loop, label %done
done:
  ret void
}}
"""


#: Bits of 1.0 as a 64-bit integer, for the sizes of `slow`.
ONE = 0x3FF0000000000000

SUMS = """
define void @sums(ptr %P, ptr %sizes, i64 %lo, i64 %hi) nounwind {
entry:
  %x = load ptr, ptr %P
  %second = getelementptr ptr, ptr %P, i64 1
  %y = load ptr, ptr %second
  %grain = load i64, ptr %sizes
  br label %loop
loop:
  %i = phi i64 [ %lo, %entry ], [ %next, %loop ]
  %sum = phi double [ 0.0, %entry ], [ %more, %loop ]
  %from = getelementptr inbounds double, ptr %x, i64 %i
  %value = load double, ptr %from
  %place = srem i64 %i, %grain
  %first = icmp eq i64 %place, 0
  %before = select i1 %first, double 0.0, double %sum
  %more = fadd double %before, %value
  %block = sdiv i64 %i, %grain
  %to = getelementptr inbounds double, ptr %y, i64 %block
  store double %more, ptr %to
  %next = add nuw nsw i64 %i, 1
  %on = icmp slt i64 %next, %hi
  br i1 %on, label %loop, label %done
done:
  ret void
}
"""
