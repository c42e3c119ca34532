//! Bodies that are broken, too large, endless or of another kind.

use super::*;

#[tokio::test]
async fn broken_json_is_told_with_its_place() {
    let answer = sample(post("/echo", "{\n  \"pages\": 1,\n  oops\n}")).await;
    assert_eq!(kind(&answer), (400, "invalid_body".into()));
    let problem = answer.json();
    assert_eq!(problem["details"], serde_json::json!({ "line": 3, "column": 3 }));
    assert_eq!(problem["detail"], "key must be a string at line 3 column 3");
}

#[tokio::test]
async fn json_of_another_shape_is_told_with_its_place() {
    let answer = sample(post("/echo", r#"{"pages":"many"}"#)).await;
    assert_eq!(kind(&answer), (400, "invalid_body".into()));
    assert_eq!(answer.json()["details"]["line"], 1);
    assert!(answer.json()["detail"].as_str().unwrap().starts_with(r#"invalid type: string "many", expected u32"#));
    for (body, said) in
        [("", "the body is empty; send JSON"), ("{\"pages\":1}x", "trailing characters at line 1 column 12")]
    {
        let answer = sample(post("/echo", body)).await;
        assert_eq!(kind(&answer), (400, "invalid_body".into()));
        assert_eq!(answer.json()["detail"], said);
    }
}

#[tokio::test]
async fn only_json_is_understood() {
    for content_type in
        ["text/plain", "application/x-www-form-urlencoded", "application/xml+jsonx", "json", "image/svg+json"]
    {
        let request = Request::post("/echo").header("content-type", content_type).body(Body::from("{}")).unwrap();
        assert_eq!(kind(&sample(request).await), (415, "unsupported_media_type".into()), "{content_type}");
    }
    let request = Request::post("/echo").body(Body::from("{}")).unwrap();
    assert_eq!(kind(&sample(request).await), (415, "unsupported_media_type".into()));
    for content_type in ["application/json", "Application/JSON; charset=utf-8", "application/vnd.pake+json"] {
        let request = Request::post("/echo").header("content-type", content_type).body(Body::from(r#"{"pages":1}"#));
        assert_eq!(sample(request.unwrap()).await.status, 200, "{content_type}");
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_whether_announced_or_not() {
    let body = vec![b' '; 20 << 20];
    assert_eq!(kind(&sample(post("/echo", body)).await), (413, "body_too_large".into()));
    let chunks = stream::iter(vec![Bytes::from(vec![b' '; 64 << 10]); 20]).map(Ok::<_, std::io::Error>);
    let answer = sample(post("/echo", Body::from_stream(chunks))).await;
    assert_eq!(kind(&answer), (413, "body_too_large".into()));
    assert_eq!(answer.json()["details"]["limit_bytes"], 1 << 20);
}

#[tokio::test]
async fn a_body_without_an_end_is_given_up() {
    let endless = stream::repeat(Bytes::from(vec![b' '; 1 << 20])).map(Ok::<_, std::io::Error>);
    assert_eq!(kind(&sample(post("/echo", Body::from_stream(endless))).await), (413, "body_too_large".into()));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_a_problem() {
    let broken = stream::iter([Ok("{"), Err(std::io::Error::other("reset"))]);
    let answer = sample(post("/echo", Body::from_stream(broken))).await;
    assert_eq!(kind(&answer), (400, "invalid_body".into()));
    assert!(answer.json()["detail"].as_str().unwrap().starts_with("the body broke off"));
}

#[tokio::test]
async fn deeply_nested_json_is_refused() {
    for open in ["[", "{\"a\":", "{\"titles\":["] {
        let answer = sample(post("/echo", open.repeat(50_000))).await;
        assert_eq!(kind(&answer), (400, "invalid_body".into()), "{open}");
    }
}
