//! Whoever is told of a deployment changes nothing of how it ends, whatever they are like.

use std::sync::Arc;

use proptest::prelude::*;
use tokio::{io::AsyncWriteExt as _, net::TcpListener};

use super::*;
use crate::notify::{Herald, Notifier, NotifySettings, Occasion, Places};

/// What a receiver does with whoever comes.
#[derive(Debug, Clone, Copy)]
enum Manners {
    Hangs,
    HangsUp,
    Fails,
    Raves,
    IsGone,
}

const ACTS: [&str; 11] = [
    "fetching",
    "backing up",
    "expanding",
    "starting",
    "turning the link",
    "ending",
    "removing",
    "keeping",
    "pruning",
    "room",
    "tidying",
];

/// How a deployment went: how it ended, and all that was done.
fn gone(failing: &[&'static str], lingers: bool, notifier: Option<&Notifier>) -> (Ended, String) {
    let folder = folder();
    let desk = desk(folder.path());
    let machine = Unlucky::new(Luck { failing: failing.to_vec(), lingers, ..Luck::default() });
    let tell = |event: &Event<'_>| {
        if let Some(notifier) = notifier {
            notifier.hear(event);
        }
    };
    let deployer = Deployer { machine: &machine, desk: &desk, tell: &tell, is_interrupted: &AtomicBool::new(false) };
    // It is asked once and has ended: no time goes by that is not the machine's.
    let ended = until_death(deployer.deploy(plan())).expect("it waits for nobody").unwrap();
    (ended, machine.rehearsal.transcript())
}

async fn receiver(manners: Manners) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://127.0.0.1:{}/", listener.local_addr().unwrap().port());
    if matches!(manners, Manners::IsGone) {
        return url;
    }
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = match manners {
                Manners::Fails => "HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n",
                Manners::Raves => "\u{0}<html>",
                Manners::Hangs | Manners::HangsUp | Manners::IsGone => "",
            };
            let _ = stream.write_all(answer.as_bytes()).await;
            if matches!(manners, Manners::Hangs) {
                held.push(stream);
            }
        }
    });
    url
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_deployment_ends_the_same_whoever_hears_of_it(
        failing in prop::sample::subsequence(ACTS.to_vec(), 0..3),
        lingers in any::<bool>(),
        manners in prop::sample::select(vec![
            Manners::Hangs, Manners::HangsUp, Manners::Fails, Manners::Raves, Manners::IsGone,
        ]),
    ) {
        let unheard = gone(&failing, lingers, None);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let url = receiver(manners).await;
            let variable = |_: &str| Some(url.clone());
            let settings: NotifySettings = serde_json::from_value(serde_json::json!({
                "slack": { "url_variable": "HOOK" }, "webhook": { "url_variable": "HOOK" },
            })).unwrap();
            let (receivers, problems) =
                settings.receivers(&Places { folder: std::path::Path::new("/"), variable: &variable });
            prop_assert_eq!(problems, Vec::<String>::new());
            let herald = Herald {
                by: "ada".to_owned(),
                host: "web1".to_owned(),
                destination: None,
                runbooks: settings.runbooks(),
            };
            let notifier = Notifier::begin(herald, Occasion::ALL.to_vec(), receivers, Arc::new(began));
            prop_assert_eq!(gone(&failing, lingers, Some(&notifier)), unheard);
            let waited = tokio::time::Instant::now();
            let failures = notifier.end().await;
            prop_assert!(!failures.is_empty(), "who could not be told is told of");
            prop_assert!(waited.elapsed() < Duration::from_secs(11), "{:?}", waited.elapsed());
            Ok(())
        })?;
    }
}
