#pragma once
// SLEEF's "cinz" functions over arrays: the bits of its scalar functions (CSleef), two or four numbers at a time. Which
// of the two is decided once, by the processor; the results are the same. `count` is a multiple of 4.
void lh_log_lanes(double *values, int count);
void lh_exp_lanes(double *values, int count);
void lh_erfc_lanes(double *values, int count);

// The same, two at a time whatever the processor: what one without AVX calls.
void lh_log_pairs(double *values, int count);
void lh_exp_pairs(double *values, int count);
void lh_erfc_pairs(double *values, int count);
