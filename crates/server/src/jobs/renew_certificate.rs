//! Takes up a renewed certificate, where PAKE ends TLS itself.

use std::sync::Arc;

use super::Done;
use crate::app::App;

pub(super) async fn run(app: &App) -> Done {
    let Some(certificates) = app.certificates.clone() else { return Ok(0) };
    let reader = Arc::clone(&certificates);
    let is_other = tokio::task::spawn_blocking(move || reader.renew()).await??;
    let period = certificates.period();
    app.metrics.certificate(period.not_before, period.not_after);
    if is_other {
        tracing::info!(not_after = %period.not_after, "another certificate is in use");
    }
    Ok(u64::from(is_other))
}
