//! The print of a volume is learned once, from its first pages, and given to all.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sobo_db::PageFilter;
use sobo_layout::{Print, SeenLabel, Sighting};
use sobo_pipeline::{PRINT_PAGES, PageInput, PageReader, ReadPage, Silent, Stop, Store};

use crate::support::{on_both, options, read};

/// A reader that learns prints, and how many pages it was asked to learn from.
#[derive(Clone, Default)]
struct Learning(Arc<AtomicUsize>);

impl PageReader for Learning {
    fn read(&self, page: PageInput<'_>) -> ReadPage {
        let print = page.print.map(Print::hash).unwrap_or_default();
        let mut page = read(page);
        page.provenance.print = print;
        page
    }

    fn sight(&self, page: PageInput<'_>) -> Option<Sighting> {
        self.0.fetch_add(1, Ordering::SeqCst);
        let number = page.image.to_luma8().get_pixel(0, 0).0[0];
        assert!(number != 253, "the engine met something it cannot bear");
        // Labels of one print, all pages shifted a little.
        let labels = (0..8_u8).map(|i| SeenLabel {
            entry: 0,
            field: format!("field_{i}"),
            x: 100.0 + f32::from(number % 5),
            y: 60.0 * f32::from(i) + f32::from(number % 7),
            value_x: 300.0,
        });
        Some(Sighting { form: "A-birth".to_owned(), labels: labels.collect(), ..Sighting::default() })
    }
}

async fn prints(store: &Store) -> Vec<String> {
    let mut prints = Vec::new();
    for page in store.database.pages(&PageFilter::default()).await.unwrap() {
        let reading = store.database.reading_of_page(page.id).await.unwrap();
        prints.extend(reading.map(|reading| reading.made_by.print));
    }
    prints
}

on_both! {
    async fn a_print_is_learned_once_and_given_to_every_page(home: Home) {
        // One page brings the learner down, one is blank: the others are enough.
        let mut numbers: Vec<u8> = (1..=PRINT_PAGES as u8 + 2).collect();
        (numbers[3], numbers[5]) = (253, 250);
        let store = home.store_of(numbers).await;
        let reader = Learning::default();
        let silent = || Arc::new(Silent);
        let options = || sobo_pipeline::RunOptions { max_pages: Some(4), ..options() };
        store.run(Arc::new(reader.clone()), options(), silent(), Stop::default()).await.unwrap();
        assert_eq!(reader.0.load(Ordering::SeqCst), PRINT_PAGES);
        // A second run finds the print kept.
        let rest = sobo_pipeline::RunOptions { max_pages: None, ..options() };
        store.run(Arc::new(reader.clone()), rest, silent(), Stop::default()).await.unwrap();
        assert_eq!(reader.0.load(Ordering::SeqCst), PRINT_PAGES);
        let prints = prints(&store).await;
        assert_eq!(prints.len(), PRINT_PAGES + 1, "all but the page that failed");
        let kept = store.database.print_of_volume(1).await.unwrap().unwrap();
        let hash = Print::parse(&kept).unwrap().hash();
        assert!(prints.iter().all(|print| *print == hash), "{prints:?}");
        assert_eq!(store.database.print_with_hash(&hash).await.unwrap(), Some(kept));
    }

    async fn a_short_volume_has_no_print(home: Home) {
        let store = home.store_of(1..PRINT_PAGES as u8).await;
        let reader = Learning::default();
        store.run(Arc::new(reader.clone()), options(), Arc::new(Silent), Stop::default()).await.unwrap();
        assert_eq!(reader.0.load(Ordering::SeqCst), 0);
        assert!(prints(&store).await.iter().all(String::is_empty));
        assert_eq!(store.database.print_of_volume(1).await.unwrap(), None);
    }
}
