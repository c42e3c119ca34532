//! What is secret is shown nowhere.

use super::*;

/// Collects what is logged, all fields included.
#[derive(Debug, Clone)]
struct Log {
    lines: Arc<Mutex<String>>,
    level: tracing::level_filters::LevelFilter,
}

impl Log {
    fn of(level: tracing::level_filters::LevelFilter) -> Self {
        Self { lines: Arc::default(), level }
    }
}

impl tracing::Subscriber for Log {
    fn max_level_hint(&self) -> Option<tracing::level_filters::LevelFilter> {
        Some(self.level)
    }
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, attributes: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        attributes.record(&mut Line(&mut self.lines.lock().unwrap()));
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, values: &tracing::span::Record<'_>) {
        values.record(&mut Line(&mut self.lines.lock().unwrap()));
    }
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut Line(&mut self.lines.lock().unwrap()));
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

struct Line<'a>(&'a mut String);

impl tracing::field::Visit for Line<'_> {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

#[tokio::test]
async fn neither_logs_nor_errors_nor_debugging_show_what_is_secret() {
    // While there is only one subscriber, tracing asks that of the thread which comes by first whether an event is wanted
    // at all, for all threads and for good: other tests, which have none, would silence the events. Of two it asks both.
    // The first wants no level, so that no event is looked at by anybody until the second is there.
    let _first = tracing::Dispatch::new(Log::of(tracing::level_filters::LevelFilter::OFF));
    let log = Log::of(tracing::level_filters::LevelFilter::TRACE);
    let _logging = tracing::subscriber::set_default(log.clone());
    let server = Server::start(|number, _| match number % 6 {
        0 => answer(200, &[], "x"),
        1 => answer(302, &[("location", "/moved?api_key=hunter2")], ""),
        2 => cut(),
        3 => answer(503, &[], ""),
        4 => answer(300, &[], ""),
        _ => answer(403, &[], "the key hunter2 is blocked"),
    })
    .await;
    let fetcher = fetcher(once());
    let call = Call {
        headers: vec![(AUTHORIZATION, HeaderValue::from_static("Bearer hunter2"))],
        ..Call::get(server.url("/works?api_key=hunter2"))
    };
    let mut seen = format!("{call:?} {fetcher:?}");
    for _ in 0..5 {
        if let Err(error) = send(&fetcher, &call).await {
            write!(seen, "{error} {error:?}").unwrap();
        }
    }
    assert_eq!(server.count(), 6);
    let log = log.lines.lock().unwrap();
    assert!(log.contains("source=arxiv") && log.contains("path=\"/works\"") && log.contains("status=503"), "{log}");
    // Hyper and its kin log addresses at trace level, which is not ours to change; our own events name none.
    assert!(!seen.contains("hunter2"), "{seen}");
    let ours: Vec<_> = log.split("message=").filter(|event| event.contains("source=arxiv")).collect();
    assert!(ours.iter().all(|event| !event.contains("hunter2")), "{ours:?}");
}
