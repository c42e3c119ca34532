//! The web app in a bucket (deploy/bucket/sync.sh), at a server that speaks as Amazon S3 does, and a PAKE whose pages load from it.

use std::{fs, io::Write as _, path::Path, process::Output};

use e2e::{
    bucket::{Bucket, NAME},
    http::{Reply, send},
    pake::Pake,
    upstream::Upstream,
};

/// What is kept for a year.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Whose pages load from the bucket.
const ORIGIN: &str = "https://pake.example.org";

/// Not every machine has them.
fn started() -> Option<Bucket> {
    let bucket = Bucket::start().unwrap();
    if bucket.is_none() {
        let _ = writeln!(std::io::stderr(), "SKIPPED the app in a bucket: moto_server or aws is not installed");
    }
    bucket
}

/// An app of this release in a folder. What is compressed says so, to be told apart.
fn built(folder: &Path, release: &str) {
    fs::create_dir_all(folder.join("assets")).unwrap();
    let script = format!("app-{release}.js");
    let page = format!("<!doctype html><script type=\"module\" crossorigin src=\"/assets/{script}\"></script>");
    let files = [
        ("index.html", page.as_str()),
        ("index.html.gz", "the page, compressed"),
        ("sw.js", "self.skipWaiting()"),
        ("icon.svg", "<svg/>"),
        (&format!("assets/{script}"), "export {}"),
        (&format!("assets/{script}.gz"), "the script, compressed"),
        (&format!("assets/{script}.br"), "the script, compressed better"),
        ("assets/form-7.css", "a{}"),
        ("assets/picture-8.svg", "<svg xmlns=\"\"/>"),
    ];
    for (name, content) in files {
        fs::write(folder.join(name), content).unwrap();
    }
}

fn get(bucket: &Bucket, path: &str) -> Reply {
    send(&bucket.address(), "GET", &format!("/{NAME}/{path}"), &[("Origin", ORIGIN)], b"").unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
fn is(bucket: &Bucket, path: &str, [kind, encoding, kept, content]: [&str; 4]) {
    let reply = get(bucket, path);
    let header = |name: &str| reply.header(name).unwrap_or_default().to_owned();
    assert_eq!(reply.status, 200, "{path}: {reply:?}");
    assert_eq!(header("content-type"), kind, "{path}");
    assert_eq!((header("content-encoding").as_str(), header("cache-control").as_str()), (encoding, kept), "{path}");
    assert_eq!(reply.text(), content, "{path}");
}

#[test]
fn the_app_is_copied_with_what_a_browser_has_to_know_and_pages_load_from_there() {
    let Some(bucket) = started() else { return };
    let folder = tempfile::tempdir().unwrap();
    built(folder.path(), "1a");
    let target = format!("s3://{NAME}/app");
    let copied = bucket.copy(folder.path(), &["--origin", ORIGIN, &target]).unwrap();
    assert!(copied.status.success(), "{}", said(&copied));
    let script = "text/javascript; charset=utf-8";
    is(&bucket, "app/assets/app-1a.js", [script, "gzip", FOR_EVER, "the script, compressed"]);
    is(&bucket, "app/assets/form-7.css", ["text/css; charset=utf-8", "", FOR_EVER, "a{}"]);
    is(&bucket, "app/assets/picture-8.svg", ["image/svg+xml", "", FOR_EVER, "<svg xmlns=\"\"/>"]);
    for path in ["app/index.html", "app/sw.js", "app/assets/app-1a.js.gz"] {
        assert_eq!(get(&bucket, path).status, 404, "{path}: pages come from PAKE, and what is compressed is no file");
    }
    let rules = bucket.aws(&["s3api", "get-bucket-cors", "--bucket", NAME]).unwrap();
    assert!(String::from_utf8_lossy(&rules.stdout).contains(ORIGIN), "{rules:?}");

    // A PAKE whose pages load from there.
    let upstream = Upstream::start().unwrap();
    let place = format!("http://{}/{NAME}/app", bucket.address());
    let pake = Pake::asking(&upstream).unwrap().with("PAKE_WEB__BASE_URL", &place);
    let pake = pake.with("PAKE_WEB__DIRECTORY", &folder.path().display().to_string());
    let server = pake.serve().unwrap();
    let page = server.request("GET", "/", &[("Accept", "text/html")], b"").unwrap();
    assert!(page.text().contains(&format!("src=\"{place}/assets/app-1a.js\"")), "{page:?}");
    let origin = format!("http://{}", bucket.address());
    assert!(page.header("content-security-policy").unwrap_or_default().contains(&origin), "it may load from there");

    // The next release: what pages of the last one still ask for stays.
    let next = tempfile::tempdir().unwrap();
    built(next.path(), "2b");
    let copied = bucket.copy(next.path(), &["--encoding", "br", "--pages", &target]).unwrap();
    assert!(copied.status.success(), "{}", said(&copied));
    is(&bucket, "app/assets/app-1a.js", [script, "gzip", FOR_EVER, "the script, compressed"]);
    is(&bucket, "app/assets/app-2b.js", [script, "br", FOR_EVER, "the script, compressed better"]);
    is(&bucket, "app/sw.js", [script, "", "no-cache", "self.skipWaiting()"]);
    let page = fs::read_to_string(next.path().join("index.html")).unwrap();
    is(&bucket, "app/index.html", ["text/html; charset=utf-8", "", "no-cache", &page]);
}

#[test]
fn what_cannot_be_copied_is_said_with_what_to_do() {
    let Some(bucket) = started() else { return };
    let folder = tempfile::tempdir().unwrap();
    let copy = |arguments: &[&str]| {
        let output = bucket.copy(folder.path(), arguments).unwrap();
        (output.status.code(), said(&output))
    };
    let target = format!("s3://{NAME}");
    let (status, words) = copy(&[&target]);
    assert!(status == Some(1) && words.contains("scripts/web build"), "{words}");
    built(folder.path(), "1a");
    let (status, words) = copy(&["s3://nobody-has-this"]);
    assert!(status == Some(1) && words.contains("aws s3 mb s3://nobody-has-this"), "{words}");
    for wrong in
        [&["pake-app"][..], &["--encoding", "zstd", &target], &["--delete", &target], &["--origin", "*", &target]]
    {
        let (status, words) = copy(wrong);
        assert!(status == Some(2) && words.contains("see --help"), "{wrong:?}: {words}");
    }
    let (status, words) = copy(&["--dry-run", &target]);
    assert!(status == Some(0) && words.contains("nothing was copied"), "{words}");
    assert_eq!(get(&bucket, "assets/app-1a.js").status, 404);
}
