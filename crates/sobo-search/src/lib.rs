//! The search index: schema, analyser, one writer, rebuild and swap, queries.
