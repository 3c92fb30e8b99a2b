//! Originals by sha256 in a folder or an S3-compatible store: write-once, with fixity checks.
