//! PostgreSQL and an S3 server for the tests, private, on loopback, gone when dropped.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::shell;

/// Version of the S3 server, from PyPI.
const MOTO: &str = "moto[server]==5.2.1";

/// A private PostgreSQL cluster in a temporary folder.
pub(crate) struct Postgres {
    folder: PathBuf,
    binaries: PathBuf,
    port: u16,
}

/// A server process that is killed when dropped.
pub(crate) struct S3 {
    child: Child,
    port: u16,
}

impl Postgres {
    /// Makes a cluster and starts it. As root it runs as the user `postgres`, for the server
    /// refuses to run as root.
    ///
    /// # Errors
    /// When PostgreSQL is not installed or does not start.
    pub(crate) fn start() -> Result<Self> {
        let binaries = newest_binaries()?;
        let folder = std::env::temp_dir().join(format!("sobo-postgres-{}", std::process::id()));
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let port = free_port()?;
        if shell::is_root() {
            shell::run(Command::new("chown").arg("postgres").arg(&folder))?;
        }
        let server = Self { folder, binaries, port };
        let data = server.data();
        server
            .tool("initdb", &["-D", &data, "-U", "sobo", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"])?;
        let options = format!(
            "-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} -c max_connections=200",
            server.folder.display()
        );
        let log = server.folder.join("log").display().to_string();
        server.tool("pg_ctl", &["-D", &data, "-l", &log, "-o", &options, "-w", "start"])?;
        Ok(server)
    }

    /// Address of the server's maintenance database.
    pub(crate) fn url(&self) -> String {
        format!("postgres://sobo@127.0.0.1:{}/postgres", self.port)
    }

    fn data(&self) -> String {
        self.folder.join("data").display().to_string()
    }

    fn tool(&self, name: &str, arguments: &[&str]) -> Result<()> {
        let program = self.binaries.join(name);
        let mut command = if shell::is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        let status = command
            .args(arguments)
            .current_dir(&self.folder)
            .stdout(Stdio::null())
            .status()
            .with_context(|| format!("`{name}` could not be started"))?;
        if !status.success() {
            bail!("`{name}` ended with {status}");
        }
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let data = self.data();
        if let Err(error) = self.tool("pg_ctl", &["-D", &data, "-m", "immediate", "-w", "stop"]) {
            shell::complain(&format!("xtask: the test PostgreSQL server did not stop: {error:#}"));
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl S3 {
    /// Installs the server into `var/test/venv` and starts it.
    ///
    /// # Errors
    /// When it cannot be installed or does not answer within a minute.
    pub(crate) fn start() -> Result<Self> {
        let venv = shell::root().join("var/test/venv");
        let program = venv.join("bin/moto_server");
        if !program.exists() {
            shell::run(shell::command("python3").args(["-m", "venv"]).arg(&venv))?;
            shell::run(shell::command(venv.join("bin/pip")).args(["install", "--quiet", MOTO]))?;
        }
        let port = free_port()?;
        let child = Command::new(&program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("{} could not be started", program.display()))?;
        let server = Self { child, port };
        wait_for(port)?;
        Ok(server)
    }

    /// Address of the server.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn wait_for(port: u16) -> Result<()> {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(60) {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    bail!("nothing answered on 127.0.0.1:{port} within a minute")
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn newest_binaries() -> Result<PathBuf> {
    let versions = Path::new("/usr/lib/postgresql");
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(versions)
        .context("PostgreSQL's server is not installed (Debian package postgresql)")?
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            let binaries = entry.path().join("bin");
            binaries.join("initdb").is_file().then_some((version, binaries))
        })
        .collect();
    found.sort();
    found.pop().map(|(_, path)| path).context("no PostgreSQL server in /usr/lib/postgresql")
}
