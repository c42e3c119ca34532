//! What a limit says in an answer: `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers), and the
//! refusal with `Retry-After`.

use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue};

use crate::limits::Decision;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STATE: HeaderName = HeaderName::from_static("ratelimit");

/// The answer to a request that is not let through; nothing when it is.
pub fn refusal(decision: &Decision) -> Option<Response> {
    let mut response = decision.refusal()?.into_response();
    put(decision, &mut response);
    Some(response)
}

/// Puts what is left into an answer.
pub fn put(decision: &Decision, response: &mut Response) {
    let Some((policy, state)) = decision.headers() else { return };
    for (name, value) in [(POLICY, policy), (STATE, state)] {
        // Names and numbers: they always fit.
        if let Ok(value) = HeaderValue::from_maybe_shared(value) {
            response.headers_mut().insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, routing::get as route};
    use uuid::Uuid;

    use super::*;
    use crate::{
        app::SharedApp,
        limits::{Asker, Class},
        testing::{app_with, ask, config, get},
    };

    #[tokio::test]
    async fn answers_say_what_is_left_and_refusals_when_to_come_back() {
        let mut config = config();
        (config.limits.export_rate, config.limits.export_burst) = (0.1, 2);
        let app = app_with(config).await;
        let limited = SharedApp::clone(&app);
        let handler = async move || {
            let decision = limited.limits.check(Class::Export, None, Asker::Person(Uuid::nil())).await;
            if let Some(refusal) = refusal(&decision) {
                return refusal;
            }
            let mut response = "here it is".into_response();
            put(&decision, &mut response);
            response
        };
        let router = Router::new().route("/export", route(handler));
        let router = router.layer(crate::http::edge::EdgeLayer::new(app, crate::http::Table::open()));
        for left in ["\"export\";r=1;t=10", "\"export\";r=0;t=10"] {
            let answer = ask(&router, get("/export", &[])).await;
            assert_eq!((answer.status.as_u16(), answer.header("ratelimit")), (200, left));
            assert_eq!(answer.header("ratelimit-policy"), "\"export\";q=2;w=20");
        }
        let refused = ask(&router, get("/export", &[])).await;
        assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "10"));
        assert_eq!(refused.header("ratelimit"), "\"export\";r=0;t=10");
        assert_eq!(refused.header("ratelimit-policy"), "\"export\";q=2;w=20");
        assert_eq!(refused.json()["error"], "too_many");
    }
}
