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
