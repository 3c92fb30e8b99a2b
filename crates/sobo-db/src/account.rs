//! Accounts, sessions and failed sign-ins.

use sobo_verify::{Actor, PersonId, Role};

use crate::{AuditEvent, DbError, Result};

/// Someone who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Identifier; also the person's in verification.
    pub id: i64,
    /// Name for signing in.
    pub login: String,
    /// Name shown.
    pub name: String,
    /// argon2 hash of the password.
    pub password_hash: String,
    /// Capacities.
    pub roles: Vec<Role>,
    /// Offices whose registers the person works on.
    pub offices: OfficeScope,
    /// Secret of the second factor, base32, where one is set up.
    pub totp_secret: Option<String>,
    /// Time step of the last one-time code used: no code serves twice.
    pub totp_last: i64,
    /// Whether the person may sign in.
    pub active: bool,
}

impl Account {
    /// The account as an actor of verification.
    pub fn actor(&self) -> Actor {
        Actor { person: PersonId(self.id), roles: self.roles.clone() }
    }

    /// Whether the account has one of these roles.
    pub fn holds_any(&self, roles: &[Role]) -> bool {
        roles.iter().any(|role| self.roles.contains(role))
    }
}

/// Offices a person works for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OfficeScope {
    /// Every office.
    All,
    /// These, as written on the books.
    Only(Vec<String>),
}

impl OfficeScope {
    /// Whether registers of `office` are within the scope.
    pub fn covers(&self, office: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(offices) => offices.iter().any(|known| known == office),
        }
    }

    /// The form kept in the database and compared there: `*`, or names each between line feeds.
    pub(crate) fn stored(&self) -> String {
        match self {
            Self::All => "*".to_owned(),
            Self::Only(offices) => format!("\n{}\n", offices.join("\n")),
        }
    }

    fn parse(text: &str) -> Self {
        if text == "*" {
            return Self::All;
        }
        Self::Only(text.split('\n').filter(|office| !office.is_empty()).map(str::to_owned).collect())
    }
}

/// A new account.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Name for signing in.
    pub login: String,
    /// Name shown.
    pub name: String,
    /// argon2 hash of the password.
    pub password_hash: String,
    /// Capacities.
    pub roles: Vec<Role>,
    /// Offices.
    pub offices: OfficeScope,
}

/// A session that is open.
#[derive(Debug, Clone)]
pub struct Session {
    /// Whose.
    pub account: Account,
    /// Token that every change must carry.
    pub csrf: String,
    /// Whether the second factor was given, where the account asks for one.
    pub second_ok: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    login: String,
    name: String,
    password_hash: String,
    roles: String,
    offices: String,
    totp_secret: Option<String>,
    totp_last: i64,
    active: bool,
}

impl Row {
    fn account(self) -> Result<Account> {
        let roles = self
            .roles
            .split('\n')
            .filter(|role| !role.is_empty())
            .map(|role| Role::parse(role).ok_or_else(|| DbError::stored("account", self.id, "roles", role)))
            .collect::<Result<_>>()?;
        Ok(Account {
            id: self.id,
            login: self.login,
            name: self.name,
            password_hash: self.password_hash,
            roles,
            offices: OfficeScope::parse(&self.offices),
            totp_secret: self.totp_secret,
            totp_last: self.totp_last,
            active: self.active,
        })
    }
}

fn stored_roles(roles: &[Role]) -> String {
    roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join("\n")
}

