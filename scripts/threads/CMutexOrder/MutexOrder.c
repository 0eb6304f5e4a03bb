// Tells ThreadSanitizer what a Swift Mutex orders.
//
// Mutex takes a free lock, and leaves one that nobody waits for, by an atomic in inlined code, which is instrumented. Where
// threads meet, _MutexHandle._lockSlow and ._unlockSlow of the standard library do it with a futex, and they are not: what lies
// in a mutex then looks unprotected. These two stand before those: they call them, and tell the order that they make.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

void __tsan_acquire(void *address);
void __tsan_release(void *address);

SWIFT void lockSlowly(uint32_t thread, SELF void *handle) __asm__(LOCK);
SWIFT void unlockSlowly(SELF void *handle) __asm__(UNLOCK);

static SWIFT void (*lockOfLibrary)(uint32_t thread, SELF void *handle);
static SWIFT void (*unlockOfLibrary)(SELF void *handle);

static void *found(const char *symbol) {
    void *function = dlsym(RTLD_NEXT, symbol);
    if (!function) {
        fprintf(stderr, "the standard library has no %s: see MutexOrder.c\n", symbol);
        abort();
    }
    return function;
}

__attribute__((constructor)) static void findBoth(void) {
    lockOfLibrary = (SWIFT void (*)(uint32_t, SELF void *))found(LOCK);
    unlockOfLibrary = (SWIFT void (*)(SELF void *))found(UNLOCK);
}

SWIFT void lockSlowly(uint32_t thread, SELF void *handle) {
    lockOfLibrary(thread, handle);
    __tsan_acquire(handle);
}

SWIFT void unlockSlowly(SELF void *handle) {
    __tsan_release(handle);
    unlockOfLibrary(handle);
}
