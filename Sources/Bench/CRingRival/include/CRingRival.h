#pragma once
// The ring's protocol once more, as a C programmer would write the loop by hand: the yardstick of ring-bench. One frame
// size, no marks, no registry, no recovery: it does at most what Sources/Core/Ring does.
#include <stdint.h>

/// 0 spin, 1 spin then yield, 2 spin then futex.
typedef struct { uint8_t *memory; uint64_t capacity; } rival_ring;

uint64_t rival_byte_count(uint64_t capacity);
int64_t rival_now(void);

/// Publishes `count` records of 368 bytes, one every `interval_ns`, each holding the time of its publication.
void rival_write_timed(rival_ring ring, uint64_t count, int64_t interval_ns);
/// Stores the age of each record on arrival. Returns how many arrived before `deadline_ns`.
uint64_t rival_read_timed(rival_ring ring, uint64_t count, int wait, int64_t deadline_ns, int64_t *ages);
/// Publishes `count` records in batches as fast as it goes.
void rival_write_flat_out(rival_ring ring, uint64_t count, uint64_t batch);
/// Reads until the last record or `deadline_ns`, going on an eighth of a ring ahead of the writer when overtaken.
/// Returns how many records arrived whole; `checksum` gets the sum of their first words.
uint64_t rival_read_flat_out(rival_ring ring, uint64_t count, int wait, int64_t deadline_ns, uint64_t *checksum);
