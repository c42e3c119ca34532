//! What a person sees: a search on a terminal.

use super::asking;
use crate::skipped;

#[test]
fn on_a_terminal_the_sources_are_shown_live_and_titles_are_links() {
    let (upstream, pake) = asking();
    upstream.hold("crossref");
    let running = match pake.start_on_a_terminal(&["search", "lamps", "--source", "arxiv,crossref"]) {
        Ok(running) => running,
        Err(error) => return skipped("a search on a terminal", &format!("script of util-linux: {error}")),
    };
    upstream.await_requests("crossref", 1).unwrap();
    upstream.release("crossref");
    let finished = running.finish().unwrap();
    assert_eq!(finished.status, 0, "{finished}");
    let seen = &finished.stdout;
    // The lines of the two sources stand under each other and are drawn anew.
    assert!(seen.contains("\u{1b}[2A"), "{seen:?}");
    assert!(seen.contains("\u{1b}[32m✓\u{1b}[0m arXiv"), "{seen:?}");
    assert!(seen.contains("\u{1b}[32m✓\u{1b}[0m Crossref"), "{seen:?}");
    assert!(seen.contains("\u{1b}]8;;https://doi.org/10.5555/lamps.2024.7\u{1b}\\"), "{seen:?}");
    assert!(seen.contains("\u{1b}[31m"), "a retracted work is red: {seen:?}");
}
