#pragma once
#include <stdint.h>
/// Heap calls (malloc, calloc, realloc, aligned_alloc, posix_memalign) made by the calling thread since it started.
uint64_t lh_heap_calls(void);
/// 0 under a sanitizer, whose own allocator must stay in place: then lh_heap_calls() is always 0.
int lh_heap_count_enabled(void);
