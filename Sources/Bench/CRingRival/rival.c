#define _GNU_SOURCE
#include "CRingRival.h"
#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { HEADER = 4096, CLAIMED = 128, PUBLISHED = 256, PARK = 512, RECORD = 368, FRAME = 448, FRAME_HEADER = 32 };

typedef struct {
    uint32_t length, flags;
    uint64_t sequence, receive_time;
    uint32_t epoch, position;
} frame_header;

uint64_t rival_byte_count(uint64_t capacity) { return HEADER + capacity; }

int64_t rival_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static inline void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static inline _Atomic uint64_t *word(rival_ring r, int offset) { return (_Atomic uint64_t *)(r.memory + offset); }
static inline _Atomic uint32_t *park_word(rival_ring r) { return (_Atomic uint32_t *)(r.memory + PARK); }
static inline uint8_t *place(rival_ring r, uint64_t p) { return r.memory + HEADER + (p & (r.capacity - 1)); }
static inline uint64_t skip_end(rival_ring r, uint64_t p) {
    uint64_t left = r.capacity - (p & (r.capacity - 1));
    return left < FRAME ? p + left : p;
}

typedef struct { rival_ring ring; uint64_t position, claimed, sequence; frame_header *last; } writer;

// Not a constant: records have any size, and a copy of constant size would be another loop.
static volatile uint32_t record_bytes = RECORD;

static inline void append(writer *w, const void *record, uint32_t length, uint64_t time) {
    uint64_t segment = w->ring.capacity / 64, start = skip_end(w->ring, w->position);
    uint64_t end = start + ((length + FRAME_HEADER + 63) & ~63u);
    if (end > w->claimed) {
        w->claimed = (end + segment - 1) & ~(segment - 1);
        atomic_store_explicit(word(w->ring, CLAIMED), w->claimed, memory_order_relaxed);
        atomic_thread_fence(memory_order_release);
    }
    uint8_t *at = place(w->ring, start);
    memcpy(at + FRAME_HEADER, record, length);
    frame_header h = {length, 0, w->sequence++, time, 1, (uint32_t)(start >> 6)};
    memcpy(at, &h, sizeof h);
    w->last = (frame_header *)at;
    w->position = end;
}

static inline void publish(writer *w) {
    w->last->flags |= 1;
    atomic_store_explicit(word(w->ring, PUBLISHED), w->position, memory_order_seq_cst);
    uint32_t p = atomic_load_explicit(park_word(w->ring), memory_order_seq_cst);
    if (p & 1) {
        atomic_store_explicit(park_word(w->ring), (p | 1) + 1, memory_order_seq_cst);
        syscall(SYS_futex, park_word(w->ring), FUTEX_WAKE, INT32_MAX, 0, 0, 0);
    }
}

void rival_write_timed(rival_ring ring, uint64_t count, int64_t interval_ns) {
    writer w = {.ring = ring};
    uint64_t record[RECORD / 8] = {0};
    uint32_t length = record_bytes;
    int64_t due = rival_now();
    for (uint64_t i = 0; i < count; i++) {
        due += interval_ns;
        int64_t now;
        while ((now = rival_now()) < due) relax();
        record[0] = (uint64_t)now;
        append(&w, record, length, (uint64_t)now);
        publish(&w);
    }
}

void rival_write_flat_out(rival_ring ring, uint64_t count, uint64_t batch) {
    writer w = {.ring = ring};
    uint64_t record[RECORD / 8] = {0};
    uint32_t length = record_bytes;
    for (uint64_t i = 0; i < count; i++) {
        record[0] = i;
        append(&w, record, length, i);
        if ((i + 1) % batch == 0 || i + 1 == count) publish(&w);
    }
}

typedef struct {
    rival_ring ring;
    uint64_t position, published, expected;
    uint8_t buffer[1024];
    frame_header header;
} reader;

static void wait_for_more(reader *r, int policy) {
    int spins = policy == 0 ? 1000 : policy == 1 ? 100 : 200;
    for (int i = 0; i < spins; i++) {
        if (atomic_load_explicit(word(r->ring, PUBLISHED), memory_order_acquire) != r->position) return;
        relax();
    }
    if (policy == 1) sched_yield();
    if (policy == 2) {
        uint32_t expected = atomic_fetch_or_explicit(park_word(r->ring), 1, memory_order_seq_cst) | 1;
        if (atomic_load_explicit(word(r->ring, PUBLISHED), memory_order_seq_cst) != r->position) return;
        struct timespec t = {0, 100000000};
        syscall(SYS_futex, park_word(r->ring), FUTEX_WAIT, expected, &t, 0, 0);
    }
}

/// 1: a frame is in the buffer. 0: drained.
static inline int next(reader *r) {
    for (;;) {
        if (r->position == r->published) {
            r->published = atomic_load_explicit(word(r->ring, PUBLISHED), memory_order_acquire);
            if (r->position == r->published) return 0;
        }
        uint64_t start = skip_end(r->ring, r->position);
        uint8_t *at = place(r->ring, start);
        memcpy(&r->header, at, sizeof r->header);
        uint64_t length = r->header.length;
        bool fits = length <= 1020 && r->header.position == (uint32_t)(start >> 6);
        if (fits) memcpy(r->buffer, at + FRAME_HEADER, length);
        atomic_thread_fence(memory_order_acquire);
        uint64_t claimed = atomic_load_explicit(word(r->ring, CLAIMED), memory_order_relaxed);
        if (!fits || claimed > start + r->ring.capacity) {
            // One frame size: a frame begins at every multiple of it within a lap.
            uint64_t low = claimed - r->ring.capacity + r->ring.capacity / 8, lap = low & ~(r->ring.capacity - 1);
            r->position = skip_end(r->ring, lap + (low - lap + FRAME - 1) / FRAME * FRAME);
            r->published = atomic_load_explicit(word(r->ring, PUBLISHED), memory_order_acquire);
            continue;
        }
        r->position = start + ((length + FRAME_HEADER + 63) & ~63ull);
        r->expected = r->header.sequence + 1;
        return 1;
    }
}

uint64_t rival_read_timed(rival_ring ring, uint64_t count, int wait, int64_t deadline_ns, int64_t *ages) {
    reader r = {.ring = ring};
    uint64_t received = 0;
    while (r.expected < count) {
        if (!next(&r)) {
            wait_for_more(&r, wait);
            if (rival_now() > deadline_ns) break;
            continue;
        }
        uint64_t sent;
        memcpy(&sent, r.buffer, 8);
        ages[received++] = rival_now() - (int64_t)sent;
    }
    return received;
}

uint64_t rival_read_flat_out(rival_ring ring, uint64_t count, int wait, int64_t deadline_ns, uint64_t *checksum) {
    reader r = {.ring = ring};
    uint64_t received = 0, sum = 0;
    while (r.expected < count) {
        if (!next(&r)) {
            wait_for_more(&r, wait);
            if (rival_now() > deadline_ns) break;
            continue;
        }
        uint64_t first;
        memcpy(&first, r.buffer, 8);
        sum += first;
        received++;
    }
    *checksum = sum;
    return received;
}
