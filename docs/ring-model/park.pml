/* Parking: no wake-up is lost. The writer's stores pass through a store buffer (x86-TSO), which a sequentially
 * consistent store empties; the futex compares and sleeps in one step, as the kernel does. Readers have no timeout
 * here: one that sleeps while something is published is a deadlock, which spin reports as an invalid end state.
 *
 * Mutations, each of which must fail: -DNO_FENCE (the head is stored without waiting for the store buffer),
 * -DNO_SECOND_LOOK (the reader sleeps without looking at the head again), -DNO_COUNT (the wake-up clears the bit
 * without counting, so another reader's bit looks like one's own).
 */
#define BATCHES 3

byte head = 0;              /* memory */
byte park = 0;              /* bit 0: somebody sleeps; the rest counts */
bool buffered = false;      /* the head is still in the writer's store buffer */
byte buffer;
bool asleep[2];

inline flush() { if :: buffered -> head = buffer; buffered = false :: else -> skip fi }

active proctype Drain() {
    end: do :: atomic { buffered -> head = buffer; buffered = false } od
}

active proctype Writer() {
    byte batch = 0, word;
    do
    :: (batch < BATCHES) ->
       batch++;
#ifdef NO_FENCE
       atomic { flush(); buffer = batch; buffered = true }
#else
       head = batch;
#endif
       word = park;
       if
       :: (word & 1) ->
          atomic {
              flush();
#ifdef NO_COUNT
              park = word & 254
#else
              park = (word | 1) + 1
#endif
          }
          atomic { asleep[0] = false; asleep[1] = false }
       :: else -> skip
       fi
    :: else -> break
    od
}

active [2] proctype Reader() {
    byte position = 0, expected, me = _pid - 2;
    do
    :: (position == BATCHES) -> break
    :: (position < BATCHES) ->
       if
       :: (head > position) -> position = head
       :: else ->
          atomic { park = park | 1; expected = park }
#ifndef NO_SECOND_LOOK
          if
          :: (head > position) -> skip
          :: else ->
#endif
             atomic { if :: (park == expected) -> asleep[me] = true :: else -> skip fi }
             (!asleep[me])
#ifndef NO_SECOND_LOOK
          fi
#endif
       fi
    od
}
