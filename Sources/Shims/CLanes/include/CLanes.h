#pragma once
// SLEEF's "cinz" functions over arrays: the bits of its scalar functions (CSleef), two, four or eight numbers at a time.
// How many is decided by the processor; the results are the same. `count` is a multiple of 4.
void lh_log_lanes(double *values, int count);
void lh_exp_lanes(double *values, int count);
void lh_erfc_lanes(double *values, int count);

// The same, `width` numbers at a time or as many as the processor has lanes for, if that is less.
void lh_log_lanes_of(int width, double *values, int count);
void lh_exp_lanes_of(int width, double *values, int count);
void lh_erfc_lanes_of(int width, double *values, int count);
