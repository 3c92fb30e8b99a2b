//! What the server works with.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use sobo_core::{Check, Entry, Field, Form, Original, Rect};
use sobo_db::{Database, Volume};
use sobo_tiles::Tiles;
use sobo_verify::{Chain, Role, StepKind};

/// Reads parts of a page again for a person who drew a box: given by the command line, which knows the pipeline.
pub trait FieldReader: Send + Sync {
    /// Reads one field anew inside `bbox`. Blocking; called on a thread for such work.
    ///
    /// # Errors
    /// A sentence for a person.
    fn read_field(
        &self,
        page: &PagePlace,
        form: &str,
        field: &str,
        bbox: Rect<Original>,
    ) -> Result<Field, String>;

    /// Reads an entry inside `bbox`, of which the machine found nothing or something wrong.
    ///
    /// # Errors
    /// A sentence for a person.
    fn read_entry(&self, page: &PagePlace, form: &str, bbox: Rect<Original>) -> Result<Entry, String>;

    /// Reads the whole page by another form.
    ///
    /// # Errors
    /// A sentence for a person.
    fn read_page(&self, page: &PagePlace, form: &str) -> Result<Vec<Entry>, String>;

    /// What the texts of an entry's fields say against one another and against the years of the book, first and last:
    /// each field with its rule. A help while somebody types: nothing where it cannot be told.
    fn contradictions(
        &self,
        _form: &str,
        _years: (i32, i32),
        _fields: &[(String, String)],
    ) -> Vec<(String, Check)> {
        Vec::new()
    }
}

/// What became of scans handed in on the screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TakenIn {
    /// Pages taken in.
    pub pages: u64,
    /// Files whose bytes were there before.
    pub duplicates: u64,
    /// Files that could not be taken in, each with its reason.
    pub refused: Vec<String>,
}

/// Takes scans in: given by the command line, which knows intake and vault. Blocking; called on a thread for such work.
pub trait ScanTaker: Send + Sync {
    /// Takes the file at `path`, called `name` by the person, into a volume, as part of `batch`. `who` appears in the
    /// audit.
    ///
    /// # Errors
    /// A sentence for a person.
    fn take(
        &self,
        who: &str,
        volume: &Volume,
        batch: &str,
        name: &str,
        path: &Path,
    ) -> Result<TakenIn, String>;
}

/// Where the pixels of a page are, and which volume's reader reads them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PagePlace {
    /// The volume.
    pub volume: i64,
    /// sha256 of the original, hex.
    pub original: String,
    /// Page in that file, from 0.
    pub page_index: u32,
}

/// What is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchQuery {
    /// Names or words, with or without diacritics.
    pub text: String,
    /// First year.
    pub year_from: Option<i32>,
    /// Last year.
    pub year_to: Option<i32>,
    /// Kind of register, its identifier.
    pub register_type: Option<String>,
    /// Office as written.
    pub office: Option<String>,
    /// Signed-off records alone.
    pub verified_only: bool,
    /// Results to leave out at the front.
    pub offset: usize,
    /// Results at most.
    pub limit: usize,
}

/// One result.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchHit {
    /// The entry.
    pub entry_id: i64,
    /// The field that matched best, where one did.
    pub field: Option<String>,
}

/// Results, the best first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SearchResults {
    /// Number of all results.
    pub total: usize,
    /// Those asked for.
    pub hits: Vec<SearchHit>,
}

/// Finds entries: given by the command line, which knows the index. Blocking; called on a thread for such work.
pub trait Searcher: Send + Sync {
    /// Entries that match, the best first.
    ///
    /// # Errors
    /// A sentence for a person.
    fn search(&self, query: &SearchQuery) -> Result<SearchResults, String>;
}

/// How the server behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Cookies are sent over HTTPS alone. Off only on loopback.
    pub secure_cookies: bool,
    /// The chain new records go through, where their office has none of its own.
    pub chain: Chain,
    /// Chains of offices that take other steps, by the office as written on the book.
    pub office_chains: BTreeMap<String, Chain>,
    /// How long an entry stays leased without a sign of life.
    pub lease_ms: i64,
    /// A session ends after so long without use.
    pub session_idle_ms: i64,
    /// A session ends after so long in any case.
    pub session_most_ms: i64,
    /// Failed sign-ins to one name, or from one address, within a quarter of an hour before both wait.
    pub sign_in_attempts: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            secure_cookies: true,
            chain: Chain::full(),
            office_chains: BTreeMap::new(),
            lease_ms: 180_000,
            session_idle_ms: 45 * 60_000,
            session_most_ms: 12 * 3_600_000,
            sign_in_attempts: 8,
        }
    }
}

impl Settings {
    /// The chain new records of this office go through.
    pub fn chain_of(&self, office: &str) -> &Chain {
        self.office_chains.get(office).unwrap_or(&self.chain)
    }

    /// Every chain in use.
    fn chains(&self) -> impl Iterator<Item = &Chain> {
        std::iter::once(&self.chain).chain(self.office_chains.values())
    }

    /// The steps of any chain that these roles may take, those nearest to the end first.
    pub fn steps_for(&self, roles: &[Role]) -> Vec<StepKind> {
        let may = |kind: &StepKind| {
            self.chains()
                .flat_map(|chain| &chain.steps)
                .any(|step| step.kind == *kind && step.roles.iter().any(|role| roles.contains(role)))
        };
        StepKind::ALL.into_iter().rev().filter(may).collect()
    }

    /// Whether someone with these roles may be asked to read a record blind.
    pub fn reads_blind(&self, roles: &[Role]) -> bool {
        self.steps_for(roles).contains(&StepKind::Blind)
    }
}

/// Everything handlers share. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The database.
    pub db: Database,
    /// Images of pages.
    pub tiles: Arc<Tiles>,
    /// The same pages as restoration leaves them, pixel for pixel in the same place, where the server can.
    pub restored: Option<Arc<Tiles>>,
    /// Forms by identifier.
    pub forms: Arc<BTreeMap<String, Form>>,
    /// The index, where there is one.
    pub searcher: Option<Arc<dyn Searcher>>,
    /// Reading of parts of a page, where the server can.
    pub reader: Option<Arc<dyn FieldReader>>,
    /// Taking scans in, where the server can.
    pub taker: Option<Arc<dyn ScanTaker>>,
    /// How the server behaves.
    pub settings: Arc<Settings>,
}

impl std::fmt::Debug for AppState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppState")
            .field("db", &self.db)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
