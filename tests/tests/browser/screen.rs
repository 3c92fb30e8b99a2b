//! A person at a browser: Chromium without a window, driven through chromedriver.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use fantoccini::actions::{
    InputSource, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions, PointerAction,
};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};

/// How long the screen may take for anything.
const PATIENCE: Duration = Duration::from_secs(120);

/// Finds controls that lie outside the window without anything that scrolls around them, and texts cut off in a control.
const CLIPPED: &str = "
    const wide = document.documentElement.scrollWidth - innerWidth;
    const found = wide > 1 ? [`the page is ${wide} px wider than the window`] : [];
    const scrolls = (node) => {
      for (let at = node.parentElement; at && at !== document.body; at = at.parentElement) {
        const style = getComputedStyle(at);
        if (/auto|scroll/.test(style.overflowX + style.overflowY)) return true;
      }
      const style = getComputedStyle(document.body);
      return !/hidden/.test(style.overflowY) && document.documentElement.scrollHeight > innerHeight;
    };
    for (const node of document.querySelectorAll('button, a, input, select, textarea, summary')) {
      const box = node.getBoundingClientRect();
      if (!box.width || !box.height || node.closest('.visually-hidden, .skip, dialog:not([open]), .upload')) continue;
      const name = `${node.tagName.toLowerCase()}#${node.id} ${(node.textContent || node.name || '').trim().slice(0, 30)}`;
      const outside = box.left < -1 || box.right > innerWidth + 1 || box.top < -1 || box.bottom > innerHeight + 1;
      if (outside && !scrolls(node)) found.push(`${name} lies outside: ${[box.left, box.top, box.right, box.bottom].map(Math.round)}`);
      if (/BUTTON|A/.test(node.tagName) && node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).overflow === 'hidden') {
        found.push(`${name} is cut off`);
      }
    }
    return found;";

/// Keys of the WebDriver standard.
pub mod key {
    pub const ENTER: char = '\u{e007}';
    pub const ALT: char = '\u{e00a}';
    pub const CONTROL: char = '\u{e009}';
    pub const BACKSPACE: char = '\u{e003}';
    pub const ESCAPE: char = '\u{e00c}';
    pub const SHIFT: char = '\u{e008}';
    pub const RIGHT: char = '\u{e014}';
    pub const DOWN: char = '\u{e015}';
    pub const UP: char = '\u{e013}';
    pub const F1: char = '\u{e031}';
    pub const F2: char = '\u{e032}';
    pub const F3: char = '\u{e033}';
    pub const F7: char = '\u{e037}';
    pub const F8: char = '\u{e038}';
    pub const F9: char = '\u{e039}';
    pub const F10: char = '\u{e03a}';
}

/// A chromedriver of the test's own, stopped with it.
pub struct Driver {
    process: Child,
    url: String,
    folder: Option<tempfile::TempDir>,
}

/// Kills every process whose command line names this folder, which is one of the test's own.
fn kill_all_with(folder: &str) {
    for process in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Ok(line) = std::fs::read(process.path().join("cmdline")) else { continue };
        let Some(pid) = process.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        if pid != std::process::id() && String::from_utf8_lossy(&line).contains(folder) {
            let _ = std::process::Command::new("kill")
                .args(["-9", &pid.to_string()])
                .stderr(Stdio::null())
                .status();
        }
    }
}

/// A test that fails leaves no browser behind.
impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = self.process.start_kill();
            kill_all_with(&folder.path().display().to_string());
        }
    }
}

/// Whether the programs of a browser test are there. Where they are not, the test says so and is left out, unless
/// `CI=true` demands them.
pub fn browser_is_here() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let missing: Vec<&str> = ["chromium", "chromedriver"]
        .into_iter()
        .filter(|program| !std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
        .collect();
    if missing.is_empty() {
        return true;
    }
    let message = format!(
        "browser tests need {} on PATH: apt-get install chromium chromium-driver",
        missing.join(" and ")
    );
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{message}");
    eprintln!("left out: {message}");
    false
}

