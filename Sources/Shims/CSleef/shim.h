#pragma once
// SLEEF's scalar functions of the "cinz" kind: plain C without fused multiply-add and without run-time dispatch, so that
// every x86-64 machine gets the same bits. At most 1.0 ULP off. Declared here because <sleef.h> hides scalar functions
// behind the vector extensions of the including compiler.
double Sleef_cinz_logd1_u10purec(double);
double Sleef_cinz_log1pd1_u10purec(double);
double Sleef_cinz_expd1_u10purec(double);
double Sleef_cinz_exp2d1_u10purec(double);
double Sleef_cinz_expm1d1_u10purec(double);
double Sleef_cinz_sind1_u10purec(double);
double Sleef_cinz_cosd1_u10purec(double);
double Sleef_cinz_erfcd1_u15purec(double);
double Sleef_cinz_powd1_u10purec(double, double);
