//! Tells how a deployment goes: a line that is drawn anew on a terminal, plain lines elsewhere, JSON for programs.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use ops::{deploy::Event, plan::Plan, progress::Ending, step::Step};

use crate::printer::{Printer, Style, plain};

/// Shown before what is being done, one after the other.
const SPINNER: [&str; 4] = ["⠋", "⠙", "⠸", "⠴"];

/// Tells how a deployment goes.
#[derive(Debug)]
pub struct Teller {
    printer: Printer,
    is_json: bool,
    now: Mutex<Now>,
}

/// What is being done.
#[derive(Debug, Default)]
struct Now {
    plan: Option<Plan>,
    doing: Option<(Step, Instant)>,
    turn: usize,
}

impl Teller {
    /// Nothing has happened yet.
    pub fn new(printer: &Printer, is_json: bool) -> Self {
        Self { printer: printer.clone(), is_json, now: Mutex::default() }
    }

    /// This plan is what is told of.
    pub fn is_of(&self, plan: &Plan) {
        self.now().plan = Some(plan.clone());
    }

    /// Something goes on.
    pub fn hear(&self, event: &Event<'_>) {
        let mut now = self.now();
        match event {
            Event::Doing(step) => now.doing = Some((*step, Instant::now())),
            _ => now.doing = None,
        }
        drop(now);
        if self.is_json {
            // Whoever reads may have gone away; the deployment does not stand still because of it.
            let _ = self.printer.data(event.json());
            return;
        }
        match event {
            Event::Failed { .. } | Event::TurnedBack(_) | Event::Halted(_) => self.tell(event, Style::Red),
            Event::Doing(_) if self.is_drawn() => self.draw(),
            Event::Doing(step) => self.printer.say(format_args!("{}{}", step.doing(), self.waiting(*step))),
            Event::Done { .. } | Event::Over(Ending::Committed) => self.tell(event, Style::Green),
            Event::Begun(_) | Event::TakenUp { .. } | Event::Over(_) => self.tell(event, Style::Bold),
        }
    }

    /// A person wants it to end.
    pub fn interrupted(&self) {
        if !self.is_json {
            self.erase();
            self.printer
                .warn("the act that is under way comes to its end; then it goes back, if nobody was led on yet");
        }
    }

    /// Draws the line anew; to be called a few times a second.
    pub fn turn(&self) {
        if self.is_drawn() && !self.is_json {
            self.now().turn += 1;
            self.draw();
        }
    }

    fn tell(&self, event: &Event<'_>, style: Style) {
        self.erase();
        // What a release has logged is not ours: it steers no terminal.
        let text: Vec<String> =
            event.to_string().lines().map(|line| format!("{}{}", indent(line), plain(line))).collect();
        let sign = match style {
            Style::Green => "✓ ",
            Style::Red => "✗ ",
            _ => "",
        };
        let sign = if self.is_drawn() { self.printer.err.paint(style, sign) } else { String::new() };
        let text = format!("{sign}{}", text.join("\n"));
        if style == Style::Red {
            self.printer.talk(format_args!("{text}\n"));
        } else {
            self.printer.say(text);
        }
    }

    fn draw(&self) {
        let now = self.now();
        let Some((step, since)) = now.doing else { return };
        let sign = SPINNER[now.turn % SPINNER.len()];
        drop(now);
        let text = format!("{sign} {} {}{}", step.doing(), elapsed(since.elapsed()), self.waiting(step));
        let text: String = text.chars().take(self.printer.err.width.saturating_sub(1)).collect();
        self.printer.talk(format_args!("\r\x1b[K{text}"));
    }

    fn erase(&self) {
        if self.is_drawn() {
            self.printer.talk(format_args!("\r\x1b[K"));
        }
    }

    fn waiting(&self, step: Step) -> String {
        let now = self.now();
        let waits = now.plan.as_ref().and_then(|plan| plan.waits_for(step));
        waits.map(|what| format!(", waits for {what}")).unwrap_or_default()
    }

    const fn is_drawn(&self) -> bool {
        self.printer.err.terminal && !self.printer.quiet
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a line of a log stands behind.
fn indent(line: &str) -> &'static str {
    if line.starts_with("  |") { "  " } else { "" }
}

/// A length of time as people read it.
pub fn elapsed(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {:02} min", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_at_a_glance() {
        let told = [0, 59, 61, 3_599, 7_260, 200_000].map(|seconds| elapsed(Duration::from_secs(seconds)));
        assert_eq!(told, ["0 s", "59 s", "1 min 01 s", "59 min 59 s", "2 h 01 min", "2 days"]);
    }
}
