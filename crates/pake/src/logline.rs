//! A line of a log, of PAKE (JSON), of nginx (JSON) or of somebody else: whether it is wanted, and how people read it.

use serde_json::{Map, Value};

use crate::{
    cli::Level,
    printer::{Look, Style, plain},
};

/// What is looked for.
#[derive(Debug, Default)]
pub struct Wanted {
    /// In small letters.
    pub text: Option<String>,
    /// This grave or graver.
    pub level: Option<Level>,
    /// Of this request.
    pub request: Option<String>,
}

impl Wanted {
    /// Whether anything at all is looked for.
    pub const fn is_any(&self) -> bool {
        self.text.is_some() || self.level.is_some() || self.request.is_some()
    }

    /// Whether a line is wanted.
    pub fn has(&self, line: &str) -> bool {
        if self.text.as_ref().is_some_and(|text| !line.to_lowercase().contains(text)) {
            return false;
        }
        if self.level.is_none() && self.request.is_none() {
            return true;
        }
        let fields = fields(line);
        let is_grave = self.level.is_none_or(|level| level_of(fields.as_ref(), line) >= level);
        let is_of = |request: &str| match &fields {
            Some(fields) => is_of(fields, request),
            None => line.contains(request),
        };
        is_grave && self.request.as_deref().is_none_or(is_of)
    }
}

fn fields(line: &str) -> Option<Map<String, Value>> {
    line.starts_with('{').then(|| serde_json::from_str(line).ok()).flatten()
}

/// The request that a line is of stands in it, or in one of the spans around it.
fn is_of(fields: &Map<String, Value>, request: &str) -> bool {
    let of = |fields: &Map<String, Value>| fields.get("request_id").is_some_and(|id| id == request);
    let spans = fields.get("spans").and_then(Value::as_array);
    of(fields) || spans.is_some_and(|spans| spans.iter().filter_map(Value::as_object).any(of))
}

/// How grave a line is: as it says, by its status where it is of a request, else by its words.
fn level_of(fields: Option<&Map<String, Value>>, line: &str) -> Level {
    let Some(fields) = fields else {
        let line = line.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| line.contains(word));
        return match () {
            () if has(&["error", "fatal", "panic"]) => Level::Error,
            () if has(&["warn"]) => Level::Warn,
            () => Level::Info,
        };
    };
    match (fields.get("level").and_then(Value::as_str), fields.get("status").and_then(Value::as_u64)) {
        (Some("ERROR"), _) | (None, Some(500..)) => Level::Error,
        (Some("WARN"), _) | (None, Some(400..500)) => Level::Warn,
        (Some("DEBUG"), _) => Level::Debug,
        (Some("TRACE"), _) => Level::Trace,
        _ => Level::Info,
    }
}

/// A line as people read it: time, level, message, fields. What came from outside steers no terminal.
pub fn shown(line: &str, look: Look) -> String {
    let Some(mut fields) = fields(line) else { return plain(line) };
    let level = level_of(Some(&fields), line);
    let mut take = |name: &str| fields.remove(name).map(|value| text_of(&value));
    let at = take("timestamp").unwrap_or_default();
    let message = take("message").unwrap_or_else(|| {
        let parts = ["method", "path", "status"].map(&mut take);
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    });
    let spans = fields.remove("spans").and_then(|spans| spans.as_array().cloned()).unwrap_or_default();
    for hidden in ["level", "target", "client", "protocol", "tls", "user_agent", "upstream_seconds", "upstream_status"]
    {
        fields.remove(hidden);
    }
    let ids = spans.iter().filter_map(Value::as_object).flatten().filter(|(name, _)| name.ends_with("_id"));
    let all: Map<String, Value> = ids.map(|(name, id)| (name.clone(), id.clone())).chain(fields).collect();
    let more: Vec<String> = all.iter().map(|(name, value)| format!("{}={}", plain(name), text_of(value))).collect();
    let (word, style) = match level {
        Level::Error => ("ERROR", Style::Red),
        Level::Warn => ("WARN ", Style::Yellow),
        Level::Info => ("INFO ", Style::Green),
        Level::Debug => ("DEBUG", Style::Dim),
        Level::Trace => ("TRACE", Style::Dim),
    };
    // The day is known; what differs is the time.
    let time = at.split_once('T').map_or(at.as_str(), |(_, time)| time.get(..12).unwrap_or(time));
    let more = look.paint(Style::Dim, &more.join(" "));
    format!("{} {} {message} {more}", look.paint(Style::Dim, time), look.paint(style, word)).trim().to_owned()
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| plain(&value.to_string()), plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: Look = Look { terminal: false, colour: false, width: 100 };
    const OURS: &str = r#"{"timestamp":"2026-11-26T17:03:04.123456Z","level":"WARN","message":"a source failed","target":"server","source":"arxiv","spans":[{"name":"request","request_id":"r1"},{"name":"search","search_id":"s1"}]}"#;
    const NGINX: &str = r#"{"timestamp":"2026-11-26T17:03:04+00:00","request_id":"r2","client":"1.2.3.4","method":"GET","path":"/","status":502,"seconds":0.001}"#;

    #[test]
    fn a_line_is_read_as_time_level_message_and_fields() {
        assert_eq!(shown(OURS, BARE), "17:03:04.123 WARN  a source failed request_id=r1 search_id=s1 source=arxiv");
        assert_eq!(shown(NGINX, BARE), "17:03:04+00: ERROR GET / 502 request_id=r2 seconds=0.001");
        assert_eq!(shown("LOG:  database\x1b[2J system is ready", BARE), "LOG: database [2J system is ready");
        assert_eq!(shown(r#"{"message":"a\u001b[31mb"}"#, BARE), "INFO  a [31mb");
        assert_eq!(shown("{half", BARE), "{half");
    }

    #[test]
    fn what_is_looked_for_is_found() {
        let of = |request: &str| Wanted { request: Some(request.to_owned()), ..Wanted::default() };
        assert!(of("r1").has(OURS) && of("r2").has(NGINX) && !of("r1").has(NGINX) && !of("s1").has(OURS));
        assert!(of("r3").has("request r3 went wrong") && !of("r3").has("nothing"));
        let graver = |level| Wanted { level: Some(level), ..Wanted::default() };
        assert!(graver(Level::Warn).has(OURS) && !graver(Level::Error).has(OURS));
        assert!(graver(Level::Error).has(NGINX) && graver(Level::Error).has("FATAL: no room"));
        let text = Wanted { text: Some("source".to_owned()), ..Wanted::default() };
        assert!(text.has("A SOURCE failed") && !text.has(NGINX) && text.is_any() && !Wanted::default().is_any());
    }
}
