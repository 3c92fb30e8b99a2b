//! Ruled tables, text lines, printed anchors and the alignment of a page to its form.
