#include "CLanes.h"

#if defined(__x86_64__)
#include <immintrin.h>

// Declared here because <sleef.h> hides what the compiler's own flags do not ask for.
__m128d Sleef_cinz_logd2_u10sse2(__m128d);
__m128d Sleef_cinz_expd2_u10sse2(__m128d);
__m128d Sleef_cinz_erfcd2_u15sse2(__m128d);

#define LH_PAIRS(name, function)                                                                                       \
    void name(double *values, int count) {                                                                             \
        for (int index = 0; index < count; index += 2)                                                                 \
            _mm_storeu_pd(values + index, function(_mm_loadu_pd(values + index)));                                      \
    }
LH_PAIRS(lh_log_pairs, Sleef_cinz_logd2_u10sse2)
LH_PAIRS(lh_exp_pairs, Sleef_cinz_expd2_u10sse2)
LH_PAIRS(lh_erfc_pairs, Sleef_cinz_erfcd2_u15sse2)

#define LH_AVX __attribute__((target("avx")))
LH_AVX __m256d Sleef_cinz_logd4_u10avx(__m256d);
LH_AVX __m256d Sleef_cinz_expd4_u10avx(__m256d);
LH_AVX __m256d Sleef_cinz_erfcd4_u15avx(__m256d);

#define LH_FOURS(name, function)                                                                                       \
    LH_AVX static void name(double *values, int count) {                                                               \
        for (int index = 0; index < count; index += 4)                                                                 \
            _mm256_storeu_pd(values + index, function(_mm256_loadu_pd(values + index)));                                \
    }
LH_FOURS(log_fours, Sleef_cinz_logd4_u10avx)
LH_FOURS(exp_fours, Sleef_cinz_expd4_u10avx)
LH_FOURS(erfc_fours, Sleef_cinz_erfcd4_u15avx)

#define LH_DISPATCH(name, fours, pairs)                                                                                \
    void name(double *values, int count) {                                                                             \
        if (__builtin_cpu_supports("avx")) fours(values, count);                                                        \
        else pairs(values, count);                                                                                     \
    }
LH_DISPATCH(lh_log_lanes, log_fours, lh_log_pairs)
LH_DISPATCH(lh_exp_lanes, exp_fours, lh_exp_pairs)
LH_DISPATCH(lh_erfc_lanes, erfc_fours, lh_erfc_pairs)

#else

double Sleef_cinz_logd1_u10purec(double);
double Sleef_cinz_expd1_u10purec(double);
double Sleef_cinz_erfcd1_u15purec(double);

#define LH_SCALAR(name, function)                                                                                      \
    void name(double *values, int count) {                                                                             \
        for (int index = 0; index < count; index += 1) values[index] = function(values[index]);                         \
    }
LH_SCALAR(lh_log_lanes, Sleef_cinz_logd1_u10purec)
LH_SCALAR(lh_exp_lanes, Sleef_cinz_expd1_u10purec)
LH_SCALAR(lh_erfc_lanes, Sleef_cinz_erfcd1_u15purec)
LH_SCALAR(lh_log_pairs, Sleef_cinz_logd1_u10purec)
LH_SCALAR(lh_exp_pairs, Sleef_cinz_expd1_u10purec)
LH_SCALAR(lh_erfc_pairs, Sleef_cinz_erfcd1_u15purec)

#endif
