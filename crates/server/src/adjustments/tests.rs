use std::collections::BTreeMap;

use engine::{
    clock::{FixedClock, SharedClock},
    fetch::Spend,
    search::Availability,
    source::SourceId,
};
use serde_json::{Value, json};

use super::*;
use crate::{
    config::Config,
    db::{
        Db,
        testing::{TestDb, on_both},
    },
    testing::{app_on, config, now},
};

fn app(db: Db, config: Config) -> crate::app::SharedApp {
    app_on(db, config, FixedClock::at(now()) as SharedClock)
}

/// The defaults: the usual sources are asked, Brave wants a key.
fn defaults() -> Config {
    let mut config = config();
    config.sources.clear();
    config
}

async fn set(app: &App, settings: Value) -> Result<()> {
    let settings: BTreeMap<String, Value> = serde_json::from_value(settings).unwrap();
    change(app, &Caller::local(), &Client::default(), &settings).await
}

fn availability(app: &App, source: SourceId) -> Availability {
    app.engine().states().into_iter().find(|state| state.id == source).unwrap().availability
}

on_both! {
    async fn what_is_set_at_one_process_holds_at_the_others_and_at_the_next_start(db: TestDb) {
        let (one, other) = (app(db.clone(), defaults()), app(db.again().await, defaults()));
        assert_eq!(hear_of_others(&other).await.unwrap(), 0);
        set(&one, json!({ "search.contact": "ada@example.org", "sources.brave.key": "s3cr3t" })).await.unwrap();
        assert_eq!(availability(&one, SourceId::Brave), Availability::Ready);
        assert_eq!(availability(&other, SourceId::Brave), Availability::NeedsKey);
        assert_eq!(hear_of_others(&other).await.unwrap(), 1);
        assert_eq!(hear_of_others(&other).await.unwrap(), 0, "once is enough");
        assert_eq!(availability(&other, SourceId::Brave), Availability::Ready);
        // Each changes what the other has left: neither loses anything.
        set(&other, json!({ "sources.arxiv.enabled": false })).await.unwrap();
        set(&one, json!({ "sources.pubmed.enabled": false })).await.unwrap();
        let next = app(db.again().await, defaults());
        hear_of_others(&next).await.unwrap();
        for source in [SourceId::Arxiv, SourceId::Pubmed] {
            assert_eq!(availability(&next, source), Availability::Off, "{source}");
        }
        assert_eq!(next.current_engine.config().search.contact.as_deref(), Some("ada@example.org"));
        let kept = store::adjustments::get(&db, ROW).await.unwrap().unwrap().1;
        assert!(!kept.contains("s3cr3t") && !kept.contains("brave"), "{kept}");
    }

    async fn what_a_source_has_cost_is_not_forgotten_with_its_old_settings(db: TestDb) {
        let app = app(db.clone(), defaults());
        let spend = Spend { source: SourceId::Openalex, day: now().date_naive(), micros: 40_000 };
        app.engine().fetcher().put_back_spend(&spend);
        set(&app, json!({ "sources.openalex.key": "k" })).await.unwrap();
        let spent = app.engine().fetcher().health(SourceId::Openalex).spent_today_usd;
        assert!((spent - 0.04).abs() < 1e-9, "{spent}");
    }

    async fn what_the_configuration_says_later_wins(db: TestDb) {
        set(&app(db.clone(), defaults()), json!({ "search.contact": "ada@example.org" })).await.unwrap();
        let mut later = defaults();
        later.search.contact = Some("ops@example.org".to_owned());
        let later = app(db.again().await, later);
        hear_of_others(&later).await.unwrap();
        assert_eq!(later.current_engine.config().search.contact.as_deref(), Some("ops@example.org"));
        let contact = list(&later).into_iter().find(|one| one.name == Name::Contact).unwrap();
        assert_eq!((contact.value, contact.origin), (Some(json!("ops@example.org")), Origin::Configured));
    }
}
