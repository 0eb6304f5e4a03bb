"""An independent recomputation of the level and market features, written from FEATURES.md alone."""