impl Driver {
    /// Starts chromedriver on a free port.
    pub async fn start() -> Result<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let process = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("chromedriver does not start")?;
        let url = format!("http://127.0.0.1:{port}");
        let started = Instant::now();
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            if started.elapsed() > PATIENCE {
                bail!("chromedriver does not answer on {url}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(Self { process, url, folder: Some(tempfile::tempdir()?) })
    }

    /// Kills the browser of this name and all its processes (SIGKILL).
    pub fn kill_browser(&self, name: &str) {
        let profile = self.folder().join(name);
        kill_all_with(&profile.display().to_string());
        for lock in ["SingletonLock", "SingletonCookie", "SingletonSocket"] {
            let _ = std::fs::remove_file(profile.join(lock));
        }
    }

    fn folder(&self) -> &std::path::Path {
        self.folder.as_ref().map_or(std::path::Path::new(""), tempfile::TempDir::path)
    }

    /// A new chromedriver over the same profiles, after browsers were killed.
    pub async fn again(mut self) -> Result<Self> {
        self.process.kill().await?;
        let mut new = Self::start().await?;
        new.folder = self.folder.take();
        Ok(new)
    }

    /// Opens a browser with a profile of its own.
    pub async fn browser(&self, name: &str) -> Result<Screen> {
        let profile = self.folder().join(name);
        let options = json!({
            "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                "--disable-dev-shm-usage", "--window-size=1366,768", "--force-device-scale-factor=1", "--lang=vi",
                format!("--user-data-dir={}", profile.display()),
            ],
        });
        let mut capabilities = serde_json::Map::new();
        capabilities.insert("goog:chromeOptions".to_owned(), options);
        capabilities.insert("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL" }));
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&self.url)
            .await
            .context("no browser session")?;
        client.set_window_size(1366, 768).await?;
        Ok(Screen { client, keys: 0, driver: self.url.clone() })
    }
}

/// One person's browser, with the keys counted that the person pressed.
pub struct Screen {
    /// The session.
    pub client: Client,
    /// Keys and clicks so far.
    pub keys: usize,
    /// Address of its chromedriver.
    driver: String,
}

impl Screen {
    /// Signs in.
    pub async fn sign_in(&mut self, root: &str, login: &str, password: &str) -> Result<()> {
        self.client.goto(&format!("{root}/sign-in")).await?;
        self.client.find(Locator::Id("login")).await?.send_keys(login).await?;
        self.client.find(Locator::Id("password")).await?.send_keys(password).await?;
        self.client.find(Locator::Css("form.card-form button.primary")).await?.click().await?;
        self.until("signed in", "return document.querySelector('.who form[action=\"/sign-out\"]') !== null")
            .await?;
        Ok(())
    }

    /// Runs a script and gives what it returns.
    pub async fn script(&self, script: &str) -> Result<Value> {
        self.client.execute(script, vec![]).await.with_context(|| script.to_owned())
    }

