//! Writes down how many requests there were.

use super::Done;
use crate::{app::App, store::usage};

pub(super) async fn run(app: &App) -> Done {
    let mut counted = app.usage_book.take().into_iter();
    let mut written = 0;
    while let Some((what, requests)) = counted.next() {
        if let Err(error) = usage::add(&app.db, what, requests).await {
            let rest = std::iter::once((what, requests)).chain(counted);
            rest.for_each(|(what, requests)| app.usage_book.count(what, requests));
            return Err(error.into());
        }
        written += 1;
    }
    Ok(written)
}
