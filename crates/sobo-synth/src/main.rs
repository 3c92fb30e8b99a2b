//! Synthetic register books with exact truth, training lines and damage. A tool, never linked into the product.
fn main() {}
