//! Scans as they really come (TIFF, JPEG, PNG, JPEG 2000, PDF, zip, folders) into pages, within limits.
