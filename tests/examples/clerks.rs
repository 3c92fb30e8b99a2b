//! Runs the web interface over pages with truth, for looking at: `clerks FOLDER [PORT [PAGES]]`.

#![allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a tool for looking, built from the tests' parts"
)]

#[path = "../tests/browser/clerks.rs"]
mod clerks;

use std::path::PathBuf;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().map_or_else(|| PathBuf::from("samples/volumes"), PathBuf::from);
    let port = arguments.next().map_or(Ok(8080), |port| port.parse())?;
    let pages = arguments.next().map_or(Ok(27), |pages| pages.parse())?;
    let office = clerks::open(&folder, pages, port).await?;
    let mut out = std::io::stdout();
    std::io::Write::write_all(&mut out, format!("{}\n", office.url("/")).as_bytes())?;
    std::future::pending::<()>().await;
    Ok(())
}
