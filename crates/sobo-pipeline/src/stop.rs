//! The wish to stop, shared between whoever catches Ctrl-C and the workers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Asked for once, seen by every clone: pages under way are finished, no new one is begun.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks to stop.
    pub fn ask(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether somebody asked.
    pub fn asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
