//! The command line of sobo.
fn main() {}
