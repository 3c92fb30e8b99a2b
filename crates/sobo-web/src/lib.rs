//! The web interface and JSON API: clerks, archive team, supervisors.
