//! Forgets searches that are older than their people want them, or PAKE's operator; favourites stay.

use super::Done;
use crate::{app::App, retention};

pub(super) async fn run(app: &App) -> Done {
    Ok(retention::enforce(app).await?.searches)
}
