//! How reading is judged: truth files, scoring and reports.
