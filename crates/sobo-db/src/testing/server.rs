//! A private PostgreSQL cluster on loopback, for tests.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A PostgreSQL cluster in a temporary folder, without authentication, on a free loopback port. It is stopped and its
/// folder removed when this value is dropped or the process that started it ends in any way.
#[derive(Debug)]
pub struct PrivatePostgres {
    /// Address of its `postgres` database.
    pub url: String,
    watcher: Child,
}

/// Runs the cluster until standard input closes: the kernel closes it when the starting process ends, even by SIGKILL.
const SCRIPT: &str = r#"
set -e
trap 'test -n "$keep" || rm -rf "$dir"' EXIT
dir=$(mktemp -d)
as=""
if [ "$(id -u)" = 0 ]; then chown postgres "$dir"; as="runuser -u postgres --"; fi
cd "$dir"
$as "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$dir/log" 2>&1 ||
    { cat "$dir/log"; exit 1; }
$as "$bin/pg_ctl" -D "$dir/data" -w -l "$dir/data/log" \
    -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$dir -c max_connections=400 -c fsync=off" \
    start >>"$dir/log" 2>&1 || { cat "$dir/log" "$dir/data/log"; exit 1; }
echo ready
cat >/dev/null || true
$as "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1
"#;

impl PrivatePostgres {
    /// Starts a cluster and waits until it answers.
    pub fn start() -> Result<Self, String> {
        let bin =
            newest_binaries().ok_or("no /usr/lib/postgresql/*/bin/initdb (apt-get install postgresql)")?;
        // The port is free again when the listener is dropped; a race with another program is reported by pg_ctl.
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .map_err(|error| error.to_string())?
            .port();
        let mut watcher = Command::new("sh")
            .args(["-c", SCRIPT])
            .env("bin", bin)
            .env("port", port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // Ctrl-C at the terminal reaches the test process; the watcher must outlive it to clean up.
            .process_group(0)
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut said = String::new();
        if let Some(stdout) = watcher.stdout.take() {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if line == "ready" {
                    return Ok(Self {
                        url: format!("postgres://postgres@127.0.0.1:{port}/postgres"),
                        watcher,
                    });
                }
                said.push_str(&line);
                said.push('\n');
            }
        }
        let _ = watcher.wait();
        Err(format!("the private PostgreSQL server did not start:\n{said}"))
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        drop(self.watcher.stdin.take());
        let _ = self.watcher.wait();
    }
}

use std::os::unix::process::CommandExt as _;

fn newest_binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut versions: Vec<(u32, PathBuf)> = versions
        .flatten()
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.parse().ok()?;
            Some((number, entry.path().join("bin")))
        })
        .filter(|(_, bin)| bin.join("initdb").is_file())
        .collect();
    versions.sort();
    versions.pop().map(|(_, bin)| bin)
}
