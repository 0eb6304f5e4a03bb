#include "CLanes.h"

#if defined(__x86_64__)
#include <immintrin.h>

// Declared here because <sleef.h> hides what the compiler's own flags do not ask for.
__m128d Sleef_cinz_logd2_u10sse2(__m128d);
__m128d Sleef_cinz_expd2_u10sse2(__m128d);
__m128d Sleef_cinz_erfcd2_u15sse2(__m128d);

#define LH_AVX __attribute__((target("avx")))
LH_AVX __m256d Sleef_cinz_logd4_u10avx(__m256d);
LH_AVX __m256d Sleef_cinz_expd4_u10avx(__m256d);
LH_AVX __m256d Sleef_cinz_erfcd4_u15avx(__m256d);

#define LH_AVX512 __attribute__((target("avx512f")))
LH_AVX512 __m512d Sleef_cinz_logd8_u10avx512fnofma(__m512d);
LH_AVX512 __m512d Sleef_cinz_expd8_u10avx512fnofma(__m512d);
LH_AVX512 __m512d Sleef_cinz_erfcd8_u15avx512fnofma(__m512d);

#define LH_PAIRS(name, function)                                                                                       \
    static void name##_pairs(double *values, int count) {                                                              \
        for (int index = 0; index < count; index += 2)                                                                 \
            _mm_storeu_pd(values + index, function(_mm_loadu_pd(values + index)));                                      \
    }
#define LH_FOURS(name, function)                                                                                       \
    LH_AVX static void name##_fours(double *values, int count) {                                                       \
        for (int index = 0; index < count; index += 4)                                                                 \
            _mm256_storeu_pd(values + index, function(_mm256_loadu_pd(values + index)));                                \
    }
// What is left of the last eight is done by fours.
#define LH_EIGHTS(name, function)                                                                                      \
    LH_AVX512 static void name##_eights(double *values, int count) {                                                   \
        int whole = count & ~7;                                                                                        \
        for (int index = 0; index < whole; index += 8)                                                                 \
            _mm512_storeu_pd(values + index, function(_mm512_loadu_pd(values + index)));                                \
        name##_fours(values + whole, count - whole);                                                                   \
    }
#define LH_DISPATCH(name)                                                                                              \
    void lh_##name##_lanes_of(int width, double *values, int count) {                                                  \
        if (width >= 8 && __builtin_cpu_supports("avx512f")) name##_eights(values, count);                              \
        else if (width >= 4 && __builtin_cpu_supports("avx")) name##_fours(values, count);                              \
        else name##_pairs(values, count);                                                                              \
    }                                                                                                                  \
    void lh_##name##_lanes(double *values, int count) { lh_##name##_lanes_of(8, values, count); }

LH_PAIRS(log, Sleef_cinz_logd2_u10sse2)
LH_PAIRS(exp, Sleef_cinz_expd2_u10sse2)
LH_PAIRS(erfc, Sleef_cinz_erfcd2_u15sse2)
LH_FOURS(log, Sleef_cinz_logd4_u10avx)
LH_FOURS(exp, Sleef_cinz_expd4_u10avx)
LH_FOURS(erfc, Sleef_cinz_erfcd4_u15avx)
LH_EIGHTS(log, Sleef_cinz_logd8_u10avx512fnofma)
LH_EIGHTS(exp, Sleef_cinz_expd8_u10avx512fnofma)
LH_EIGHTS(erfc, Sleef_cinz_erfcd8_u15avx512fnofma)

LH_DISPATCH(log)
LH_DISPATCH(exp)
LH_DISPATCH(erfc)

#else

double Sleef_cinz_logd1_u10purec(double);
double Sleef_cinz_expd1_u10purec(double);
double Sleef_cinz_erfcd1_u15purec(double);

#define LH_DISPATCH(name, function)                                                                                    \
    void lh_##name##_lanes(double *values, int count) {                                                                \
        for (int index = 0; index < count; index += 1) values[index] = function(values[index]);                         \
    }                                                                                                                  \
    void lh_##name##_lanes_of(int width, double *values, int count) { lh_##name##_lanes(values, count); }

LH_DISPATCH(log, Sleef_cinz_logd1_u10purec)
LH_DISPATCH(exp, Sleef_cinz_expd1_u10purec)
LH_DISPATCH(erfc, Sleef_cinz_erfcd1_u15purec)

#endif
