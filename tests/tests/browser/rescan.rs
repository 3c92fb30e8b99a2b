//! A scan that replaces a page: both originals stay, verified fields are carried over and shown for a second look.

use anyhow::{Context as _, Result};
use fantoccini::Locator;
use serde_json::json;
use sobo_verify::{Stage, StepKind};

use crate::clerks::{self, PASSWORD};
use crate::screen::{Driver, browser_is_here, key};

#[tokio::test(flavor = "multi_thread")]
async fn a_rescan_carries_what_was_verified_over() -> Result<()> {
    if !browser_is_here() {
        return Ok(());
    }
    let folder = crate::pages();
    let office = clerks::open(&folder, 1, 0).await?;
    let driver = Driver::start().await?;
    let mut lan = driver.browser("lan").await?;
    lan.sign_in(&office.url(""), "lan", PASSWORD).await?;
    lan.client.goto(&office.url("/work?step=entry")).await?;
    let old = lan.entry(None).await?.expect("an entry");
    let read = office.db.entry(old).await?;
    let (old_page, volume) = (read.head.page_id, read.head.volume_id);
    let source = office.db.page(old_page).await?.source;

    // The first field that needs a person gets a value of the person's; the rest is confirmed.
    let field = lan.here().await?;
    lan.typing("Đã Kiểm Tay").await?;
    lan.press(&[], key::ENTER).await?;
    lan.script(
        "const { sheet } = window.sobo; for (const f of sheet.remaining()) { f.text = f.text || 'x'; sheet.say(f); } \
         document.getElementById('submit').focus();",
    )
    .await?;
    lan.press(&[], key::ENTER).await?;
    lan.entry(Some(old)).await?;

    // The scanning room is asked for a better scan.
    lan.client.goto(&office.url(&format!("/entries/{old}"))).await?;
    lan.entry(None).await?;
    lan.script("document.querySelector('#menu [data-action=note]').click()").await?;
    lan.until("the question", "return document.getElementById('ask').open").await?;
    lan.typing("mép trái bị cắt").await?;
    lan.press(&[], key::ENTER).await?;
    lan.until("the note", "return !document.getElementById('page-notes').hidden").await?;

    // The desk shows the wish with the page's picture; the new scan is handed in as a file.
    let mut kho = driver.browser("kho").await?;
    kho.sign_in(&office.url(""), "kho", PASSWORD).await?;
    kho.client.goto(&office.url("/archive/list")).await?;
    let list = kho.script("return document.querySelector('main').innerText").await?;
    assert!(list.as_str().is_some_and(|text| text.contains("mép trái bị cắt")), "{list}");
    assert_eq!(kho.axe().await?, Vec::<String>::new());
    kho.picture("archive-list").await?;
    kho.client.goto(&office.url("/archive")).await?;
    kho.until("the rate", "return !document.getElementById('reading').hidden").await?;
    assert_eq!(kho.axe().await?, Vec::<String>::new());
    kho.picture("archive").await?;
    let mut scan = image::open(folder.join(&source))?.into_rgb8();
    // The same sheet scanned again: other bytes.
    scan.put_pixel(0, 0, image::Rgb([1, 2, 3]));
    let file = tempfile::Builder::new().prefix("quet-lai-").suffix(".jpg").tempfile()?;
    scan.save(file.path())?;
    let input = kho.client.find(Locator::Css("input[data-replaces]")).await?;
    input.send_keys(&file.path().display().to_string()).await?;
    kho.until("the file to be taken", "return document.querySelector('[data-upload-said].ok-text') !== null")
        .await?;
    kho.close().await?;
    let now = office.db.page(old_page).await?;
    let new_page = now.superseded_by.context("the scan took the page's place")?;
    assert_ne!(office.db.page(new_page).await?.original, now.original, "both originals are kept");
    assert!(office.db.open_notes(Some(old_page)).await?.is_empty(), "the wish is settled");

    // It is read; the value keyed before stands in the field for a second look, beside both pictures.
    clerks::read_scan(&office, &folder, &source, volume).await?;
    sobo_web::begin_new_records(&office.state).await?;
    let entries = office.db.entries_of_page(new_page).await?;
    let new = entries.first().context("an entry on the new scan")?.head.id;
    let (_, state) = office.db.record(new).await?;
    assert_eq!(state.stage(), Stage::Awaiting(StepKind::Entry));
    assert_eq!(state.sheet().carried_from, Some(old));
    assert_eq!(state.values()[&field].text, "Đã Kiểm Tay");
    assert!(state.attention().contains(&field), "it is looked at again");
    assert_eq!(office.db.record(old).await?.1.values()[&field].text, "Đã Kiểm Tay", "the old history stands");

    lan.client.goto(&office.url("/work?step=entry")).await?;
    assert_eq!(lan.entry(None).await?, Some(new));
    let shown = lan
        .script(&format!(
            "const f = window.sobo.sheet.fields.find((f) => f.name === '{field}'); \
             f.input.focus(); return [f.input.value, f.mark.textContent.length > 0, f.element.querySelector('.earlier img') !== null, \
             document.getElementById('earlier').hidden]"
        ))
        .await?;
    assert_eq!(shown, json!(["Đã Kiểm Tay", true, true, false]));
    lan.until(
        "both pictures",
        "const shown = [...document.querySelectorAll('.f.here .strip img')]; return shown.length === 2 && shown.every((i) => i.complete && i.naturalWidth > 0)",
    )
    .await?;
    assert_eq!(lan.axe().await?, Vec::<String>::new());
    lan.picture("entry-rescan").await?;
    lan.close().await
}
