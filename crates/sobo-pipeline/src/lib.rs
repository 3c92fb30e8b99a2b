//! The order of stages, the worker pool, resumption, budgets, provenance and progress.
