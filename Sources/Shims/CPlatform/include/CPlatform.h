#pragma once
// What Glibc's Swift overlay cannot import: variadic system calls, CPU sets, the pause instruction, futexes.
#include <stddef.h>
#include <stdint.h>
#include <sched.h>
#include <time.h>

/// Tells the core that this is a spin loop.
static inline void lh_cpu_relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

/// Gives the core to whoever is ready to run (sched_yield(2)).
static inline void lh_yield(void) { sched_yield(); }

/// CRC-32C by the processor's own instruction, continued from *crc. Returns 0, and does nothing, where there is none.
int lh_crc32c(const void *bytes, size_t count, uint32_t *crc);
/// Sleeps while *word == expected, at most timeout_ns. Returns 0 when woken, else an errno value.
int lh_futex_wait(uint32_t *word, uint32_t expected, int64_t timeout_ns);
/// Wakes up to count sleepers. Returns how many were woken.
int lh_futex_wake(uint32_t *word, int count);
/// Sets space aside for count bytes of a file from offset on, without making it longer (fallocate(2)). Returns 0 or an
/// errno value.
int lh_reserve(int descriptor, int64_t offset, int64_t count);
/// Pins the calling thread to one core. Returns 0 or an errno value.
int lh_pin_to_core(int core);
/// How many cores the calling thread may run on; 0 when the system does not say.
int lh_usable_cores(void);
/// Whether the calling thread may run on a core.
int lh_may_use_core(int core);
/// Keeps the calling thread, and those that it starts, off a core. Returns 0 or an errno value: EINVAL when no other core is
/// left.
int lh_keep_off_core(int core);
/// Wakes the calling thread when its sleeps are over, and not up to 50 us later (PR_SET_TIMERSLACK). Returns 0 or an errno
/// value.
int lh_wake_exactly(void);
/// Runs the calling thread only while nobody else wants the core (SCHED_IDLE). Returns 0 or an errno value.
int lh_give_way(void);
