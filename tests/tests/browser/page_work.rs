//! What a clerk does to the page being read: boxes redrawn and read at once, entries split, merged, added, removed, the
//! form or volume changed, a page without entries; each undone.

use anyhow::{Context as _, Result};
use fantoccini::Locator;
use serde_json::{Value, json};
use sobo_verify::{Stage, StepKind};

use crate::clerks::{self, Office, PASSWORD};
use crate::screen::{Driver, Screen, browser_is_here, key};

/// Presses a line of the menu.
async fn choose(screen: &mut Screen, action: &str) -> Result<()> {
    screen.press(&[], key::F9).await?;
    screen.until("the menu", "return document.getElementById('menu').open").await?;
    screen.client.find(Locator::Css(&format!("#menu [data-action='{action}']"))).await?.click().await?;
    Ok(())
}

/// Gives the reason a dialog asks for.
async fn because(screen: &mut Screen, reason: &str) -> Result<()> {
    screen.until("the question", "return document.getElementById('ask').open").await?;
    screen.typing(reason).await?;
    screen.press(&[], key::ENTER).await
}

/// Draws a box of the original with the mouse.
async fn draw(screen: &mut Screen, bbox: [f64; 4]) -> Result<()> {
    let (from, to) = corners(screen, bbox).await?;
    screen.drag(from, to).await
}

/// Two corners of a box of the original in the window, once it may be drawn.
async fn corners(screen: &mut Screen, bbox: [f64; 4]) -> Result<((i64, i64), (i64, i64))> {
    screen.until("drawing", "return document.getElementById('boxes').classList.contains('drawing')").await?;
    // The page comes to rest at its whole.
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    let [x, y, w, h] = bbox;
    let corners = screen
        .script(&format!(
            "const item = window.sobo.viewer.item(); const box = document.getElementById('boxes').getBoundingClientRect(); \
             return [[{x}, {y}], [{}, {}]].map(([px, py]) => {{ \
               const p = item.imageToViewerElementCoordinates(new OpenSeadragon.Point(px, py)); \
               return [Math.round(p.x + box.left), Math.round(p.y + box.top)]; }})",
            x + w,
            y + h
        ))
        .await?;
    let number = |at: usize, axis: usize| corners[at][axis].as_i64().unwrap_or_default();
    Ok(((number(0, 0), number(0, 1)), (number(1, 0), number(1, 1))))
}

fn rect(value: &Value) -> Result<[f64; 4]> {
    let side = |at: usize| value[at].as_f64().context("a box has four sides");
    Ok([side(0)?, side(1)?, side(2)?, side(3)?])
}

async fn current(screen: &Screen) -> Result<i64> {
    screen.script("return window.sobo.current?.id ?? -1").await?.as_i64().context("an id")
}

async fn standing(office: &Office, page: i64) -> Result<Vec<i64>> {
    let entries = office.db.entries_of_page(page).await?;
    Ok(entries.iter().map(|entry| entry.head.id).collect())
}

