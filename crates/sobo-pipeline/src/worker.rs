//! Who a worker is, and whether another one is still alive.

use std::fs;

/// Identifier of this process among all that may hold leases: `host/boot/pid/start`.
pub(crate) fn this_worker() -> String {
    let pid = std::process::id();
    format!("{}/{}/{pid}/{}", host(), boot(), start_of(pid).unwrap_or_default())
}

/// Whether the worker of this identifier is known to be dead: it ran on this machine and its process is gone. Of other
/// machines nothing is known; their leases run out.
pub(crate) fn is_dead(worker: &str) -> bool {
    let mut parts = worker.splitn(4, '/');
    let (Some(its_host), Some(its_boot), Some(pid), Some(start)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    if its_host != host() || its_host.is_empty() {
        return false;
    }
    // The machine was started anew, or the number now belongs to another process.
    its_boot != boot() || pid.parse().ok().and_then(start_of).as_deref() != Some(start)
}

fn host() -> String {
    read("/proc/sys/kernel/hostname").replace('/', "_")
}

fn boot() -> String {
    read("/proc/sys/kernel/random/boot_id").chars().take(8).collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

/// When a process started, in ticks since the machine did; `None` where there is no such process or it is a zombie.
fn start_of(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything; what follows the last one is regular. Field 3 is the state, 22 the start.
    let mut fields = stat[stat.rfind(')')? + 1..].split_ascii_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    fields.nth(18).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_lives_and_others_are_told_apart() {
        let me = this_worker();
        assert!(!is_dead(&me), "{me}");
        let (others, start) = me.rsplit_once('/').unwrap_or_default();
        assert!(is_dead(&format!("{others}/{start}1")), "another process has my number");
        assert!(!is_dead("another-machine/0/1/1"), "nothing is known of other machines");
        assert!(!is_dead("nonsense"));
    }
}
