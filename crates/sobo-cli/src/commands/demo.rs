//! `sobo demo`: the main job on a folder of samples, shown in a browser.

use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow, ensure};
use sobo_db::OfficeScope;
use sobo_pipeline::Store;
use sobo_verify::Role;

use crate::arguments::{DemoArguments, Format};
use crate::config::Config;
use crate::output::{Ending, line};
use crate::{commands, store};

/// Password of the demo accounts. The demo listens on loopback and holds invented people alone.
const PASSWORD: &str = "so-bo-demo-2026";

/// Sign-in, name and roles of the demo accounts.
const ACCOUNTS: &[(&str, &str, &[Role])] = &[
    ("lan", "Lan (nhập liệu)", &[Role::Clerk]),
    ("minh", "Minh (kiểm tra 1)", &[Role::Checker]),
    ("hoa", "Hoa (kiểm tra 2)", &[Role::Checker]),
    ("tam", "Tâm (phân xử)", &[Role::Arbiter]),
    ("dung", "Dũng (hộ tịch viên)", &[Role::Registrar]),
    ("kho", "Kho lưu trữ", &[Role::Archive]),
    ("sep", "Giám sát", &[Role::Supervisor, Role::Auditor, Role::Administrator]),
];

/// Takes in, reads, reports and serves. A second time it finds everything there.
///
/// # Errors
/// When the samples or the store cannot be used.
pub(crate) fn demo(config: &Config, arguments: &DemoArguments) -> Result<Ending> {
    ensure!(arguments.samples.is_dir(), "{}: is no folder of samples", arguments.samples.display());
    store::runtime()?.block_on(async {
        let store = store::open(config).await?;
        let stop = store::stop_at_interrupt();
        // The books first: the copy among the scans is then the duplicate, not its original.
        let parts = ["volumes", "scans"].map(|part| arguments.samples.join(part));
        let paths: Vec<PathBuf> = match parts.iter().all(|part| part.is_dir()) {
            true => parts.into(),
            false => vec![arguments.samples.clone()],
        };
        for path in paths {
            for (descriptor, paths) in commands::intake::by_volume(&[path], None)? {
                let request = commands::intake::request(&descriptor, paths, &config.limits)?;
                let summary = commands::intake::take(&store, &request, Format::Text, &stop).await?;
                if summary.stopped {
                    return Ok(Ending::Interrupted);
                }
            }
        }
        let summary = commands::run::run_store(config, &store, None, None, &stop).await?;
        if summary.stopped {
            return Ok(Ending::Interrupted);
        }
        if summary.pages() > 0 {
            commands::run::print(&summary)?;
        }
        overview(&store).await?;
        let report = config.store.join("report.html");
        commands::report::write_html(&store, &report).await?;
        line(format!("report: {}", report.display()))?;
        accounts(&store).await?;
        if arguments.no_serve {
            return Ok(Ending::Well);
        }
        commands::serve::warn_if_open(&arguments.address);
        let mut greeting = vec![format!("demo accounts, password {PASSWORD}:")];
        greeting.extend(ACCOUNTS.iter().map(|(login, name, roles)| {
            let roles: Vec<_> = roles.iter().map(|role| role.as_str()).collect();
            format!("  {login:<6} {name:<22} {}", roles.join(", "))
        }));
        commands::serve::serve_store(config, &store, &arguments.address, &greeting).await
    })
}

async fn accounts(store: &Store) -> Result<()> {
    for (login, name, roles) in ACCOUNTS {
        sobo_web::ensure_account(&store.database, login, name, PASSWORD, roles, OfficeScope::All)
            .await
            .map_err(|error| anyhow!("{error}"))
            .with_context(|| format!("the demo account `{login}` cannot be made"))?;
    }
    Ok(())
}

/// What the store holds now, whoever read it.
async fn overview(store: &Store) -> Result<()> {
    let progress = store.database.progress().await?;
    let sum = |pick: fn(&sobo_db::VolumeProgress) -> i64| progress.iter().map(pick).sum::<i64>();
    line(format!(
        "in the store: {} volumes, {} pages ({} read, {} blank, {} scan again, {} failed), {} entries, \
         {} of {} fields accepted, {} lacunae",
        progress.len(),
        sum(|p| p.pages),
        sum(|p| p.done),
        sum(|p| p.blank),
        sum(|p| p.rescan_wanted),
        sum(|p| p.failed),
        sum(|p| p.entries),
        sum(|p| p.accepted),
        sum(|p| p.fields),
        sum(|p| p.lacunae)
    ))?;
    for file in store.database.refused_files(None).await? {
        line(format!("  refused: {}", file.reason))?;
    }
    Ok(())
}
