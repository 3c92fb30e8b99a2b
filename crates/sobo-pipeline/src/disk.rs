//! The disk budget.

use std::path::Path;

use crate::{PipelineError, Result};

/// Bytes free for this user on the file system that holds `path`.
pub fn free_bytes(path: &Path) -> std::io::Result<u64> {
    let stat = rustix::fs::statvfs(path)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Refuses to go on where less than `min_free` bytes would stay free at any of `paths`.
pub(crate) fn check_budget<'a>(paths: impl IntoIterator<Item = &'a Path>, min_free: u64) -> Result<()> {
    const MEGABYTE: u64 = 1 << 20;
    for path in paths {
        let io = |source| PipelineError::Io { path: path.display().to_string(), source };
        let free = free_bytes(path).map_err(io)?;
        if free < min_free {
            return Err(PipelineError::DiskBudget {
                path: path.display().to_string(),
                free: free / MEGABYTE,
                needed: min_free.div_ceil(MEGABYTE),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_nobody_can_meet_is_refused_by_name() {
        let folder = std::env::temp_dir();
        assert!(check_budget([folder.as_path()], 0).is_ok());
        let refused = check_budget([folder.as_path()], u64::MAX);
        assert!(matches!(refused, Err(PipelineError::DiskBudget { .. })), "{refused:?}");
    }
}