queries! {
    /// Makes an account and gives its id.
    pub async fn create_account(pools, by: &str, account: &NewAccount) -> Result<i64> {
        let mut transaction = pools.begin().await?;
        let now = backend::now_ms(&mut transaction).await?;
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO account (login, name, password_hash, roles, offices, active, created_ms)
             VALUES ($1, $2, $3, $4, $5, TRUE, $6) RETURNING id",
        )
        .bind(&account.login)
        .bind(&account.name)
        .bind(&account.password_hash)
        .bind(stored_roles(&account.roles))
        .bind(account.offices.stored())
        .bind(now)
        .fetch_one(&mut *transaction)
        .await?;
        let event = AuditEvent::new(by, "account.create", [format!("account/{id}")])
            .with(serde_json::json!({ "roles": account.roles }));
        backend::finish(transaction, &[], &[event]).await?;
        Ok(id)
    }

    /// The account with this name for signing in.
    pub async fn account_by_login(pools, login: &str) -> Result<Option<Account>> {
        let row: Option<Row> = sqlx::query_as("SELECT * FROM account WHERE login = $1")
            .bind(login)
            .fetch_optional(&pools.read)
            .await?;
        row.map(Row::account).transpose()
    }

    /// Every account, by login.
    pub async fn accounts(pools) -> Result<Vec<Account>> {
        let rows: Vec<Row> =
            sqlx::query_as("SELECT * FROM account ORDER BY login").fetch_all(&pools.read).await?;
        rows.into_iter().map(Row::account).collect()
    }

    /// Changes what an account may do. Its sessions end, so that the change holds at once.
    pub async fn change_account(pools, by: &str, id: i64, roles: &[Role], offices: &OfficeScope, active: bool) -> Result<()> {
        let mut transaction = pools.begin().await?;
        let changed = sqlx::query("UPDATE account SET roles = $2, offices = $3, active = $4 WHERE id = $1")
            .bind(id)
            .bind(stored_roles(roles))
            .bind(offices.stored())
            .bind(active)
            .execute(&mut *transaction)
            .await?;
        if changed.rows_affected() == 0 {
            return Err(DbError::NotFound { what: "account", id: id.to_string() });
        }
        sqlx::query("DELETE FROM session WHERE account_id = $1").bind(id).execute(&mut *transaction).await?;
        let event = AuditEvent::new(by, "account.change", [format!("account/{id}")])
            .with(serde_json::json!({ "roles": roles, "active": active }));
        backend::finish(transaction, &[], &[event]).await
    }

    /// Sets a new password and ends the account's sessions.
    pub async fn set_password(pools, by: &str, id: i64, password_hash: &str) -> Result<()> {
        let mut transaction = pools.begin().await?;
        sqlx::query("UPDATE account SET password_hash = $2 WHERE id = $1")
            .bind(id)
            .bind(password_hash)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("DELETE FROM session WHERE account_id = $1").bind(id).execute(&mut *transaction).await?;
        backend::finish(transaction, &[], &[AuditEvent::new(by, "account.password", [format!("account/{id}")])]).await
    }

    /// Sets or clears the secret of the second factor.
    pub async fn set_totp(pools, by: &str, id: i64, secret: Option<&str>) -> Result<()> {
        let mut transaction = pools.begin().await?;
        sqlx::query("UPDATE account SET totp_secret = $2, totp_last = 0 WHERE id = $1")
            .bind(id)
            .bind(secret)
            .execute(&mut *transaction)
            .await?;
        let event = AuditEvent::new(by, "account.second_factor", [format!("account/{id}")])
            .with(serde_json::json!({ "on": secret.is_some() }));
        backend::finish(transaction, &[], &[event]).await
    }

    /// Marks a one-time code's time step as used; false where it, or a later one, was used before.
    pub async fn use_totp(pools, id: i64, step: i64) -> Result<bool> {
        let mut transaction = pools.begin().await?;
        let used = sqlx::query("UPDATE account SET totp_last = $2 WHERE id = $1 AND totp_last < $2")
            .bind(id)
            .bind(step)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(used.rows_affected() == 1)
    }

    /// Opens a session.
    pub async fn open_session(pools, token_hash: &str, account: i64, csrf: &str, second_ok: bool) -> Result<()> {
        let mut transaction = pools.begin().await?;
        let now = backend::now_ms(&mut transaction).await?;
        sqlx::query(
            "INSERT INTO session (token_hash, account_id, csrf, second_ok, created_ms, seen_ms)
             VALUES ($1, $2, $3, $4, $5, $5)",
        )
        .bind(token_hash)
        .bind(account)
        .bind(csrf)
        .bind(second_ok)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        let event = AuditEvent::new(&format!("account/{account}"), "session.open", [format!("account/{account}")]);
        backend::finish(transaction, &[], &[event]).await
    }

    /// The open session with this token, if its account is active, it was used within `idle_ms` and it is no older
    /// than `most_ms`.
    pub async fn session(pools, token_hash: &str, idle_ms: i64, most_ms: i64) -> Result<Option<Session>> {
        let now = crate::backend::system_now_ms();
        let found: Option<(i64, String, bool, i64)> = sqlx::query_as(
            "SELECT account_id, csrf, second_ok, seen_ms FROM session
             WHERE token_hash = $1 AND seen_ms > $2 AND created_ms > $3",
        )
        .bind(token_hash)
        .bind(now - idle_ms)
        .bind(now - most_ms)
        .fetch_optional(&pools.read)
        .await?;
        let Some((account, csrf, second_ok, seen_ms)) = found else { return Ok(None) };
        let row: Option<Row> = sqlx::query_as("SELECT * FROM account WHERE id = $1 AND active")
            .bind(account)
            .fetch_optional(&pools.read)
            .await?;
        let Some(row) = row else { return Ok(None) };
        // Written at most once a minute: a screen asks for hundreds of tiles.
        if now - seen_ms > 60_000 {
            sqlx::query("UPDATE session SET seen_ms = $2 WHERE token_hash = $1")
                .bind(token_hash)
                .bind(now)
                .execute(&pools.write)
                .await?;
        }
        Ok(Some(Session { account: row.account()?, csrf, second_ok }))
    }

    /// Marks that the second factor was given.
    pub async fn pass_second_factor(pools, token_hash: &str) -> Result<()> {
        sqlx::query("UPDATE session SET second_ok = TRUE WHERE token_hash = $1")
            .bind(token_hash)
            .execute(&pools.write)
            .await?;
        Ok(())
    }

    /// Ends a session.
    pub async fn close_session(pools, token_hash: &str) -> Result<()> {
        sqlx::query("DELETE FROM session WHERE token_hash = $1").bind(token_hash).execute(&pools.write).await?;
        Ok(())
    }

    /// Records a failed sign-in and forgets those older than a day.
    pub async fn record_sign_in_failure(pools, login: &str, address: &str) -> Result<()> {
        let mut transaction = pools.begin().await?;
        let now = backend::now_ms(&mut transaction).await?;
        sqlx::query("DELETE FROM sign_in_failure WHERE at_ms < $1")
            .bind(now - 86_400_000)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("INSERT INTO sign_in_failure (login, address, at_ms) VALUES ($1, $2, $3)")
            .bind(login)
            .bind(address)
            .bind(now)
            .execute(&mut *transaction)
            .await?;
        backend::finish(transaction, &[], &[AuditEvent::new("sobo", "session.refuse", [])]).await
    }

    /// Failed sign-ins within the last `within_ms`: for this login, and from this address.
    pub async fn sign_in_failures(pools, login: &str, address: &str, within_ms: i64) -> Result<(i64, i64)> {
        let since = crate::backend::system_now_ms() - within_ms;
        let count = sqlx::query_as(
            "SELECT COUNT(CASE WHEN login = $1 THEN 1 END), COUNT(CASE WHEN address = $2 THEN 1 END)
             FROM sign_in_failure WHERE at_ms > $3",
        );
        Ok(count.bind(login).bind(address).bind(since).fetch_one(&pools.read).await?)
    }
}
