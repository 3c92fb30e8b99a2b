use sobo_core::{Outcome, PageReading, Provenance, SCHEMA_VERSION};
use sobo_db::{Completion, on_both, provenance_key};

use crate::register::{claim, provenance, volume, volume_of_pages};

on_both! {
    async fn a_volume_has_the_print_that_was_kept_last(database: Database) {
        let (first, other) = (volume(&database, "KS.1971.03").await.id, volume(&database, "KS.1971.04").await.id);
        assert_eq!(database.print_of_volume(first).await.unwrap(), None);
        database.keep_print("lan", first, "aa", "form = \"một\"").await.unwrap();
        // The same again changes nothing and is not told twice.
        database.keep_print("lan", first, "aa", "form = \"một\"").await.unwrap();
        assert_eq!(database.print_of_volume(first).await.unwrap().as_deref(), Some("form = \"một\""));
        assert_eq!(database.print_of_volume(other).await.unwrap(), None);
        assert_eq!(database.print_with_hash("aa").await.unwrap().as_deref(), Some("form = \"một\""));
        assert_eq!(database.print_with_hash("bb").await.unwrap(), None);
    }

    async fn a_reading_says_with_which_print_it_was_made(database: Database) {
        volume_of_pages(&database, 1).await;
        let work = claim(&database, "a").await;
        let made_by = Provenance { print: "aa".repeat(32), ..provenance("model") };
        let reading = PageReading {
            schema_version: SCHEMA_VERSION,
            page: "0001.tif".to_owned(),
            page_index: 0,
            form: "B-birth".to_owned(),
            family: "B".to_owned(),
            register_type: None,
            entries: vec![],
            issues: vec![],
            elapsed_ms: 5,
        };
        let completion = Completion {
            lease: &work.lease,
            outcome: &Outcome::Done,
            reading: Some(&reading),
            provenance: &made_by,
            size: None,
            dpi: None,
            elapsed_ms: 5,
        };
        database.complete_page("lan", &completion).await.unwrap();
        let stored = database.reading_of_page(work.page.id).await.unwrap().unwrap();
        assert_eq!(stored.made_by, made_by);
        assert_ne!(stored.key, provenance_key(&provenance("model")), "another print makes another reading");
    }
}
