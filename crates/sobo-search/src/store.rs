//! The folder of the index: generations, the pointer to the present one, readers and the writer.
//!
//! ```text
//! index/CURRENT            the name of the present generation
//! index/generation-000007/ a tantivy index
//! ```

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use tantivy::collector::{Count, TopDocs};
use tantivy::schema::Value as _;
use tantivy::{IndexReader, IndexWriter, ReloadPolicy, TantivyDocument, TantivyError, Term};

use crate::document::Document;
use crate::matching::matched_fields;
use crate::query::{Hit, Query, Results, compile};
use crate::schema::Fields;
use crate::{Result, SearchError};

const POINTER: &str = "CURRENT";
const PREFIX: &str = "generation-";
/// Memory for documents not yet committed, in bytes.
const WRITER_MEMORY: usize = 50_000_000;
/// Most hits that are sorted for one page of results.
const DEEPEST: usize = 10_000;

/// The index opened for reading. Cheap to share; needs no writer.
pub struct Index {
    dir: PathBuf,
    fields: Fields,
    open: RwLock<Generation>,
}

struct Generation {
    name: String,
    reader: IndexReader,
    index: tantivy::Index,
}

impl Index {
    /// Opens the index in `dir`.
    ///
    /// # Errors
    /// [`SearchError::Missing`] where there is none, [`SearchError::OtherVersion`] where it must be rebuilt.
    pub fn open(dir: &Path) -> Result<Self> {
        let fields = Fields::new();
        let open = Generation::open(dir, &fields)?;
        Ok(Self { dir: dir.to_owned(), fields, open: RwLock::new(open) })
    }

    /// Opens the index in `dir`, making an empty one where there is none.
    pub fn open_or_create(dir: &Path) -> Result<Self> {
        match Self::open(dir) {
            Err(SearchError::Missing(_)) => {
                Rebuild::begin(dir)?.finish("")?;
                Self::open(dir)
            }
            other => other,
        }
    }

    /// Makes the latest commit visible, and the latest generation after a rebuild.
    pub fn refresh(&self) -> Result<()> {
        let present = present_generation(&self.dir)?;
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        if open.name == present {
            open.reader.reload()?;
        } else {
            *open = Generation::open(&self.dir, &self.fields)?;
        }
        Ok(())
    }

    /// The cursor given to the last commit: where in the change feed to go on.
    pub fn cursor(&self) -> Result<Option<String>> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        Ok(open.index.load_metas()?.payload.filter(|cursor| !cursor.is_empty()))
    }

    /// How many entries are indexed.
    pub fn count(&self) -> u64 {
        self.open.read().unwrap_or_else(PoisonError::into_inner).reader.searcher().num_docs()
    }

    /// Answers a query.
    pub fn search(&self, query: &Query) -> Result<Results> {
        let searcher = self.open.read().unwrap_or_else(PoisonError::into_inner).reader.searcher();
        let compiled = compile(query, &self.fields);
        let last = query.offset.saturating_add(query.limit).clamp(1, DEEPEST);
        let top = |engine_query: &dyn tantivy::query::Query| {
            searcher.search(engine_query, &(TopDocs::with_limit(last).order_by_score(), Count))
        };
        let (mut found, mut total) = top(compiled.strict.as_ref())?;
        let mut relaxed = false;
        if total == 0
            && let Some(looser) = &compiled.relaxed
        {
            (found, total) = top(looser.as_ref())?;
            relaxed = total > 0;
        }
        let mut hits: Vec<Hit> = Vec::with_capacity(found.len());
        for (score, address) in found {
            let stored: TantivyDocument = searcher.doc(address)?;
            let json =
                stored.get_first(self.fields.document).and_then(|value| value.as_str()).unwrap_or_default();
            let document: Document = serde_json::from_str(json)?;
            hits.push(Hit { score, document, matched: Vec::new() });
        }
        // The engine's order among equals depends on how it merged; ours must not.
        hits.sort_by(|a, b| {
            b.score.total_cmp(&a.score).then_with(|| a.document.entry_id.cmp(&b.document.entry_id))
        });
        let mut hits: Vec<Hit> = hits.into_iter().skip(query.offset).take(query.limit).collect();
        for hit in &mut hits {
            hit.matched = matched_fields(&hit.document, &compiled.words, query.scope);
        }
        Ok(Results { total, hits, relaxed })
    }
}

impl Generation {
    fn open(dir: &Path, fields: &Fields) -> Result<Self> {
        let name = present_generation(dir)?;
        let index = open_generation(dir, &name, fields)?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Self { name, reader, index })
    }
}

/// The one writer of the present generation.
pub struct Writer {
    fields: Fields,
    writer: IndexWriter,
}

impl Writer {
    /// Opens the present generation for writing.
    ///
    /// # Errors
    /// [`SearchError::WriterBusy`] where another writer holds it.
    pub fn open(dir: &Path) -> Result<Self> {
        let fields = Fields::new();
        let name = present_generation(dir)?;
        let index = open_generation(dir, &name, &fields)?;
        Ok(Self { writer: writer(&index, dir)?, fields })
    }

    /// Adds an entry or replaces it: the same document twice is there once.
    pub fn put(&mut self, document: &Document) -> Result<()> {
        self.remove(&document.entry_id);
        self.writer.add_document(self.fields.document(document)?)?;
        Ok(())
    }

