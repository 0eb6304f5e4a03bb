#define _GNU_SOURCE
#include "CPlatform.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#include <string.h>

__attribute__((target("sse4.2"))) static uint32_t crc32c(const unsigned char *bytes, size_t count, uint32_t crc) {
    uint64_t state = crc;
    for (; count >= 8; count -= 8, bytes += 8) {
        uint64_t eight;
        memcpy(&eight, bytes, 8);
        state = _mm_crc32_u64(state, eight);
    }
    uint32_t rest = (uint32_t)state;
    for (; count > 0; count -= 1, bytes += 1) rest = _mm_crc32_u8(rest, *bytes);
    return rest;
}
#endif

int lh_crc32c(const void *bytes, size_t count, uint32_t *crc) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) {
        *crc = ~crc32c(bytes, count, ~*crc);
        return 1;
    }
#endif
    return 0;
}

int lh_futex_wait(uint32_t *word, uint32_t expected, int64_t timeout_ns) {
    struct timespec timeout = {.tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000};
    // Not FUTEX_PRIVATE_FLAG: the word lives in memory that processes share.
    return syscall(SYS_futex, word, FUTEX_WAIT, expected, &timeout, 0, 0) == 0 ? 0 : errno;
}

int lh_futex_wake(uint32_t *word, int count) {
    return (int)syscall(SYS_futex, word, FUTEX_WAKE, count, 0, 0, 0);
}

int lh_pin_to_core(int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    return pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

int lh_usable_cores(void) {
    cpu_set_t set;
    return pthread_getaffinity_np(pthread_self(), sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
}

int lh_may_use_core(int core) {
    cpu_set_t set;
    return core >= 0 && core < CPU_SETSIZE && pthread_getaffinity_np(pthread_self(), sizeof set, &set) == 0
        && CPU_ISSET(core, &set);
}

int lh_keep_off_core(int core) {
    cpu_set_t set;
    int code = pthread_getaffinity_np(pthread_self(), sizeof set, &set);
    if (code != 0) return code;
    CPU_CLR(core, &set);
    return pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

int lh_wake_exactly(void) {
    return prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0) == 0 ? 0 : errno;
}

int lh_give_way(void) {
    struct sched_param none = {0};
    return pthread_setschedparam(pthread_self(), SCHED_IDLE, &none);
}

int lh_reserve(int descriptor, int64_t offset, int64_t count) {
    return fallocate(descriptor, FALLOC_FL_KEEP_SIZE, offset, count) == 0 ? 0 : errno;
}
