//! `sobo account`: people who may sign in.

use std::io::BufRead as _;

use anyhow::{Context as _, Result, anyhow, ensure};
use sobo_db::OfficeScope;
use sobo_verify::Role;

use crate::arguments::AccountCommand;
use crate::config::Config;
use crate::output::{Ending, line, note};
use crate::store;

/// Shortest password taken.
const SHORTEST: usize = 10;

/// Adds or lists accounts.
///
/// # Errors
/// When a role is unknown, the password too short, or the store fails.
pub(crate) fn account(config: &Config, command: &AccountCommand) -> Result<Ending> {
    store::runtime()?.block_on(async {
        let store = store::open(config).await?;
        match command {
            AccountCommand::Add { login, name, roles, office } => {
                let roles = roles.iter().map(|role| parse_role(role)).collect::<Result<Vec<_>>>()?;
                let offices =
                    if office.is_empty() { OfficeScope::All } else { OfficeScope::Only(office.clone()) };
                ensure!(
                    store.database.account_by_login(login).await?.is_none(),
                    "there is an account `{login}` already"
                );
                note("password (one line on standard input):");
                let mut password = String::new();
                std::io::stdin().lock().read_line(&mut password).context("no password could be read")?;
                let password = password.trim_end_matches(['\r', '\n']);
                ensure!(
                    password.chars().count() >= SHORTEST,
                    "the password has fewer than {SHORTEST} characters"
                );
                let shown = name.as_deref().unwrap_or(login);
                sobo_web::ensure_account(&store.database, login, shown, password, &roles, offices)
                    .await
                    .map_err(|error| anyhow!("{error}"))?;
                line(format!("account `{login}` may sign in"))?;
            }
            AccountCommand::List => {
                for account in store.database.accounts().await? {
                    let roles: Vec<_> = account.roles.iter().map(|role| role.as_str()).collect();
                    line(format!("{:<16} {:<24} {}", account.login, account.name, roles.join(", ")))?;
                }
            }
        }
        Ok(Ending::Well)
    })
}

fn parse_role(text: &str) -> Result<Role> {
    Role::ALL.into_iter().find(|role| role.as_str() == text).with_context(|| {
        let known: Vec<_> = Role::ALL.iter().map(|role| role.as_str()).collect();
        format!("there is no role `{text}`; known are {}", known.join(", "))
    })
}
