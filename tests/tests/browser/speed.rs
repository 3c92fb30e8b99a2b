//! How fast the screen answers: measured and printed, for `docs/clerk.md`. That the next entry needs no answer of the
//! server is asserted where the cable is pulled (`cable.rs`).

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::clerks::{self, PASSWORD};
use crate::screen::{Driver, Screen, browser_is_here, key};

/// Notes when a key goes down, when the next entry is on the screen and painted, and how long frames take.
const STOPWATCH: &str = "
    window.times = { keys: [], shown: [], frames: [] };
    addEventListener('keydown', () => window.times.keys.push(performance.now()), true);
    new MutationObserver(() => requestAnimationFrame(() => setTimeout(() => window.times.shown.push(performance.now()), 0)))
      .observe(document.body, { attributes: true, attributeFilter: ['data-ready'] });
    let before = performance.now();
    const frame = (now) => { window.times.frames.push(now - before); before = now; requestAnimationFrame(frame); };
    requestAnimationFrame(frame);
    return true";

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}

/// Median, 95th percentile and worst.
fn spread(mut values: Vec<f64>) -> (f64, f64, f64) {
    values.sort_by(f64::total_cmp);
    let at = |share: f64| {
        values.get(((values.len() as f64 * share) as usize).min(values.len().saturating_sub(1))).copied()
    };
    (at(0.5).unwrap_or(0.0), at(0.95).unwrap_or(0.0), at(1.0).unwrap_or(0.0))
}

/// Says all that is left at once, so that the next Enter submits.
async fn say_all(screen: &Screen) -> Result<()> {
    screen
        .script(
            "const { sheet } = window.sobo; for (const f of sheet.remaining()) { f.text = f.text || 'x'; sheet.say(f); } \
             document.getElementById('submit').focus(); return true",
        )
        .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_entry_follows_the_key() -> Result<()> {
    if !browser_is_here() {
        return Ok(());
    }
    let office = clerks::open(&crate::pages(), 8, 0).await?;
    let driver = Driver::start().await?;
    let mut lan = driver.browser("lan").await?;
    lan.sign_in(&office.url(""), "lan", PASSWORD).await?;
    lan.client.goto(&office.url("/work?step=entry")).await?;
    let mut last = lan.entry(None).await?.context("an entry")?;
    lan.script(STOPWATCH).await?;
    let mut waits = Vec::new();
    for _ in 0..16 {
        lan.until("the next entry waits", "return window.sobo.ahead !== null").await?;
        say_all(&lan).await?;
        lan.script("for (const kind in window.times) window.times[kind] = []; return true").await?;
        lan.press(&[], key::ENTER).await?;
        let Some(next) = lan.entry(Some(last)).await? else { break };
        lan.until("it is painted", "return window.times.shown.length > 0").await?;
        let times = lan.script("return window.times").await?;
        let (pressed, shown) = (times["keys"][0].as_f64(), times["shown"][0].as_f64());
        let (pressed, shown) = (pressed.context("a key")?, shown.context("an entry")?);
        waits.push(shown - pressed);
        last = next;
    }
    assert!(waits.len() >= 12, "{waits:?}");
    let (median, most, worst) = spread(waits);
    println!(
        "next entry after Enter, painted: {median:.0} ms median, {most:.0} ms at 95 %, {worst:.0} ms at worst"
    );
    lan.close().await
}

/// A ledger spread: one page with `entries` rows of six fields, white paper, and its truth.
fn spread_page(folder: &std::path::Path, entries: u32) -> Result<()> {
    let (width, row) = (4200_u32, 18_u32);
    let height = 200 + entries * row;
    image::GrayImage::from_pixel(width, height, image::Luma([238])).save(folder.join("p001.png"))?;
    let names = ["entry_number", "child_name", "birth_date", "birth_place", "father_name", "mother_name"];
    let entries: Vec<Value> = (0..entries)
        .map(|index| {
            let y = 100 + index * row;
            let fields: serde_json::Map<String, Value> = names
                .iter()
                .enumerate()
                .map(|(column, name)| {
                    let text = match *name {
                        "entry_number" => (index + 1).to_string(),
                        "birth_date" => format!("{:02}/03/1991", index % 28 + 1),
                        "birth_place" => "Bệnh viện Từ Dũ".to_owned(),
                        _ => "Nguyễn Thị Bích Ngọc".to_owned(),
                    };
                    let bbox = [100 + column as u32 * 650, y + 2, 600, row - 4];
                    ((*name).to_owned(), json!({ "text": text, "bbox": bbox }))
                })
                .collect();
            json!({ "bbox": [80, y, width - 160, row], "fields": fields })
        })
        .collect();
    let truth = json!({
        "page": "p001.png", "family": "B", "register_type": "birth", "office": "UBND phường 1", "year": 1991,
        "entries": entries,
    });
    std::fs::write(folder.join("p001.json"), truth.to_string())?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_of_boxes_do_not_slow_the_cursor() -> Result<()> {
    if !browser_is_here() {
        return Ok(());
    }
    let driver = Driver::start().await?;
    let mut told = Vec::new();
    for entries in [1, 320] {
        let folder = tempfile::tempdir()?;
        spread_page(folder.path(), entries)?;
        let office = clerks::open(folder.path(), 1, 0).await?;
        let mut lan = driver.browser(&format!("lan-{entries}")).await?;
        lan.sign_in(&office.url(""), "lan", PASSWORD).await?;
        lan.client.goto(&office.url("/work?step=entry")).await?;
        lan.entry(None).await?.context("an entry")?;
        lan.until("the page", "return Boolean(window.sobo.viewer.item())").await?;
        let boxes = lan.script("return window.sobo.viewer.boxes.length").await?.as_i64().unwrap_or(0);
        assert!(boxes >= i64::from(entries) + 6, "{boxes} boxes");
        if entries > 1 {
            lan.press(&[], key::F2).await?;
            lan.picture("entry-many").await?;
            lan.press(&[], key::F2).await?;
        }
        lan.script(
            "const list = document.getElementById('fields'); window.moves = []; \
             list.addEventListener('keydown', (e) => { const at = performance.now(); \
               requestAnimationFrame(() => setTimeout(() => window.moves.push(performance.now() - at), 0)); }, true); return true",
        )
        .await?;
        lan.script(STOPWATCH).await?;
        lan.script("window.sobo.sheet.fields[0].input.focus(); return true").await?;
        for down in [true, false, true, false] {
            for _ in 0..5 {
                lan.press(&[], if down { key::DOWN } else { key::UP }).await?;
                tokio::time::sleep(std::time::Duration::from_millis(250)).await;
            }
        }
        let moves = numbers(&lan.script("return window.moves").await?);
        let frames = numbers(&lan.script("return window.times.frames").await?);
        let paint = lan
            .script(
                "const v = window.sobo.viewer; v.whole(true); const at = performance.now(); \
                 for (let i = 0; i < 50; i++) v.paint(); return (performance.now() - at) / 50",
            )
            .await?;
        let (median, most, worst) = spread(moves);
        let (_, slow, slowest) = spread(frames);
        told.push(format!(
            "{boxes} boxes: a move is painted after {median:.0} ms (95 % {most:.0}, worst {worst:.0}), frames 95 % {slow:.0} ms \
             (worst {slowest:.0}), all boxes drawn in {:.2} ms",
            paint.as_f64().unwrap_or(0.0)
        ));
        lan.close().await?;
    }
    for line in told {
        println!("{line}");
    }
    Ok(())
}
