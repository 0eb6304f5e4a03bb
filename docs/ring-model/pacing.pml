/* Pacing: a reader that registers while the writer runs, and reads in place from then on, is never overwritten. The
 * writer looks at the cursor, then claims, then writes; so it may miss a cursor once. The reader therefore begins STEP
 * cells ahead of what it sees claimed.
 *
 * Mutation, which must fail: -DNO_MARGIN (it begins at the very oldest intact cell).
 */
#define CAPACITY 4
#define STEP 1
#define END 12
#define NONE 255

byte claimed = 0, published = 0, cursor = NONE;
byte memory[CAPACITY];

active proctype Writer() {
    byte position = 0, seen;
    do
    :: (position < END) ->
       seen = cursor;
       if
       :: (seen == NONE || position + STEP <= seen + CAPACITY) ->
          claimed = position + STEP;
          memory[position % CAPACITY] = position;
          position = position + STEP;
          published = position
       :: else -> (cursor != seen)
       fi
    :: else -> break
    od
}

active proctype Reader() {
    byte position;
    cursor = 0;
    position = claimed;
#ifdef NO_MARGIN
    position = (position > CAPACITY -> position - CAPACITY : 0);
#else
    position = (position + STEP > CAPACITY -> position + STEP - CAPACITY : 0);
#endif
    cursor = position;
    do
    :: (position < published) ->
       assert(memory[position % CAPACITY] == position);
       position++;
       cursor = position
    :: (position >= END) -> break
    od
}
