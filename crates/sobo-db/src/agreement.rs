//! How often two people, or the machine and a person, said the same; how many records stand where; who does how many.

use sobo_verify::{State, Statement, StepKind};

use crate::Result;

/// How many records of a volume stand at a stage.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StageCount {
    /// The volume.
    pub volume_id: i64,
    /// Identifier of the stage.
    pub stage: String,
    /// Records there.
    pub records: i64,
    /// Of them, free for the person asking: not leased by another, no earlier step taken.
    pub free: i64,
    /// Fields that need a person in them.
    pub attention: i64,
}

/// Agreement about one field, summed over entries.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Tally {
    /// The volume.
    pub volume_id: i64,
    /// The field.
    pub field: String,
    /// The step whose statements were compared with those before.
    pub step: String,
    /// Who took that step.
    pub person: i64,
    /// Whether the machine had offered the field as right.
    pub accepted: bool,
    /// Times compared.
    pub compared: i64,
    /// Times the two differed.
    pub differing: i64,
}

/// Steps taken by a person in a volume on a day.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Pace {
    /// Who.
    pub person: i64,
    /// In which volume.
    pub volume_id: i64,
    /// The step.
    pub step: String,
    /// Day since 1970-01-01 UTC.
    pub day: i64,
    /// Entries.
    pub entries: i64,
}

/// For each field compared by the newest snapshot: its name, whether the machine had accepted it, whether the two differ.
fn compared(before: &State, after: &State) -> Vec<(String, bool, bool)> {
    let Some(snapshot) = after.snapshots().last() else { return Vec::new() };
    let earlier = before.values();
    after
        .sheet()
        .fields
        .iter()
        .filter(|(name, start)| match snapshot.step {
            StepKind::Entry | StepKind::Check => {
                earlier.contains_key(*name) || snapshot.statements.contains_key(*name)
            }
            StepKind::Blind => start.blind,
            StepKind::Arbitrate => before.disputed().contains(name),
            StepKind::SignOff => false,
        })
        .map(|(name, start)| {
            let differs = !Statement::agree(earlier.get(name), snapshot.statements.get(name));
            (name.clone(), start.accepted, differs)
        })
        .collect()
}

queries! {
    inside {
        /// Counts what the newest snapshot of `after` says beside what stood before.
        pub(crate) async fn count(
            transaction: &mut Connection,
            before: &State,
            after: &State,
            volume: i64,
            person: i64,
            step: &str,
            now: i64,
        ) -> Result<()> {
            let arbitrated = step == StepKind::Arbitrate.as_str();
            for (field, accepted, differs) in compared(before, after) {
                sqlx::query(
                    "INSERT INTO tally (volume_id, field, step, person, accepted, compared, differing)
                     VALUES ($1, $2, $3, $4, $5, 1, $6)
                     ON CONFLICT (volume_id, field, step, person, accepted) DO UPDATE SET
                     compared = tally.compared + 1, differing = tally.differing + excluded.differing",
                )
                .bind(volume)
                .bind(field)
                .bind(step)
                .bind(person)
                .bind(accepted)
                .bind(i64::from(differs))
                .execute(&mut *transaction)
                .await?;
                if accepted && !arbitrated {
                    backend::adaptation::note_drift(transaction, volume, now, differs).await?;
                }
            }
            Ok(())
        }
    }

    /// How many records of each volume stand at each stage, as this person sees them.
    pub async fn stage_counts(pools, person: i64) -> Result<Vec<StageCount>> {
        let now = crate::backend::system_now_ms();
        let counts = sqlx::query_as(
            "SELECT volume_id, stage, COUNT(*) AS records,
             COUNT(CASE WHEN (lease_until_ms < $1 OR lease_person = $2) AND people NOT LIKE $3 THEN 1 END) AS free,
             CAST(SUM(attention) AS BIGINT) AS attention
             FROM record GROUP BY volume_id, stage",
        );
        Ok(counts.bind(now).bind(person).bind(format!("% {person} %")).fetch_all(&pools.read).await?)
    }

    /// Agreement by field, volume, step and person.
    pub async fn tallies(pools) -> Result<Vec<Tally>> {
        Ok(sqlx::query_as("SELECT * FROM tally ORDER BY volume_id, field, step, person")
            .fetch_all(&pools.read)
            .await?)
    }

    /// Steps taken since `since_ms` by person, volume and day, the newest first.
    pub async fn pace(pools, since_ms: i64) -> Result<Vec<Pace>> {
        let pace = sqlx::query_as(
            "SELECT d.person, record.volume_id, d.step, d.at_ms / 86400000 AS day, COUNT(*) AS entries
             FROM verification_deed d JOIN record ON record.entry_id = d.entry_id
             WHERE d.event = 'submit' AND d.at_ms >= $1
             GROUP BY d.person, record.volume_id, d.step, d.at_ms / 86400000 ORDER BY 4 DESC, 1, 2, 3",
        );
        Ok(pace.bind(since_ms).fetch_all(&pools.read).await?)
    }
}
