"""Option features of FEATURES B.7 and C.7, recomputed from DBN tapes."""
