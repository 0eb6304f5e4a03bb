#pragma once
// What Swift's vectors cannot say: which lanes of a comparison hold, as the bits of a number.
#include <stdint.h>
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>

/// −1 in each of the four lanes in which the 16 bytes at both places differ not; the second is a multiple of 16.
static inline __m128i lh_equal_lanes(const char *a, const char *b) {
    return _mm_cmpeq_epi32(_mm_loadu_si128((const __m128i *)a), _mm_load_si128((const __m128i *)b));
}

/// −1 in the lanes in which two halves of a 32-byte level are equal.
static inline __m128i lh_equal_level(const char *a, const char *b) {
    return _mm_and_si128(lh_equal_lanes(a, b), lh_equal_lanes(a + 16, b + 16));
}
#endif

/// Writes eight numbers, every NaN as 0x7ff8000000000000, and tells which are defined: a bit each, the first one's
/// lowest.
static inline uint32_t lh_store_defined(void *out, const double *values) {
    uint32_t defined = 0;
#if defined(__SSE2__)
    for (int index = 0; index < 8; index += 2) {
        __m128d pair = _mm_loadu_pd(values + index);
        __m128d known = _mm_cmpord_pd(pair, pair);
        __m128d absent = _mm_andnot_pd(known, _mm_castsi128_pd(_mm_set1_epi64x(0x7ff8000000000000)));
        _mm_storeu_pd((double *)out + index, _mm_or_pd(_mm_and_pd(known, pair), absent));
        defined |= (uint32_t)_mm_movemask_pd(known) << index;
    }
#else
    for (int index = 0; index < 8; index += 1) {
        uint64_t bits = 0x7ff8000000000000;
        if (values[index] == values[index]) {
            memcpy(&bits, values + index, 8);
            defined |= 1u << index;
        }
        memcpy((char *)out + 8 * index, &bits, 8);
    }
#endif
    return defined;
}

/// Of eight quotes of one expiration, in the low byte which strikes are within `reach` of the forward, a bit each, the
/// first one's lowest; in the next byte which of those can be valued: heard of at `oldest` or later, above zero, and
/// above what exercising would bring (`side` 1 for a call, −1 for a put). Nothing holds of a NaN.
static inline uint32_t lh_option_states(
    const double *strikes, const double *mids, const double *heard, const double *sides, double forward, double reach,
    double discount, double oldest) {
    uint32_t near = 0, usable = 0;
#if defined(__SSE2__)
    __m128d f = _mm_set1_pd(forward), up = _mm_set1_pd(reach), down = _mm_set1_pd(-reach);
    __m128d d = _mm_set1_pd(discount), since = _mm_set1_pd(oldest);
    for (int index = 0; index < 8; index += 2) {
        __m128d distance = _mm_sub_pd(f, _mm_loadu_pd(strikes + index)), mid = _mm_loadu_pd(mids + index);
        __m128d within = _mm_and_pd(_mm_cmple_pd(distance, up), _mm_cmple_pd(down, distance));
        __m128d intrinsic = _mm_mul_pd(_mm_mul_pd(_mm_loadu_pd(sides + index), distance), d);
        __m128d worth = _mm_and_pd(_mm_cmplt_pd(intrinsic, mid), _mm_cmplt_pd(_mm_setzero_pd(), mid));
        __m128d recent = _mm_cmple_pd(since, _mm_loadu_pd(heard + index));
        near |= (uint32_t)_mm_movemask_pd(within) << index;
        usable |= (uint32_t)_mm_movemask_pd(_mm_and_pd(_mm_and_pd(within, worth), recent)) << index;
    }
#else
    for (int index = 0; index < 8; index += 1) {
        double distance = forward - strikes[index], mid = mids[index];
        int within = distance <= reach && -reach <= distance;
        int worth = sides[index] * distance * discount < mid && 0 < mid;
        near |= (uint32_t)within << index;
        usable |= (uint32_t)(within && worth && oldest <= heard[index]) << index;
    }
#endif
    return near | usable << 8;
}

/// Copies bytes that nobody reads soon past the caches, so that what these hold stays there. `to` is a multiple of 8.
static inline void lh_copy_past_caches(void *to, const void *from, long count) {
    long done = 0;
#if defined(__SSE2__) && defined(__x86_64__)
    for (; done + 8 <= count; done += 8) {
        long long word;
        memcpy(&word, (const char *)from + done, 8);
        _mm_stream_si64((long long *)((char *)to + done), word);
    }
#endif
    memcpy((char *)to + done, (const char *)from + done, (size_t)(count - done));
}

/// Asks the caches for the bytes of an MBP-10 record at `place` ahead of their use; where there are none, nothing
/// happens.
static inline void lh_prefetch_record(const void *place) {
    for (int offset = 0; offset < 368; offset += 64) __builtin_prefetch((const char *)place + offset);
}

/// Which of ten 32-byte levels differ: a bit each, the first one's lowest. `right` is a multiple of 16.
static inline uint32_t lh_differing_levels(const void *left, const void *right) {
    const char *a = (const char *)left, *b = (const char *)right;
    uint32_t differing = 0;
#if defined(__SSE2__)
    // Four levels become 16 bytes, four a level, each 0xFF where it is equal.
    for (int first = 0; first < 8; first += 4) {
        const char *x = a + 32 * first, *y = b + 32 * first;
        __m128i low = _mm_packs_epi32(lh_equal_level(x, y), lh_equal_level(x + 32, y + 32));
        __m128i high = _mm_packs_epi32(lh_equal_level(x + 64, y + 64), lh_equal_level(x + 96, y + 96));
        // Four bytes of 0xFF are one lane of −1.
        __m128i whole = _mm_cmpeq_epi32(_mm_packs_epi16(low, high), _mm_set1_epi32(-1));
        differing |= (uint32_t)(~_mm_movemask_ps(_mm_castsi128_ps(whole)) & 15) << first;
    }
    __m128i last = _mm_packs_epi32(lh_equal_level(a + 256, b + 256), lh_equal_level(a + 288, b + 288));
    __m128i whole = _mm_cmpeq_epi32(_mm_packs_epi16(last, last), _mm_set1_epi32(-1));
    differing |= (uint32_t)(~_mm_movemask_ps(_mm_castsi128_ps(whole)) & 3) << 8;
#else
    for (int level = 0; level < 10; level += 1) {
        differing |= (uint32_t)(memcmp(a + 32 * level, b + 32 * level, 32) != 0) << level;
    }
#endif
    return differing;
}
