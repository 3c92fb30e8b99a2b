//! Every screen by axe-core (WCAG 2.2 AA), in light and dark, and kept as a picture where `SOBO_SCREENS` names a folder.

use anyhow::Result;

use crate::clerks::{self, PASSWORD};
use crate::screen::{Driver, Screen, browser_is_here, key};

async fn check(screen: &Screen, name: &str, found: &mut Vec<String>) -> Result<()> {
    screen.picture(name).await?;
    found.extend(screen.axe().await?.into_iter().map(|violation| format!("{name}: {violation}")));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_is_accessible() -> Result<()> {
    if !browser_is_here() {
        return Ok(());
    }
    let office = clerks::open(&crate::pages(), 6, 0).await?;
    let driver = Driver::start().await?;
    let mut found = Vec::new();

    let mut lan = driver.browser("lan").await?;
    lan.client.goto(&office.url("/sign-in")).await?;
    check(&lan, "sign-in", &mut found).await?;
    lan.sign_in(&office.url(""), "lan", PASSWORD).await?;
    check(&lan, "home", &mut found).await?;
    for (path, name) in
        [("/volumes", "volumes"), ("/volumes/2", "volume"), ("/search", "search"), ("/me", "me")]
    {
        lan.client.goto(&office.url(path)).await?;
        check(&lan, name, &mut found).await?;
    }
    lan.client.goto(&office.url("/work?step=entry&volume=2")).await?;
    lan.entry(None).await?;
    check(&lan, "entry", &mut found).await?;
    lan.press(&[], key::F2).await?;
    check(&lan, "entry-whole-page", &mut found).await?;
    lan.press(&[], key::F2).await?;
    lan.press(&[], key::F1).await?;
    check(&lan, "entry-help", &mut found).await?;
    lan.press(&[], key::ESCAPE).await?;
    lan.press(&[], key::F9).await?;
    check(&lan, "entry-menu", &mut found).await?;
    lan.press(&[], key::ESCAPE).await?;
    // The restored page in the original's place, then both: neither moves what is looked at.
    let place = "const v = window.sobo.viewer.osd.viewport; const c = v.getCenter(); return [v.getZoom(), c.x, c.y].map((n) => n.toFixed(4)).join()";
    let before = lan.script(place).await?;
    lan.press(&[], key::F7).await?;
    lan.until("the restored page", "return window.sobo.viewer.cover?.item.getFullyLoaded() === true").await?;
    assert_eq!(lan.script(place).await?, before);
    check(&lan, "entry-restored", &mut found).await?;
    lan.press(&[], key::F7).await?;
    lan.until(
        "both",
        "const v = window.sobo.viewer; return v.view === 2 && v.besideOsd?.world.getItemCount() === 1 \
           && Math.abs(v.besideOsd.viewport.getZoom() - v.osd.viewport.getZoom()) < 0.01",
    )
    .await?;
    check(&lan, "entry-both", &mut found).await?;
    lan.press(&[], key::F7).await?;
    assert_eq!(lan.script("return window.sobo.viewer.view").await?, serde_json::json!(0));
    lan.client.set_window_size(834, 1112).await?;
    check(&lan, "entry-tablet", &mut found).await?;
    lan.client.set_window_size(1366, 768).await?;
    lan.script("document.getElementById('theme').click()").await?;
    lan.press(&[], key::F3).await?;
    check(&lan, "entry-dark", &mut found).await?;
    lan.client.goto(&office.url("/volumes")).await?;
    check(&lan, "volumes-dark", &mut found).await?;
    lan.client.goto(&office.url("/language/en")).await?;
    lan.script("document.getElementById('theme').click()").await?;
    lan.client.goto(&office.url("/")).await?;
    check(&lan, "home-english", &mut found).await?;
    lan.close().await?;

    for (login, paths) in [
        (
            "giang",
            vec![("/supervise", "supervise-empty"), ("/samples", "samples-empty"), ("/models", "models")],
        ),
        ("kho", vec![("/archive", "archive-volumes"), ("/archive/list", "archive-list-empty")]),
        ("quan", vec![("/accounts", "accounts"), ("/audit", "audit")]),
    ] {
        let mut screen = driver.browser(login).await?;
        screen.sign_in(&office.url(""), login, PASSWORD).await?;
        for (path, name) in paths {
            screen.client.goto(&office.url(path)).await?;
            check(&screen, name, &mut found).await?;
        }
        screen.close().await?;
    }
    assert_eq!(found, Vec::<String>::new());
    Ok(())
}

/// Sizes the screens must serve: the smallest office screen as a browser shows it, tablets lying and standing.
const SIZES: [(u32, u32, bool, &str); 3] =
    [(1366, 625, false, "small"), (1024, 768, true, "tablet"), (820, 1180, true, "tablet-standing")];

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_clipped_on_small_screens_and_tablets() -> Result<()> {
    if !browser_is_here() {
        return Ok(());
    }
    let office = clerks::open(&crate::pages(), 6, 0).await?;
    let driver = Driver::start().await?;
    let mut found = Vec::new();
    let places: [(&str, &[&str]); 5] = [
        ("lan", &["/", "/volumes", "/volumes/2", "/search?q=nguyen", "/me"]),
        ("giang", &["/supervise", "/samples", "/models", "/archive"]),
        ("kho", &["/archive", "/archive/list", "/archive/volumes/new"]),
        ("son", &["/", "/sign-off"]),
        ("quan", &["/accounts", "/audit"]),
    ];
    for (login, paths) in places {
        let mut screen = driver.browser(login).await?;
        screen.sign_in(&office.url(""), login, PASSWORD).await?;
        for (width, height, touch, name) in SIZES {
            screen.device(width, height, touch).await?;
            for path in paths {
                screen.client.goto(&office.url(path)).await?;
                let of = |what: String| format!("{path} at {width}×{height}: {what}");
                found.extend(screen.clipped().await?.into_iter().map(of));
                found.extend(screen.axe().await?.into_iter().map(of));
                let file = path.split('?').next().unwrap_or_default().trim_matches('/').replace('/', "-");
                screen.picture(&format!("{name}-{}", if file.is_empty() { "home" } else { &file })).await?;
            }
        }
        if login != "lan" {
            screen.close().await?;
            continue;
        }
        for (width, height, touch, name) in SIZES {
            screen.device(width, height, touch).await?;
            screen.client.goto(&office.url("/work?step=entry&volume=2")).await?;
            screen.entry(None).await?;
            for (state, script) in [
                ("entry", "return true"),
                ("entry-menu", "document.getElementById('open-menu').click(); return true"),
                (
                    "entry-help",
                    "document.getElementById('menu').close(); document.getElementById('open-help').click(); return true",
                ),
                (
                    "entry-history",
                    "document.getElementById('help').close(); document.getElementById('open-history').click(); return true",
                ),
                (
                    "entry-dark",
                    "document.getElementById('history').close(); document.getElementById('theme').click(); return true",
                ),
                ("entry-light", "document.getElementById('theme').click(); return true"),
            ] {
                screen.script(script).await?;
                if state == "entry-history" {
                    screen.until("the history", "return document.getElementById('history').open").await?;
                }
                let of = |what: String| format!("{state} at {width}×{height}: {what}");
                found.extend(screen.clipped().await?.into_iter().map(of));
                found.extend(screen.axe().await?.into_iter().map(of));
                if state != "entry-light" {
                    screen.picture(&format!("{name}-{state}")).await?;
                }
            }
            // The field's strip, its input and the button that finishes the entry are in sight together.
            let together = screen
                .script(
                    "const inside = (node) => { const b = node.getBoundingClientRect(); return b.width > 0 && b.top >= 0 && b.bottom <= innerHeight && b.left >= 0 && b.right <= innerWidth; }; \
                     const here = window.sobo.sheet.here; \
                     return [here.input, here.img, document.getElementById('submit'), document.getElementById('osd')].map(inside)",
                )
                .await?;
            if together != serde_json::json!([true, true, true, true]) {
                found.push(format!("at {width}×{height} not in sight together: {together}"));
            }
        }
        screen.close().await?;
    }
    assert_eq!(found, Vec::<String>::new());
    Ok(())
}
