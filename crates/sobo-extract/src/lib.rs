//! Readings and a form into fields: normal values, cross-checks, ditto marks and lacunae.