    /// Removes an entry, if it is there.
    pub fn remove(&mut self, entry_id: &str) {
        self.writer.delete_term(Term::from_field_text(self.fields.entry_id, entry_id));
    }

    /// Makes all changes since the last commit durable, with the place in the change feed they reach to.
    pub fn commit(&mut self, cursor: &str) -> Result<()> {
        let mut prepared = self.writer.prepare_commit()?;
        prepared.set_payload(cursor);
        prepared.commit()?;
        Ok(())
    }

    /// Forgets all changes since the last commit.
    pub fn rollback(&mut self) -> Result<()> {
        self.writer.rollback()?;
        Ok(())
    }
}

/// A new generation being filled beside the present one, which goes on answering.
pub struct Rebuild {
    dir: PathBuf,
    name: String,
    writer: Writer,
}

impl Rebuild {
    /// Begins a new, empty generation. Leftovers of a rebuild that was cut off are removed.
    pub fn begin(dir: &Path) -> Result<Self> {
        fs::create_dir_all(dir).map_err(|source| io(dir, source))?;
        let present = match present_generation(dir) {
            Ok(name) => Some(name),
            Err(SearchError::Missing(_)) => None,
            Err(other) => return Err(other),
        };
        let number = present.as_deref().and_then(generation_number).unwrap_or(0) + 1;
        for (name, old) in generations(dir)? {
            if old >= number {
                remove_generation(dir, &name)?;
            }
        }
        let name = format!("{PREFIX}{number:06}");
        let path = dir.join(&name);
        fs::create_dir_all(&path).map_err(|source| io(&path, source))?;
        let fields = Fields::new();
        let index = tantivy::Index::create_in_dir(&path, fields.schema.clone())?;
        let writer = Writer { writer: writer(&index, dir)?, fields };
        Ok(Self { dir: dir.to_owned(), name, writer })
    }

    /// Adds an entry.
    pub fn put(&mut self, document: &Document) -> Result<()> {
        self.writer.put(document)
    }

    /// Commits, makes the new generation the present one by renaming the pointer, and removes generations older than
    /// the one it replaces, which readers may still hold.
    pub fn finish(mut self, cursor: &str) -> Result<()> {
        self.writer.commit(cursor)?;
        self.writer.writer.wait_merging_threads()?;
        let previous = present_generation(&self.dir).ok();
        let temporary = self.dir.join(format!("{POINTER}.new"));
        let pointer = self.dir.join(POINTER);
        let write = || -> std::io::Result<()> {
            let mut file = fs::File::create(&temporary)?;
            file.write_all(self.name.as_bytes())?;
            file.sync_all()?;
            fs::rename(&temporary, &pointer)?;
            fs::File::open(&self.dir)?.sync_all()
        };
        write().map_err(|source| io(&pointer, source))?;
        tracing::info!(generation = %self.name, "search index rebuilt");
        for (name, _) in generations(&self.dir)? {
            if name != self.name && Some(&name) != previous.as_ref() {
                remove_generation(&self.dir, &name)?;
            }
        }
        Ok(())
    }
}

fn io(path: &Path, source: std::io::Error) -> SearchError {
    SearchError::Io { path: path.to_owned(), source }
}

fn present_generation(dir: &Path) -> Result<String> {
    let path = dir.join(POINTER);
    match fs::read_to_string(&path) {
        Ok(text) => {
            let name = text.trim();
            // The pointer is a file anyone may edit: only our own names are followed.
            match generation_number(name) {
                Some(_) => Ok(name.to_owned()),
                None => Err(SearchError::Missing(dir.to_owned())),
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(SearchError::Missing(dir.to_owned()))
        }
        Err(source) => Err(io(&path, source)),
    }
}

fn generation_number(name: &str) -> Option<u64> {
    let digits = name.strip_prefix(PREFIX)?;
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

fn generations(dir: &Path) -> Result<Vec<(String, u64)>> {
    let mut out = Vec::new();
    for item in fs::read_dir(dir).map_err(|source| io(dir, source))? {
        let item = item.map_err(|source| io(dir, source))?;
        let name = item.file_name().to_string_lossy().into_owned();
        if let Some(number) = generation_number(&name) {
            out.push((name, number));
        }
    }
    Ok(out)
}

fn remove_generation(dir: &Path, name: &str) -> Result<()> {
    let path = dir.join(name);
    fs::remove_dir_all(&path).map_err(|source| io(&path, source))
}

fn open_generation(dir: &Path, name: &str, fields: &Fields) -> Result<tantivy::Index> {
    let path = dir.join(name);
    if !path.is_dir() {
        return Err(SearchError::Missing(dir.to_owned()));
    }
    let index = tantivy::Index::open_in_dir(&path)?;
    if index.schema() != fields.schema {
        return Err(SearchError::OtherVersion(dir.to_owned()));
    }
    Ok(index)
}

fn writer(index: &tantivy::Index, dir: &Path) -> Result<IndexWriter> {
    match index.writer_with_num_threads(1, WRITER_MEMORY) {
        Err(TantivyError::LockFailure(..)) => Err(SearchError::WriterBusy(dir.to_owned())),
        other => Ok(other?),
    }
}
