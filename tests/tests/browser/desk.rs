//! The archive team's desk: a volume is made on the screen, scans are handed in, batches and time left move by themselves,
//! watched folders are told of.

use anyhow::{Context as _, Result};
use fantoccini::Locator;
use sobo_db::WatchedFolder;

use crate::clerks::{self, PASSWORD};
use crate::screen::{Driver, browser_is_here};

#[tokio::test(flavor = "multi_thread")]
async fn a_volume_is_made_and_filled_on_the_screen() -> Result<()> {
    if !browser_is_here() {
        return Ok(());
    }
    let folder = crate::pages();
    let office = clerks::open(&folder, 2, 0).await?;
    let driver = Driver::start().await?;
    let mut kho = driver.browser("kho").await?;
    kho.sign_in(&office.url(""), "kho", PASSWORD).await?;
    kho.client.find(Locator::Css("a[href='/archive/volumes/new']")).await?.click().await?;
    kho.until("the form", "return document.getElementById('closing_pages') !== null").await?;
    assert_eq!(kho.axe().await?, Vec::<String>::new());
    for (field, text) in [
        ("name", "KS.2003.07"),
        ("number", "07/2003"),
        ("year_from", "2003"),
        ("year_to", "2001"),
        ("office", "UBND phường 12, quận 10"),
        ("shelf", "Kho 2, kệ 1, hộp 4"),
        ("closing_pages", "3"),
        ("closing_entries", "5"),
    ] {
        kho.client.find(Locator::Id(field)).await?.send_keys(text).await?;
    }
    kho.client.find(Locator::Css("main form button.primary")).await?.click().await?;
    // The years run backwards: said in words, and everything typed stands there still.
    kho.until("the refusal", "return document.querySelector('.notice.bad') !== null").await?;
    assert_eq!(kho.axe().await?, Vec::<String>::new());
    kho.picture("archive-volume").await?;
    let to = kho.client.find(Locator::Id("year_to")).await?;
    to.clear().await?;
    kho.client.find(Locator::Css("main form button.primary")).await?.click().await?;
    kho.until("the desk", "return location.pathname === '/archive'").await?;
    let volume = office.db.volume_named("KS.2003.07").await?.context("the volume")?;
    assert_eq!(volume.descriptor.office, "UBND phường 12, quận 10");
    assert_eq!((volume.descriptor.closing.pages, volume.descriptor.closing.entries), (Some(3), Some(5)));
    assert_eq!(volume.descriptor.shelf.as_deref(), Some("Kho 2, kệ 1, hộp 4"));

    // Two scans chosen together are one batch; it and the volume wait to be read.
    let scans = tempfile::tempdir()?;
    let mut paths = Vec::new();
    for (index, truth) in clerks::truth_files(&folder)?.into_iter().take(2).enumerate() {
        let mut scan = image::open(truth.with_extension("jpg"))?.into_rgb8();
        scan.put_pixel(0, 0, image::Rgb([index as u8, 2, 3]));
        let path = scans.path().join(format!("quet-{index}.jpg"));
        scan.save(&path)?;
        paths.push(path.display().to_string());
    }
    let input = kho
        .client
        .find(Locator::Css(&format!("input[data-upload='{}']:not([data-replaces])", volume.id)))
        .await?;
    input.send_keys(&paths.join("\n")).await?;
    let said = format!(
        "return document.querySelector('[data-upload-said=\"{}\"]').className === 'ok-text'",
        volume.id
    );
    kho.until("both files to be taken", &said).await?;
    assert_eq!(office.db.pages_of_volume(volume.id).await?.len(), 2);
    let waiting = format!(
        "return document.querySelector('tr[data-volume=\"{}\"] [data-of=waiting]').textContent === '2'",
        volume.id
    );
    kho.until("the volume's row to follow", &waiting).await?;
    kho.client.refresh().await?;
    let batch = "const row = [...document.querySelectorAll('tr[data-batch]')].find((row) => row.innerText.includes('KS.2003.07')); \
                 return row.querySelector('[data-of=read]').textContent";
    assert_eq!(kho.script(batch).await?, serde_json::json!("0 / 2"), "one batch of two pages");

    // One is read: batch, volume and the time left follow without a hand.
    let like =
        clerks::truth_files(&folder)?[0].strip_prefix(&folder)?.with_extension("jpg").display().to_string();
    clerks::read_scan(&office, &folder, &like, volume.id).await?;
    kho.until("the batch to move", &batch.replace("return row", "return '1 / 2' === row")).await?;
    let left = format!(
        "return document.querySelector('tr[data-volume=\"{}\"] [data-of=left]').textContent.includes('phút')",
        volume.id
    );
    kho.until("time left", &left).await?;

    // A watcher tells of its folder; what waits says why.
    let watched = WatchedFolder {
        folder: "/quet/vao".to_owned(),
        taken: 12,
        waiting: 1,
        said: "thiếu volume.toml".to_owned(),
        ..WatchedFolder::default()
    };
    office.db.tell_of_watch(&watched).await?;
    kho.until(
        "the watched folder",
        "return document.getElementById('watches').innerText.includes('thiếu volume.toml')",
    )
    .await?;
    assert_eq!(kho.axe().await?, Vec::<String>::new());
    kho.picture("archive").await?;

    // The description is corrected; its name stays.
    kho.client.goto(&office.url(&format!("/archive/volumes/{}", volume.id))).await?;
    let pages = kho.client.find(Locator::Id("closing_pages")).await?;
    pages.clear().await?;
    pages.send_keys("2").await?;
    kho.client.find(Locator::Css("main form button.primary")).await?.click().await?;
    kho.until("the desk", "return location.pathname === '/archive'").await?;
    assert_eq!(office.db.volume(volume.id).await?.descriptor.closing.pages, Some(2));
    kho.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_failed_is_shown_with_its_picture_and_its_reason() -> Result<()> {
    if !browser_is_here() {
        return Ok(());
    }
    let office = clerks::open(&crate::pages(), 2, 0).await?;
    let volume = office.db.volumes().await?.remove(0);
    let page = office.db.pages_of_volume(volume.id).await?.remove(0);
    let which = sobo_db::Requeue::Pages(&[page.id]);
    office.db.requeue_pages("kho", &which, None, 0, "thử").await?;
    let work = office.db.claim_pages("fixture", 60_000, 1, Some(volume.id)).await?;
    let reason = "không thấy khung bảng trên trang";
    let completion = sobo_db::Completion {
        lease: &work[0].lease,
        outcome: &sobo_core::Outcome::Failed { reason: reason.to_owned() },
        reading: None,
        provenance: &sobo_core::Provenance::default(),
        size: None,
        dpi: None,
        elapsed_ms: 5,
    };
    office.db.complete_page("sobo", &completion).await?;
    let driver = Driver::start().await?;
    let mut kho = driver.browser("kho").await?;
    kho.sign_in(&office.url(""), "kho", PASSWORD).await?;
    kho.client.goto(&office.url("/archive")).await?;
    let tile = format!(
        "const tile = [...document.querySelectorAll('.tiles li')].find((li) => li.innerText.includes('{reason}')); \
         tile?.scrollIntoView(); const picture = tile?.querySelector('img'); return Boolean(picture?.complete && picture.naturalWidth > 50)"
    );
    kho.until("picture and reason", &tile).await?;
    assert_eq!(kho.axe().await?, Vec::<String>::new());
    kho.picture("archive-failed").await?;
    kho.client.goto(&office.url("/archive/list")).await?;
    let list = kho.script("return document.querySelector('main').innerText").await?;
    assert!(list.as_str().is_some_and(|text| text.contains(reason)), "{list}");
    kho.client.goto(&office.url(&format!("/pages/{}", page.id))).await?;
    assert_eq!(kho.axe().await?, Vec::<String>::new());
    kho.picture("page-failed").await?;
    kho.close().await
}
