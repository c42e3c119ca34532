//! Makes a new key for access tokens when the one that signs is old, and forgets those that nothing good is signed with.

use super::Done;
use crate::{app::App, signing_keys};

pub(super) async fn run(app: &App) -> Done {
    signing_keys::renew(app).await?;
    Ok(1)
}
