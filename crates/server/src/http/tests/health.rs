//! Whether it is there, ready and well, and what a scrape tells of it.

use super::*;

#[tokio::test]
async fn health_has_the_keys_that_older_clients_read() {
    let answer = ask(&router(app().await), get("/health", &[])).await;
    insta::assert_json_snapshot!(answer.json(), { ".version" => "[version]" });
}

#[tokio::test]
async fn a_server_that_is_about_to_stop_is_alive_and_not_ready() {
    let app = app().await;
    let router = router(SharedApp::clone(&app));
    for path in ["/health/live", "/healthz", "/health/ready", "/readyz"] {
        assert_eq!(ask(&router, get(path, &[])).await.status, 204, "{path}");
    }
    app.lifecycle.stop();
    for path in ["/health/live", "/healthz"] {
        assert_eq!(ask(&router, get(path, &[])).await.status, 204, "{path}");
    }
    for path in ["/health/ready", "/readyz"] {
        let answer = ask(&router, get(path, &[])).await;
        assert_eq!(kind(&answer), (503, "stopping".into()));
        assert_eq!(answer.header("retry-after"), "5");
    }
}

#[tokio::test]
async fn health_answers_say_which_release_answers_where_it_was_told() {
    let mut config = config();
    assert_eq!(releases(config.clone()).await, [(); 4].map(|()| (204, String::new())));
    let name = "0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42";
    config.server.release = Some(name.to_owned());
    assert_eq!(releases(config).await, [(); 4].map(|()| (204, name.to_owned())));
}

/// What each of the health checks says that may be asked by anybody.
async fn releases(config: crate::config::Config) -> [(u16, String); 4] {
    let router = router(app_with(config).await);
    let asked = ["/health/live", "/healthz", "/health/ready", "/readyz"].map(|path| ask(&router, get(path, &[])));
    let answers = futures_util::future::join_all(asked).await;
    let said = answers.iter().map(|answer| (answer.status.as_u16(), answer.header("pake-release").to_owned()));
    said.collect::<Vec<_>>().try_into().unwrap()
}

#[tokio::test]
async fn a_scrape_tells_whether_the_database_is_there_and_how_long_it_took() {
    let router = router(app().await);
    ask(&router, get("/api/v1/splits", &[])).await;
    let scrape = ask(&router, get("/metrics", &[])).await;
    // Whether there are accounts, and the splits.
    let reads = r#"db_client_operation_duration_seconds_count{db_system_name="sqlite",db_operation_name="SELECT"} 2"#;
    for line in [r#"pake_dependency_up{dependency="database"} 1"#, reads] {
        assert!(scrape.text().lines().any(|given| given == line), "{line} in {}", scrape.text());
    }
}