    /// A command of the browser's own (Chrome DevTools Protocol), which WebDriver has no word for.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Result<Value> {
        let session = self.client.session_id().await?.context("no session")?;
        let host = self.driver.trim_start_matches("http://");
        let body = json!({ "cmd": command, "params": parameters }).to_string();
        let request = format!(
            "POST /session/{session}/goog/cdp/execute HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        let mut stream = tokio::net::TcpStream::connect(host).await?;
        stream.write_all(request.as_bytes()).await?;
        // chromedriver keeps the connection open: the answer is as long as it says.
        let mut stream = BufReader::new(stream);
        let (mut length, mut line) = (0, String::new());
        while stream.read_line(&mut line).await? > 2 {
            if let Some(("content-length", value)) = line.to_lowercase().split_once(':') {
                length = value.trim().parse()?;
            }
            line.clear();
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        let answer: Value = serde_json::from_slice(&body)?;
        anyhow::ensure!(answer["value"]["error"].is_null(), "{command}: {answer}");
        Ok(answer["value"].clone())
    }

    /// Pulls the network cable of the browser, or puts it back.
    pub async fn cable(&self, is_in: bool) -> Result<()> {
        self.devtools("Network.enable", json!({})).await?;
        let conditions =
            json!({ "offline": !is_in, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        self.devtools("Network.emulateNetworkConditions", conditions).await?;
        Ok(())
    }

    /// Types a word as an input method does: letters are composed, then committed (`Nguyễn` of Telex `Nguyeenx`).
    pub async fn compose(&self, composing: &[&str], committed: &str) -> Result<()> {
        for text in composing {
            let end = text.encode_utf16().count();
            let parameters = json!({ "text": text, "selectionStart": end, "selectionEnd": end });
            self.devtools("Input.imeSetComposition", parameters).await?;
        }
        self.devtools("Input.insertText", json!({ "text": committed })).await?;
        Ok(())
    }

    /// Makes the window what a device shows: its size in pixels of the page, and whether it is touched.
    pub async fn device(&self, width: u32, height: u32, touch: bool) -> Result<()> {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await?;
        let touch = json!({ "enabled": touch, "maxTouchPoints": 5 });
        self.devtools("Emulation.setTouchEmulationEnabled", touch).await?;
        Ok(())
    }

    /// What of the page cannot be reached or read: a page wider than the window, and controls outside it or cut off.
    pub async fn clipped(&self) -> Result<Vec<String>> {
        let found = self.script(CLIPPED).await?;
        Ok(found.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// Waits until a script returns true.
    pub async fn until(&self, what: &str, script: &str) -> Result<()> {
        let started = Instant::now();
        loop {
            if self.client.execute(script, vec![]).await.unwrap_or_default() == Value::Bool(true) {
                return Ok(());
            }
            if started.elapsed() > PATIENCE {
                let shown = self.script("return document.body.innerText").await.unwrap_or_default();
                bail!("waited in vain for: {what}; the screen says:\n{}", shown.as_str().unwrap_or_default());
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// Presses one key, with modifiers held.
    pub async fn press(&mut self, modifiers: &[char], value: char) -> Result<()> {
        self.keys += 1 + modifiers.len();
        self.press_uncounted(modifiers, value).await
    }

    async fn press_uncounted(&self, modifiers: &[char], value: char) -> Result<()> {
        let mut keys = KeyActions::new("keyboard".to_owned());
        for modifier in modifiers {
            keys = keys.then(KeyAction::Down { value: *modifier });
        }
        keys = keys.then(KeyAction::Down { value }).then(KeyAction::Up { value });
        for modifier in modifiers {
            keys = keys.then(KeyAction::Up { value: *modifier });
        }
        Ok(self.client.perform_actions(keys).await?)
    }

    /// Types a text into the field that has the cursor, letter by letter.
    pub async fn typing(&mut self, text: &str) -> Result<()> {
        self.keys += text.chars().count();
        let mut keys = KeyActions::new("keyboard".to_owned());
        for value in text.chars() {
            keys = keys.then(KeyAction::Down { value }).then(KeyAction::Up { value });
        }
        Ok(self.client.perform_actions(keys).await?)
    }

    /// Drags the mouse from one point of the window to another.
    pub async fn drag(&mut self, from: (i64, i64), to: (i64, i64)) -> Result<()> {
        self.keys += 1;
        let at = |(x, y): (i64, i64), ms| PointerAction::MoveTo {
            duration: Some(Duration::from_millis(ms)),
            x: x as f64,
            y: y as f64,
        };
        let mouse = MouseActions::new("mouse".to_owned())
            .then(at(from, 0))
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
            .then(at(to, 120))
            .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        Ok(self.client.perform_actions(mouse).await?)
    }

    /// Clicks at points of the window, one after the other.
    pub async fn click_at(&mut self, points: &[(i64, i64)]) -> Result<()> {
        self.keys += points.len();
        for (x, y) in points {
            let to = PointerAction::MoveTo {
                duration: Some(Duration::from_millis(30)),
                x: *x as f64,
                y: *y as f64,
            };
            let mouse = MouseActions::new("mouse".to_owned())
                .then(to)
                .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
                .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
            self.client.perform_actions(mouse).await?;
        }
        Ok(())
    }

    /// The field that has the cursor, by name; empty where none has.
    pub async fn here(&self) -> Result<String> {
        let value = self
            .script("return document.activeElement?.closest?.('[data-field]')?.dataset.field ?? document.activeElement?.id ?? ''")
            .await?;
        Ok(value.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until an entry is open and gives its id, or `None` where the queue is empty.
    pub async fn entry(&self, not: Option<i64>) -> Result<Option<i64>> {
        let script = format!(
            "return document.body.dataset.ready === 'empty' || (document.body.dataset.ready !== undefined && \
             Number(document.body.dataset.ready) !== {} && window.sobo.current !== null)",
            not.unwrap_or(-1)
        );
        self.until("an entry", &script).await?;
        let ready = self.script("return document.body.dataset.ready").await?;
        Ok(ready.as_str().and_then(|ready| ready.parse().ok()))
    }

    /// Keeps a picture of the screen where `SOBO_SCREENS` names a folder.
    pub async fn picture(&self, name: &str) -> Result<()> {
        if let Some(folder) = std::env::var_os("SOBO_SCREENS") {
            // The viewer's tiles and the field strips arrive after the fields.
            tokio::time::sleep(Duration::from_millis(900)).await;
            let png = self.client.screenshot().await?;
            std::fs::create_dir_all(&folder)?;
            std::fs::write(std::path::Path::new(&folder).join(format!("{name}.png")), png)?;
        }
        Ok(())
    }

    /// What axe-core finds wrong with the page as it stands (WCAG 2.2 A and AA).
    pub async fn axe(&self) -> Result<Vec<String>> {
        const AXE: &str = include_str!("axe.min.js");
        self.client.execute(AXE, vec![]).await?;
        let run = "const done = arguments[arguments.length - 1]; \
            axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }) \
            .then((r) => done(r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.target.join(' ') + ' ' + (n.any[0]?.message ?? '')).slice(0, 4).join(' | '))), (e) => done([String(e)]))";
        let found = self.client.execute_async(run, vec![]).await?;
        Ok(found.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// Closes the browser.
    pub async fn close(self) -> Result<()> {
        Ok(self.client.close().await?)
    }
}
