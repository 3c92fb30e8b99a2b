//! Vietnamese input methods: composition as Chromium itself makes it, keys of Telex and VNI, none of them taken away.

use anyhow::{Context as _, Result};
use serde_json::json;

use crate::clerks::{self, PASSWORD};
use crate::screen::{Driver, browser_is_here, key};

#[tokio::test(flavor = "multi_thread")]
async fn composed_words_arrive_whole_and_composing_keys_do_nothing_else() -> Result<()> {
    if !browser_is_here() {
        return Ok(());
    }
    let office = clerks::open(&crate::pages(), 6, 0).await?;
    let driver = Driver::start().await?;
    let mut lan = driver.browser("lan").await?;
    lan.sign_in(&office.url(""), "lan", PASSWORD).await?;
    lan.client.goto(&office.url("/work?step=entry")).await?;
    // A name with other readings: there a bare digit would choose one.
    let mut entry = lan.entry(None).await?.context("an entry")?;
    let chosen = "const f = window.sobo.sheet.fields.find((f) => f.editable && f.kind === 'person_name' && (f.candidates?.length ?? 0) > 0); \
        f?.input.focus(); return f?.name ?? ''";
    let mut field = lan.script(chosen).await?.as_str().unwrap_or_default().to_owned();
    while field.is_empty() {
        lan.script(
            "const { sheet } = window.sobo; for (const f of sheet.remaining()) { f.text = f.text || 'x'; sheet.say(f); } \
             document.getElementById('submit').focus(); return true",
        )
        .await?;
        lan.press(&[], key::ENTER).await?;
        entry = lan.entry(Some(entry)).await?.context("an entry with a name in doubt")?;
        field = lan.script(chosen).await?.as_str().unwrap_or_default().to_owned();
    }
    lan.script(
        "window.composed = []; for (const kind of ['compositionstart', 'compositionend']) \
         document.activeElement.addEventListener(kind, (e) => window.composed.push(kind)); return true",
    )
    .await?;
    let value = format!("return document.getElementById('f-{field}').value");

    // Telex, `Nguyeenx Binhf`: while a word is composed it stands there as the input method shows it.
    let telex = ["N", "Ng", "Ngu", "Nguy", "Nguye", "Nguyê", "Nguyên", "Nguyễn"];
    lan.compose(&telex[..5], "Nguyễn").await?;
    assert_eq!(lan.script(&value).await?, json!("Nguyễn"));
    lan.typing(" ").await?;
    lan.compose(&["B", "Bi", "Bin", "Binh", "Bình"], "Bình").await?;
    assert_eq!(lan.script(&value).await?, json!("Nguyễn Bình"));
    let composed = lan.script("return window.composed").await?;
    assert_eq!(composed.as_array().map(Vec::len), Some(4), "Chromium composed two words: {composed}");

    // In the middle of a word: the keys of VNI (`Nguye6n4`), Enter and arrows belong to the input method.
    lan.typing(" ").await?;
    lan.devtools(
        "Input.imeSetComposition",
        json!({ "text": "Nguye", "selectionStart": 5, "selectionEnd": 5 }),
    )
    .await?;
    for (name, code) in
        [("6", "Digit6"), ("1", "Digit1"), ("2", "Digit2"), ("Enter", "Enter"), ("ArrowDown", "ArrowDown")]
    {
        // Key code 229 is what a browser reports of a key an input method has taken.
        let event = json!({ "type": "rawKeyDown", "key": name, "code": code, "windowsVirtualKeyCode": 229 });
        lan.devtools("Input.dispatchKeyEvent", event).await?;
    }
    assert_eq!(lan.here().await?, field, "the cursor stays");
    assert_eq!(
        lan.script(&format!("return Boolean(window.sobo.sheet.statements()['{field}'])")).await?,
        json!(false),
        "nothing is confirmed"
    );
    lan.devtools("Input.insertText", json!({ "text": "Nguyễn" })).await?;
    assert_eq!(lan.script(&value).await?, json!("Nguyễn Bình Nguyễn"));

    // VNI without composition, as programs that watch the keyboard send it: a letter, a digit, the letter replaced.
    lan.typing(" 1").await?;
    assert_eq!(lan.here().await?, field, "a digit after letters is a letter's mark, not a choice");
    lan.press(&[], '\u{e003}').await?;
    lan.press(&[], '\u{e003}').await?;
    // Decomposed letters, as some programs send them, are kept composed.
    lan.devtools("Input.insertText", json!({ "text": " A\u{302}\u{301}n" })).await?;
    lan.press(&[], key::ENTER).await?;
    let said = lan.script(&format!("return window.sobo.sheet.statements()['{field}']?.text")).await?;
    assert_eq!(said, json!("Nguyễn Bình Nguyễn Ấn"));
    lan.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_are_typed_as_people_type_them_and_warnings_hold_nobody_up() -> Result<()> {
    if !browser_is_here() {
        return Ok(());
    }
    let office = clerks::open(&crate::pages(), 12, 0).await?;
    // A birth with a date in digits, in a book of one year.
    let mut found = None;
    for volume in office.db.volumes().await? {
        for page in office.db.pages_of_volume(volume.id).await? {
            for entry in office.db.entries_of_page(page.id).await? {
                if found.is_none()
                    && entry.fields.contains_key("birth_date")
                    && entry.fields.contains_key("sex")
                {
                    found = Some((entry.head.id, volume.descriptor.year_from));
                }
            }
        }
    }
    let (entry, year) = found.context("an entry with a date of birth")?;
    let driver = Driver::start().await?;
    let mut lan = driver.browser("lan").await?;
    lan.sign_in(&office.url(""), "lan", PASSWORD).await?;
    lan.client.goto(&office.url(&format!("/entries/{entry}?queue=.entry."))).await?;
    lan.entry(None).await?;
    let short = year % 100;
    for (typed, meant) in [
        (format!("12 8 {short:02}"), format!("= 12/08/{year}")),
        (format!("12/8/{year}"), format!("= 12/08/{year}")),
        (format!("1208{short:02}"), format!("= 12/08/{year}")),
        (format!("8/{year}"), format!("= 08/{year}")),
        (format!("?/8/{year}"), format!("= 08/{year}")),
        (year.to_string(), format!("= {year}")),
        ("34t".to_owned(), format!("= 34 tuổi, ≈ {}", year - 34)),
    ] {
        lan.script("document.getElementById('f-birth_date').focus(); return true").await?;
        lan.press(&[key::CONTROL], 'a').await?;
        lan.typing(&typed).await?;
        let shown = format!(
            "return document.querySelector('[data-field=birth_date] .normal').textContent === {}",
            json!(meant)
        );
        lan.until(&format!("`{typed}` understood as `{meant}`"), &shown).await?;
    }
    // A year outside the book: the warning comes while it is typed, stands at the field, and Enter goes on all the same.
    lan.press(&[key::CONTROL], 'a').await?;
    lan.typing(&format!("12/8/{}", year + 30)).await?;
    lan.until(
        "the warning",
        "return document.querySelector('[data-field=birth_date] .warnings').textContent.includes('quyển sổ')",
    )
    .await?;
    assert_eq!(lan.axe().await?, Vec::<String>::new());
    lan.picture("entry-warning").await?;
    lan.press(&[], key::ENTER).await?;
    let said = lan.script("return window.sobo.sheet.statements().birth_date?.text").await?;
    assert_eq!(said, json!(format!("12/8/{}", year + 30)));
    // Mended: the warning goes.
    lan.script("document.getElementById('f-birth_date').focus(); return true").await?;
    lan.press(&[key::CONTROL], 'a').await?;
    lan.typing(&format!("12/8/{year}")).await?;
    lan.until(
        "the warning to go",
        "return !document.querySelector('[data-field=birth_date] .warnings').textContent.includes('quyển sổ')",
    )
    .await?;
    lan.close().await
}
