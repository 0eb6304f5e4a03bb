/* The ring's overwriting, in small: one writer that may die between any two stores and is succeeded, a reader that may
 * be overtaken anywhere. A line of memory is one cell; frames have one or two; a frame that does not fit before the end
 * is preceded by padding. Checked: what a reader is given is what was published under that number; numbers received and
 * lost are dense; nothing unpublished is ever read; a reader never leaves the memory. One reader is enough: readers
 * store nothing that the writer or another reader looks at here.
 *
 * Mutations, each of which must fail: -DCLAIM_LATE (the claim is stored after the overwrite), -DTRUST_LENGTH (a frame
 * is given out without looking at the claim again), -DHEAD_EARLY (the head moves before the frame is complete).
 */
#define CAPACITY 5      /* cells */
#define END 9           /* the writer stops when a frame would pass this position */
#define DEATHS 1
#define NUMBERS 10

typedef cell { byte kind; byte length; byte number; byte salt; byte tag }
#define HEAD 1
#define BODY 2
#define PADDING 3

cell memory[CAPACITY];
byte claimed = 0;
byte published = 0;
bool written[NUMBERS];      /* ghost: published under this number … */
byte truth_salt[NUMBERS];   /* … by this writer's life … */
byte truth_length[NUMBERS]; /* … with this length */
byte frame_number[END + 1]; /* ghost: what the program finds by marks and walk */
byte life = 1;

#define at(p) memory[(p) % CAPACITY]
#define left(p) (CAPACITY - (p) % CAPACITY)

/* Dies and is succeeded: everything local is forgotten, only the memory remains. */
#define MAY_DIE if :: (life <= DEATHS) -> life++; goto born :: true -> skip fi

proctype Writer() {
    byte position, next, length, start;
born:
    skip;
    atomic { position = published; next = frame_number[published]; length = 0; start = 0 }
    do
    :: if :: length = 1 :: length = 2 fi;
       start = (left(position) < length -> position + left(position) : position);
       if :: (start + length > END) -> break :: else -> skip fi;
#ifndef CLAIM_LATE
       if :: (start + length > claimed) -> claimed = start + length :: else -> skip fi;
       MAY_DIE;
#endif
       if :: (start != position) ->
             atomic { at(position).kind = PADDING; at(position).length = start - position; at(position).tag = position }
             MAY_DIE
          :: else -> skip
       fi;
#ifdef HEAD_EARLY
       published = start + length;
#endif
       /* The body first, then the header; its words change one by one for whoever reads in between. */
       if :: (length == 2) ->
             atomic { at(start + 1).kind = BODY; at(start + 1).number = next; at(start + 1).salt = life;
                      at(start + 1).tag = start + 1 }
             MAY_DIE
          :: else -> skip
       fi;
       atomic { at(start).kind = HEAD; at(start).length = length }
       MAY_DIE;
       atomic { at(start).number = next; at(start).salt = life; at(start).tag = start }
       MAY_DIE;
#ifdef CLAIM_LATE
       if :: (start + length > claimed) -> claimed = start + length :: else -> skip fi;
#endif
       atomic {
           published = start + length;
           written[next] = true; truth_salt[next] = life; truth_length[next] = length;
           frame_number[published] = next + 1
       }
       MAY_DIE;
       position = start + length;
       next++
    od
}

/* Where an overtaken reader goes on: any frame that is intact at this moment. The program takes one by the marks. */
proctype Reader() {
    byte position = 0, expected = 0, length, number, salt, tag, kind, body_number, body_salt;
    do
    :: (position < published) ->
       /* The header, in two looks. */
       atomic { kind = at(position).kind; length = at(position).length }
       atomic { number = at(position).number; salt = at(position).salt; tag = at(position).tag }
       body_number = number; body_salt = salt;
       if
       :: (kind == HEAD && length == 2 && left(position) >= 2) ->
          atomic { body_number = at(position + 1).number; body_salt = at(position + 1).salt }
       :: else -> skip
       fi;
#ifndef TRUST_LENGTH
       if
       :: (claimed > position + CAPACITY) ->
          /* Overtaken: to the oldest frame that is intact, which the ghost knows. */
          atomic {
              position = claimed - CAPACITY;
              do
              :: (position < published && !(at(position).tag == position && at(position).kind != BODY)) -> position++
              :: else -> break
              od;
              length = 0; number = 0; salt = 0; tag = 0; kind = 0; body_number = 0; body_salt = 0
          }
       :: else ->
#endif
          atomic {
              assert(tag == position || kind == PADDING);
              assert(length >= 1 && length <= left(position));
              if
              :: (kind == PADDING) -> position = position + length
              :: (kind == HEAD) ->
                 assert(written[number]);
                 assert(number >= expected);        /* what lies between was lost, and is told by this number */
                 assert(length == truth_length[number] && salt == truth_salt[number]);
                 assert(body_number == number && body_salt == salt);
                 expected = number + 1;
                 position = position + length
              :: else -> assert(false)
              fi;
              length = 0; number = 0; salt = 0; tag = 0; kind = 0; body_number = 0; body_salt = 0
          }
#ifndef TRUST_LENGTH
       fi
#endif
    :: (position >= published) -> if :: (published >= END - 1) -> break :: else -> (position < published) fi
    od
}

init {
    atomic {
        byte i;
        for (i : 0 .. CAPACITY - 1) { memory[i].tag = 255 }
        run Writer(); run Reader()
    }
}
