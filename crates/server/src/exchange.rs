//! What is done about what other replicas tell, and what is told them of what happens here.

use std::{sync::Arc, time::Duration};

use tokio::sync::{broadcast::error::RecvError, mpsc};

use crate::{
    app::{App, SharedApp},
    replicas::{Heard, Letter, To},
    searches,
};

/// Letters that wait to be read; then the connection waits.
const ROOM: usize = 256;
/// Longest time that a source is left alone because another replica says so; then this one asks itself.
const LONGEST_REST: Duration = Duration::from_hours(1);

/// Listens and tells as long as the process lives.
pub fn start(app: &SharedApp) {
    if !app.replicas.are_reachable() {
        return;
    }
    let app = Arc::clone(app);
    // Not the lifecycle's: what still runs when the server stops is this replica's to the end.
    tokio::spawn(async move {
        let (sender, mut heard) = mpsc::channel(ROOM);
        let reading = async {
            while let Some(letter) = heard.recv().await {
                read(&app, letter);
            }
        };
        let may_inherit = || !app.lifecycle.is_stopping();
        let ledger = app.replicas.keep_ledger(may_inherit, |id, running| searches::inherit(&app, id, running));
        let all = async { tokio::join!(app.replicas.listen(sender), ledger, reading, tell_of_departures(&app)) };
        all.await;
    });
}

/// Does what a letter is for.
fn read(app: &SharedApp, Heard { from, letter, enclosed }: Heard) {
    match letter {
        Letter::Beat => {}
        Letter::Departed { person } => app.departures.hear(person),
        Letter::Word { once: Some(id), to, frame, data } => _ = app.alerts.tell_once(id, to, frame, &data),
        Letter::Rests { source, host, millis } => {
            app.engine().fetcher().rests(source, &host, Duration::from_millis(millis).min(LONGEST_REST));
        }
        Letter::Follow { search, scope, after } => searches::tell(app, from, scope, search, after),
        Letter::Withdraw { search, scope } => searches::withdraw(app, scope, search),
        Letter::Answer { search }
        | Letter::Entry { search, .. }
        | Letter::LogEnded { search, .. }
        | Letter::Unknown { search } => app.replicas.hear(search, letter, enclosed),
        Letter::Word { once: None, to, frame, data } => _ = app.alerts.tell(to, frame, &data),
    }
}

/// Tells the others whose sessions end here.
async fn tell_of_departures(app: &App) {
    let mut departed = app.departures.watch_own();
    loop {
        match departed.recv().await {
            Ok(person) => {
                app.replicas.note_departure(person, app.clock.now()).await;
                app.replicas.tell(To::All, &Letter::Departed { person }, b"").await;
            }
            // The database says it to the rest, at their next request.
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}
