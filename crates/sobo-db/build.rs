//! A new migration file alone must make `migrate!` read its folder again.
fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
