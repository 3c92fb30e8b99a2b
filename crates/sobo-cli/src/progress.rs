//! Progress for people: a bar on a terminal, plain lines elsewhere.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::output::note;

/// Seconds between plain lines.
const PLAIN_EVERY: Duration = Duration::from_secs(5);

/// Pages done, rate and time left, on standard error.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    what: &'static str,
    total: u64,
    done: u64,
    start: Instant,
    last: Instant,
}

impl Progress {
    /// A bar over `total` things called `what`.
    pub(crate) fn new(what: &'static str, total: u64) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(total);
            if let Ok(style) =
                ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}  {per_sec}  {eta} left")
            {
                bar.set_style(style);
            }
            bar.set_message(what);
            bar
        });
        let now = Instant::now();
        Self { bar, what, total, done: 0, start: now, last: now }
    }

    /// One more is done.
    pub(crate) fn advance(&mut self) {
        self.done += 1;
        match &self.bar {
            Some(bar) => bar.inc(1),
            None if self.last.elapsed() >= PLAIN_EVERY => {
                self.last = Instant::now();
                self.plain();
            }
            None => {}
        }
    }

    /// A line beside the bar.
    pub(crate) fn say(&self, text: impl std::fmt::Display) {
        match &self.bar {
            Some(bar) => bar.println(text.to_string()),
            None => note(text),
        }
    }

    /// Ends the bar; what was over at once needs no line.
    pub(crate) fn finish(&self) {
        match &self.bar {
            Some(bar) => bar.finish_and_clear(),
            None if self.start.elapsed() >= PLAIN_EVERY => self.plain(),
            None => {}
        }
    }

    fn plain(&self) {
        let seconds = self.start.elapsed().as_secs_f64().max(1e-3);
        let rate = self.done as f64 / seconds;
        let left = self.total.saturating_sub(self.done) as f64 / rate.max(1e-9);
        let left = if self.done > 0 && self.done < self.total {
            format!(", about {left:.0} s left")
        } else {
            String::new()
        };
        note(format!("{}: {} of {}, {rate:.2} a second{left}", self.what, self.done, self.total));
    }
}