/// Clicks the undo offered with the message, and waits until it is done.
async fn undo(screen: &mut Screen) -> Result<()> {
    screen.until("undo is offered", "return document.getElementById('undo-work') !== null").await?;
    screen.client.find(Locator::Id("undo-work")).await?.click().await?;
    screen
        .until(
            "it is undone",
            "return document.getElementById('undo-work') === null && window.sobo.current !== null",
        )
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_is_redrawn_and_read_again_at_once() -> Result<()> {
    if !browser_is_here() {
        return Ok(());
    }
    let office = clerks::open(&crate::pages(), 1, 0).await?;
    let driver = Driver::start().await?;
    let mut lan = driver.browser("lan").await?;
    lan.sign_in(&office.url(""), "lan", PASSWORD).await?;
    lan.client.goto(&office.url("/work?step=entry")).await?;
    let entry = lan.entry(None).await?.expect("an entry");
    lan.until("the page", "return Boolean(window.sobo.viewer.item())").await?;

    // The field's box is drawn around another field: the text there stands in the input a moment later.
    let field = lan.here().await?;
    let read = office.db.entry(entry).await?;
    let other = read
        .fields
        .iter()
        .filter(|(name, other)| **name != field && other.bbox.w > 60.0 && other.bbox.h > 12.0)
        .max_by(|a, b| a.1.bbox.area().total_cmp(&b.1.bbox.area()))
        .context("another field")?;
    let page = office.db.page(read.head.page_id).await?;
    let written = office.truth.get(&(page.source, 0)).context("a truth")?[other.0].clone();
    lan.press(&[], key::F8).await?;
    let b = other.1.bbox;
    draw(&mut lan, [b.x, b.y, b.w, b.h]).await?;
    let shown = format!(
        "return window.sobo.sheet.fields.find((f) => f.name === '{field}').input.value === {}",
        json!(written)
    );
    lan.until("the field to be read again", &shown).await?;
    lan.press(&[], key::ENTER).await?;
    let said = lan.script(&format!("return window.sobo.sheet.statements()['{field}']")).await?;
    assert_eq!(said["text"], json!(written));
    let drawn = rect(&said["bbox"])?;
    assert!(
        (drawn[0] - b.x).abs() < 12.0 && (drawn[2] - b.w).abs() < 24.0,
        "{drawn:?} is where {b:?} was drawn"
    );
    // The same without a drag: a click at each of two corners.
    lan.script(&format!("document.getElementById('f-{field}').focus(); return true")).await?;
    lan.press(&[], key::F8).await?;
    let (from, to) = corners(&mut lan, [b.x, b.y, b.w, b.h]).await?;
    lan.click_at(&[from, to]).await?;
    let box_of = format!("return window.sobo.sheet.fields.find((f) => f.name === '{field}').drawn");
    lan.until(
        "the box of two clicks",
        "return !document.getElementById('boxes').classList.contains('drawing')",
    )
    .await?;
    let clicked = rect(&lan.script(&box_of).await?)?;
    assert!((clicked[0] - b.x).abs() < 12.0 && (clicked[2] - b.w).abs() < 24.0, "{clicked:?} beside {b:?}");
    // And without a mouse: the arrow keys move the box, with Shift they change its size.
    lan.press(&[], key::F8).await?;
    lan.until("drawing", "return document.getElementById('boxes').classList.contains('drawing')").await?;
    for _ in 0..3 {
        lan.press(&[], key::DOWN).await?;
        lan.press(&[key::SHIFT], key::RIGHT).await?;
    }
    lan.press(&[], key::ENTER).await?;
    lan.until("the box of keys", "return !document.getElementById('boxes').classList.contains('drawing')")
        .await?;
    let keyed = rect(&lan.script(&box_of).await?)?;
    assert!(keyed[1] > clicked[1] && keyed[2] > clicked[2], "{keyed:?} is lower and wider than {clicked:?}");
    lan.press(&[key::CONTROL], 'z').await?;
    lan.press(&[key::CONTROL], 'z').await?;
    // Ctrl+Z takes the box back with the value.
    lan.script(&format!("document.getElementById('f-{field}').focus()")).await?;
    lan.press(&[key::CONTROL], 'z').await?;
    lan.press(&[key::CONTROL], 'z').await?;
    let box_now = lan
        .script(&format!("return window.sobo.sheet.fields.find((f) => f.name === '{field}').drawn"))
        .await?;
    assert_eq!(box_now, Value::Null);
    lan.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_are_split_merged_added_and_removed_with_undo() -> Result<()> {
    if !browser_is_here() {
        return Ok(());
    }
    let office = clerks::open(&crate::pages(), 8, 0).await?;
    // A page with several entries.
    let mut pages = Vec::new();
    for volume in office.db.volumes().await? {
        pages.extend(office.db.pages_of_volume(volume.id).await?);
    }
    let mut page = None;
    for candidate in pages {
        if office.db.entries_of_page(candidate.id).await?.len() >= 2 {
            page = Some(candidate);
            break;
        }
    }
    let page = page.context("a page with two entries")?;
    let before = standing(&office, page.id).await?;
    let driver = Driver::start().await?;
    let mut lan = driver.browser("lan").await?;
    lan.sign_in(&office.url(""), "lan", PASSWORD).await?;
    lan.client.goto(&office.url(&format!("/work?step=entry&volume={}", page.volume_id))).await?;
    let entry = lan.entry(None).await?.expect("an entry");
    lan.until("the page", "return Boolean(window.sobo.viewer.item())").await?;
    assert_eq!(entry, before[0]);

    // Split: the lower half becomes an entry of its own, and both are read again.
    let whole = rect(&lan.script("return window.sobo.current.bbox").await?)?;
    choose(&mut lan, "split").await?;
    draw(&mut lan, [whole[0] + 4.0, whole[1] + whole[3] * 0.5, whole[2] - 8.0, whole[3] * 0.5 - 4.0]).await?;
    lan.until("the first part", &format!("return window.sobo.current && window.sobo.current.id !== {entry}"))
        .await?;
    let parts = standing(&office, page.id).await?;
    assert_eq!(parts.len(), before.len() + 1, "{parts:?}");
    assert!(!parts.contains(&entry) && parts[2..] == before[1..], "{before:?} became {parts:?}");
    assert_eq!(office.db.record(entry).await?.1.stage(), Stage::Withdrawn);
    assert_eq!(current(&lan).await?, parts[0], "the first part is at work");
    lan.picture("entry-split").await?;
    undo(&mut lan).await?;
    assert_eq!(standing(&office, page.id).await?, before);
    assert_eq!(current(&lan).await?, entry);

    // Merge with the neighbour: one entry with the fields of both.
    choose(&mut lan, "merge").await?;
    lan.until("the whole", &format!("return window.sobo.current && window.sobo.current.id !== {entry}"))
        .await?;
    let merged = standing(&office, page.id).await?;
    assert_eq!(merged.len(), before.len() - 1);
    assert_eq!(merged[1..], before[2..]);
    undo(&mut lan).await?;
    assert_eq!(standing(&office, page.id).await?, before);

    // Remove, with its reason in the history of the page; undone from there.
    choose(&mut lan, "remove").await?;
    because(&mut lan, "chữ ký").await?;
    lan.until("the next entry", &format!("return window.sobo.current && window.sobo.current.id !== {entry}"))
        .await?;
    assert_eq!(standing(&office, page.id).await?, before[1..]);
    lan.press(&[], key::F10).await?;
    lan.until("the history", "return document.querySelectorAll('#history-work-rows button').length === 1")
        .await?;
    let rows = lan.script("return document.getElementById('history-work-rows').innerText").await?;
    assert!(rows.as_str().is_some_and(|text| text.contains("chữ ký")), "{rows}");
    lan.picture("entry-history").await?;
    lan.client.find(Locator::Css("#history-work-rows button")).await?.click().await?;
    lan.until("the entry is back", &format!("return window.sobo.current?.id === {entry}")).await?;
    assert_eq!(standing(&office, page.id).await?, before);

    // Add: the work in hand stays in hand.
    choose(&mut lan, "add").await?;
    draw(&mut lan, [whole[0], whole[1] + whole[3] + 4.0, whole[2], 60.0]).await?;
    lan.until("undo is offered", "return document.getElementById('undo-work') !== null").await?;
    assert_eq!(current(&lan).await?, entry);
    let added = standing(&office, page.id).await?;
    assert_eq!(added.len(), before.len() + 1);
    assert_eq!((added[0], &added[2..]), (before[0], &before[1..]), "it stands where it was drawn: {added:?}");
    undo(&mut lan).await?;
    assert_eq!(standing(&office, page.id).await?, before);

    // The marginal note: drawn, read at once, a field of the entry like any other.
    choose(&mut lan, "marginal").await?;
    let target = office.db.entry(before[0]).await?;
    let b = target.fields.values().find(|field| field.bbox.w > 60.0).context("a field")?.bbox;
    draw(&mut lan, [b.x, b.y, b.w, b.h]).await?;
    lan.until(
        "the note to be read",
        "return window.sobo.sheet.fields.find((f) => f.name === 'notes').input.value.length > 0",
    )
    .await?;
    lan.press(&[], key::ENTER).await?;
    let said = lan.script("return window.sobo.sheet.statements().notes").await?;
    assert!(said["bbox"].is_array() && said["text"].as_str().is_some_and(|text| !text.is_empty()), "{said}");

    let history = office.db.page_works(page.id).await?;
    let kinds: Vec<&str> = history.iter().map(|work| work.kind.as_str()).collect();
    assert_eq!(kinds, ["split", "merge", "remove", "add"]);
    assert!(history.iter().all(|work| work.undone_ms.is_some()));
    assert_eq!(office.db.verify_chain().await?.faults, Vec::<String>::new());
    lan.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_changes_form_and_volume_or_has_no_entries() -> Result<()> {
    if !browser_is_here() {
        return Ok(());
    }
    let office = clerks::open(&crate::pages(), 3, 0).await?;
    let driver = Driver::start().await?;
    let mut lan = driver.browser("lan").await?;
    lan.sign_in(&office.url(""), "lan", PASSWORD).await?;
    lan.client.goto(&office.url("/work?step=entry")).await?;
    let entry = lan.entry(None).await?.expect("an entry");
    let read = office.db.entry(entry).await?;
    let (page, volume) = (read.head.page_id, read.head.volume_id);
    let before = standing(&office, page).await?;
    let form = office.db.page(page).await?.form;

    // Another form: read anew at once by it.
    choose(&mut lan, "form").await?;
    lan.until("the forms", "return document.querySelectorAll('#ask-choice option').length > 5").await?;
    lan.picture("entry-form").await?;
    because(&mut lan, "tiêu đề ghi khác").await?;
    lan.until(
        "the new reading",
        &format!("return window.sobo.current && window.sobo.current.id !== {entry}"),
    )
    .await?;
    let now = office.db.page(page).await?;
    assert_ne!(now.form, form);
    let anew = standing(&office, page).await?;
    assert!(anew.iter().all(|entry| !before.contains(entry)), "{before:?} {anew:?}");
    assert_eq!(office.db.record(anew[0]).await?.0.form, now.form);
    undo(&mut lan).await?;
    assert_eq!((office.db.page(page).await?.form, standing(&office, page).await?), (form, before.clone()));

    // Another volume: the page goes there with its entries, and comes back.
    choose(&mut lan, "volume").await?;
    because(&mut lan, "trang của sổ khác").await?;
    lan.until("undo is offered", "return document.getElementById('undo-work') !== null").await?;
    let moved = office.db.page(page).await?;
    assert_ne!(moved.volume_id, volume);
    assert_eq!(office.db.record(entry).await?.0.volume_id, moved.volume_id);
    undo(&mut lan).await?;
    assert_eq!(office.db.page(page).await?.volume_id, volume);
    assert_eq!(office.db.record(entry).await?.0.volume_id, volume);

    // No entries at all.
    choose(&mut lan, "blank").await?;
    because(&mut lan, "chỉ có bìa").await?;
    lan.until("undo is offered", "return document.getElementById('undo-work') !== null").await?;
    assert_eq!(standing(&office, page).await?, Vec::<i64>::new());
    assert_eq!(office.db.page(page).await?.outcome, Some(sobo_core::Outcome::Blank));
    undo(&mut lan).await?;
    assert_eq!(standing(&office, page).await?, before);
    assert_eq!(office.db.page(page).await?.outcome, Some(sobo_core::Outcome::Done));
    lan.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_sent_back_is_taken_back_with_what_was_typed() -> Result<()> {
    if !browser_is_here() {
        return Ok(());
    }
    let office = clerks::open(&crate::pages(), 1, 0).await?;
    // One entry waits for its check: sent back, it leaves the checker's queue empty.
    sobo_web::begin_new_records(&office.state).await?;
    let volume = office.db.volumes().await?[0].id;
    let entry = office.db.records_of_volume(volume).await?[0].entry_id;
    let lan = office.db.account_by_login("lan").await?.context("lan")?;
    let (_, state) = office.db.record(entry).await?;
    let statements =
        state.attention().into_iter().map(|field| (field, sobo_verify::Statement::of_text("A"))).collect();
    let event = sobo_verify::Event::Submit { step: StepKind::Entry, statements };
    office.db.act(entry, 0, event, &lan.actor(), "lan").await?;
    let stage = async || anyhow::Ok(office.db.record(entry).await?.1.stage());

    let driver = Driver::start().await?;
    let mut minh = driver.browser("minh").await?;
    minh.sign_in(&office.url(""), "minh", PASSWORD).await?;
    minh.client.goto(&office.url("/work?step=check")).await?;
    assert_eq!(minh.entry(None).await?, Some(entry));
    let field = minh.here().await?;
    minh.typing("Trần Văn Gõ Dở").await?;
    minh.client.find(Locator::Id("return")).await?.click().await?;
    because(&mut minh, "nhìn nhầm dòng").await?;
    assert_eq!(minh.entry(Some(entry)).await?, None, "nothing else to check");
    assert_eq!(stage().await?, Stage::Awaiting(StepKind::Entry));
    assert_eq!(minh.axe().await?, Vec::<String>::new());
    undo(&mut minh).await?;
    assert_eq!(current(&minh).await?, entry);
    assert_eq!(stage().await?, Stage::Awaiting(StepKind::Check));
    let typed = format!("return window.sobo.sheet.fields.find((f) => f.name === '{field}').input.value");
    assert_eq!(minh.script(&typed).await?, json!("Trần Văn Gõ Dở"));
    assert_eq!(minh.script("return window.sobo.current.mode").await?, json!("turn"), "it is in hand again");

    // Once more, and undone from the history of the entry.
    minh.client.find(Locator::Id("return")).await?.click().await?;
    because(&mut minh, "lại nhầm").await?;
    minh.until("it is sent back", "return document.getElementById('undo-work') !== null").await?;
    minh.client.goto(&office.url(&format!("/entries/{entry}"))).await?;
    minh.until("the entry", "return window.sobo?.current?.mode === 'view'").await?;
    minh.press(&[], key::F10).await?;
    minh.until("the history", "return document.querySelectorAll('#history-rows button').length === 1")
        .await?;
    minh.picture("entry-returned").await?;
    minh.client.find(Locator::Css("#history-rows button")).await?.click().await?;
    minh.until("it is undone", "return window.sobo.current?.mode === 'turn'").await?;
    assert_eq!(stage().await?, Stage::Awaiting(StepKind::Check));
    let (record, state) = office.db.record(entry).await?;
    let events: Vec<&str> = state.history().iter().map(|deed| deed.event.as_str()).collect();
    assert_eq!(events, ["submit", "return", "take_back", "return", "take_back"]);

    // A colleague has begun with it: it cannot be taken back from under her.
    let returned = sobo_verify::Event::Return { reason: "sai".to_owned() };
    let hoa = office.db.account_by_login("minh").await?.context("minh")?;
    office.db.act(entry, record.deeds, returned, &hoa.actor(), "minh").await?;
    assert!(office.db.lease(entry, lan.id, 60_000).await?);
    let taken =
        office.db.act(entry, record.deeds + 1, sobo_verify::Event::TakeBack, &hoa.actor(), "minh").await?;
    assert!(matches!(taken, sobo_db::Acted::Leased), "{taken:?}");
    assert_eq!(office.db.verify_chain().await?.faults, Vec::<String>::new());
    minh.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_result_opens_the_page_at_the_box() -> Result<()> {
    if !browser_is_here() {
        return Ok(());
    }
    let office = clerks::open(&crate::pages(), 8, 0).await?;
    let (field, written) = office
        .truth
        .values()
        .flat_map(|fields| fields.iter())
        .filter(|(name, _)| name.as_str() == "father_name")
        .map(|(name, text)| (name.clone(), text.clone()))
        .next()
        .context("a father")?;
    let driver = Driver::start().await?;
    let mut lan = driver.browser("lan").await?;
    lan.sign_in(&office.url(""), "lan", PASSWORD).await?;
    lan.client.goto(&office.url("/search")).await?;
    // As one types in a hurry: no diacritics.
    let typed = sobo_text::strip_marks(&written).to_lowercase();
    lan.client.find(Locator::Id("q")).await?.send_keys(&typed).await?;
    lan.press(&[], key::ENTER).await?;
    lan.until("a result", "return document.querySelectorAll('main table a').length > 0").await?;
    lan.until(
        "the strip of the field",
        "const i = document.querySelector('img.result-strip'); return i !== null && i.complete && i.naturalWidth > 0",
    )
    .await?;
    lan.picture("search-result").await?;
    lan.client.find(Locator::Css("main table a")).await?.click().await?;
    lan.entry(None).await?;
    lan.until("the field", &format!("return window.sobo.sheet.here?.name === '{field}'")).await?;
    // The box lies in the middle of what is shown, and the page is zoomed in.
    lan.until(
        "the box in sight",
        "const { viewer, sheet } = window.sobo; const item = viewer.item(); if (!item || !sheet.here) return false; \
         const [x, y, w, h] = sheet.boxOf(sheet.here); \
         const a = item.imageToViewerElementCoordinates(new OpenSeadragon.Point(x, y)); \
         const b = item.imageToViewerElementCoordinates(new OpenSeadragon.Point(x + w, y + h)); \
         const size = viewer.osd.viewport.getContainerSize(); \
         return a.x >= 0 && a.y >= 0 && b.x <= size.x && b.y <= size.y \
           && viewer.osd.viewport.getZoom() > viewer.osd.viewport.getHomeZoom() * 1.5",
    )
    .await?;
    lan.picture("search-opened").await?;
    lan.close().await
}
