"""The memory of local arrays and lists, as LLVM's text: what Numba's own runtime does, by malloc and free alone.

A block is a head of 64 bytes (references, destructor, address of the data, and for the destructor its argument and the
size), then the data. Nobody else counts references while a kernel runs, so that they are plain numbers.
"""

TEXT = """
declare ptr @malloc(i64)
declare ptr @realloc(ptr, i64)
declare void @free(ptr)

define noalias ptr @NRT_MemInfo_alloc_aligned(i64 %size, i32 %align) alwaysinline {
  %a = zext i32 %align to i64
  %more = add i64 %size, 64
  %most = add i64 %more, %a
  %too_large = icmp slt i64 %size, 0
  br i1 %too_large, label %none, label %try
try:
  %p = call ptr @malloc(i64 %most)
  %failed = icmp eq ptr %p, null
  br i1 %failed, label %none, label %made
made:
  %number = ptrtoint ptr %p to i64
  %after = add i64 %number, 64
  %less = sub i64 %a, 1
  %up = add i64 %after, %less
  %mask = sub i64 0, %a
  %there = and i64 %up, %mask
  %distance = sub i64 %there, %number
  %data = getelementptr i8, ptr %p, i64 %distance
  store i64 1, ptr %p
  %destructor = getelementptr i8, ptr %p, i64 8
  store ptr null, ptr %destructor
  %address = getelementptr i8, ptr %p, i64 24
  store ptr %data, ptr %address
  ret ptr %p
none:
  ret ptr null
}

define noalias ptr @NRT_MemInfo_alloc(i64 %size) alwaysinline {
  %p = call ptr @NRT_MemInfo_alloc_aligned(i64 %size, i32 32)
  ret ptr %p
}

define noalias ptr @NRT_MemInfo_alloc_dtor(i64 %size, ptr %function) {
  %p = call ptr @NRT_MemInfo_alloc_aligned(i64 %size, i32 32)
  %failed = icmp eq ptr %p, null
  br i1 %failed, label %leave, label %made
made:
  %destructor = getelementptr i8, ptr %p, i64 8
  store ptr %function, ptr %destructor
  %argument = getelementptr i8, ptr %p, i64 16
  store ptr null, ptr %argument
  %length = getelementptr i8, ptr %p, i64 32
  store i64 %size, ptr %length
  br label %leave
leave:
  ret ptr %p
}

define void @drop_data(ptr %data, i64 %size, ptr %argument) {
  call void @free(ptr %data)
  ret void
}

define void @drop_elements(ptr %data, i64 %size, ptr %function) {
  call void %function(ptr %data)
  call void @free(ptr %data)
  ret void
}

define noalias ptr @NRT_MemInfo_new_varsize(i64 %size) {
  %p = call ptr @NRT_MemInfo_alloc_dtor(i64 0, ptr @drop_data)
  %data = call ptr @NRT_MemInfo_varsize_alloc(ptr %p, i64 %size)
  ret ptr %p
}

define noalias ptr @NRT_MemInfo_new_varsize_dtor(i64 %size, ptr %function) {
  %p = call ptr @NRT_MemInfo_alloc_dtor(i64 0, ptr @drop_elements)
  %argument = getelementptr i8, ptr %p, i64 16
  store ptr %function, ptr %argument
  %data = call ptr @NRT_MemInfo_varsize_alloc(ptr %p, i64 %size)
  ret ptr %p
}

define ptr @NRT_MemInfo_varsize_alloc(ptr %p, i64 %size) {
  %data = call ptr @malloc(i64 %size)
  %address = getelementptr i8, ptr %p, i64 24
  store ptr %data, ptr %address
  %length = getelementptr i8, ptr %p, i64 32
  store i64 %size, ptr %length
  ret ptr %data
}

define ptr @NRT_MemInfo_varsize_realloc(ptr %p, i64 %size) {
  %address = getelementptr i8, ptr %p, i64 24
  %before = load ptr, ptr %address
  %data = call ptr @realloc(ptr %before, i64 %size)
  store ptr %data, ptr %address
  %length = getelementptr i8, ptr %p, i64 32
  store i64 %size, ptr %length
  ret ptr %data
}

define void @NRT_MemInfo_varsize_free(ptr %p, ptr %data) {
  call void @free(ptr %data)
  %address = getelementptr i8, ptr %p, i64 24
  store ptr null, ptr %address
  ret void
}

define ptr @NRT_Allocate(i64 %size) alwaysinline {
  %p = call ptr @malloc(i64 %size)
  ret ptr %p
}

define void @NRT_Free(ptr %p) alwaysinline {
  call void @free(ptr %p)
  ret void
}

define ptr @NRT_MemInfo_data_fast(ptr %p) alwaysinline {
  %address = getelementptr i8, ptr %p, i64 24
  %data = load ptr, ptr %address
  ret ptr %data
}

define void @NRT_incref(ptr %p) alwaysinline {
  %none = icmp eq ptr %p, null
  br i1 %none, label %leave, label %there
there:
  %n = load i64, ptr %p
  %m = add i64 %n, 1
  store i64 %m, ptr %p
  br label %leave
leave:
  ret void
}

define void @NRT_decref(ptr %p) alwaysinline {
  %none = icmp eq ptr %p, null
  br i1 %none, label %leave, label %there
there:
  %n = load i64, ptr %p
  %m = sub i64 %n, 1
  store i64 %m, ptr %p
  %last = icmp eq i64 %m, 0
  br i1 %last, label %drop, label %leave
drop:
  call void @NRT_drop(ptr %p)
  br label %leave
leave:
  ret void
}

define void @NRT_drop(ptr %p) {
  %place = getelementptr i8, ptr %p, i64 8
  %destructor = load ptr, ptr %place
  %none = icmp eq ptr %destructor, null
  br i1 %none, label %drop, label %destroy
destroy:
  %address = getelementptr i8, ptr %p, i64 24
  %data = load ptr, ptr %address
  %length = getelementptr i8, ptr %p, i64 32
  %size = load i64, ptr %length
  %where = getelementptr i8, ptr %p, i64 16
  %argument = load ptr, ptr %where
  call void %destructor(ptr %data, i64 %size, ptr %argument)
  br label %drop
drop:
  call void @free(ptr %p)
  ret void
}

define void @release(ptr %p) {
  call void @NRT_decref(ptr %p)
  ret void
}
"""
