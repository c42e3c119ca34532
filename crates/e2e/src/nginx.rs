//! A real nginx with the configuration of deploy/nginx: prepared by its own entrypoint, at free ports, with its files in a folder
//! of the test.
#![expect(clippy::disallowed_methods, reason = "a test may start processes")]

use std::{
    ffi::OsString,
    fs,
    io::{self, Write as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::Arc,
};

use tempfile::TempDir;

use crate::{
    curl::{Curl, NAME},
    house::repository_root,
    patience::eventually,
    ports,
    process::Family,
};

/// The programs without which there is nothing to test.
const NEEDED: [&str; 3] = ["nginx", "curl", "openssl"];

/// nginx at work. It ends when this is dropped.
#[derive(Debug)]
pub struct Nginx {
    folder: Arc<TempDir>,
    child: Child,
    /// What the entrypoint left running: it looks whether there is another certificate.
    _watch: Family,
    /// Asks it.
    pub curl: Curl,
}

/// What is not there of what is needed.
pub fn missing() -> Option<&'static str> {
    let is_there = |name: &&str| {
        std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
            .chain([PathBuf::from("/usr/sbin")])
            .any(|folder| folder.join(name).exists())
    };
    NEEDED.into_iter().find(|name| !is_there(name))
}

impl Nginx {
    /// Before the PAKE that listens in `sockets`, with what else the entrypoint is told.
    pub fn before(sockets: &Path, variables: &[(&str, &str)]) -> io::Result<Self> {
        Self::changed(sockets, variables, &[])
    }

    /// The same with other words in the place of some of its configuration.
    pub fn changed(sockets: &Path, variables: &[(&str, &str)], changes: &[(&str, &str)]) -> io::Result<Self> {
        let folder = Arc::new(tempfile::tempdir()?);
        let [https, http, status, files] = ports::free()?;
        let mut places: Vec<_> =
            changes.iter().map(|(wanted, instead)| ((*wanted).to_owned(), (*instead).to_owned())).collect();
        places.extend([
            ("/etc/pake/nginx".to_owned(), folder.path().join("nginx").display().to_string()),
            ("/tmp/pake".to_owned(), folder.path().join("made").display().to_string()),
            ("/tmp/frontend".to_owned(), folder.path().join("files").display().to_string()),
            ("/srv/pake".to_owned(), folder.path().join("app").display().to_string()),
            ("/run/pake".to_owned(), sockets.display().to_string()),
            ("/dev/stdout".to_owned(), folder.path().join("access.log").display().to_string()),
            ("listen 8443".to_owned(), format!("listen 127.0.0.1:{https}")),
            ("listen 8080 default_server".to_owned(), format!("listen 127.0.0.1:{http} default_server")),
            ("listen 8080".to_owned(), format!("listen 127.0.0.1:{files}")),
            ("listen 8081".to_owned(), format!("listen 127.0.0.1:{status}")),
            // A test does not wait for ten seconds.
            ("client_header_timeout 10s".to_owned(), "client_header_timeout 1s".to_owned()),
            ("client_body_timeout 10s".to_owned(), "client_body_timeout 1s".to_owned()),
        ]);
        copy(&repository_root().join("deploy/nginx"), &folder.path().join("nginx"), &places)?;
        for name in ["made", "files", "app/assets"] {
            fs::create_dir_all(folder.path().join(name))?;
        }
        let config = folder.path().join("nginx/nginx.conf");
        let words = folder.path().join("entrypoint.log");
        let mut watch = Family::start(
            Command::new(folder.path().join("nginx/entrypoint.d/50-pake.sh"))
                .env("PATH", path())
                .env("PAKE_NGINX_OUT", folder.path().join("made"))
                .env("PAKE_NGINX_CONFIG", &config)
                .env("PAKE_SOCKETS", sockets)
                .env("PAKE_DOMAIN", NAME)
                .env("PAKE_PUBLIC_URL", format!("https://{NAME}:{https}"))
                .env("PAKE_FRONTEND", format!("http://127.0.0.1:{files}"))
                .env("PAKE_CERTIFICATE_SECONDS", "0")
                .envs(variables.iter().copied())
                .stdout(Stdio::null())
                .stderr(fs::File::create(&words)?),
        )?;
        if !watch.first_ended()?.success() {
            return Err(io::Error::other(fs::read_to_string(words)?));
        }
        said(&nginx(&config, "").arg("-t").output()?)?;
        let child = started(&config)?;
        let nginx = Self { folder, child, _watch: watch, curl: Curl { https, http } };
        eventually("nginx answers", || nginx.curl.get("/there").ok().filter(|answer| answer.status != 0))?;
        Ok(nginx)
    }

    /// Serves the files of the app beside it, from [`Self::app`].
    pub fn serve_files(&self) -> io::Result<Files> {
        let config = self.folder.path().join("nginx/frontend.conf");
        said(&nginx(&config, "").arg("-t").output()?)?;
        Ok(Files(started(&config)?))
    }

    /// Where the files of the app are.
    pub fn app(&self) -> PathBuf {
        self.folder.path().join("app")
    }

    /// Everything that was logged so far.
    pub fn log(&self) -> io::Result<String> {
        fs::read_to_string(self.folder.path().join("access.log"))
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// The server of the app's files. It ends when this is dropped.
#[derive(Debug)]
pub struct Files(Child);

impl Drop for Files {
    fn drop(&mut self) {
        end(&mut self.0);
    }
}

/// Ends nginx with its workers, which would outlive a master that is killed.
fn end(child: &mut Child) {
    // Both fail when it has ended already.
    let _ = crate::process::signal(child, "TERM");
    let _ = child.wait();
}

fn started(config: &Path) -> io::Result<Child> {
    nginx(config, "daemon off;").stdin(Stdio::null()).stderr(Stdio::null()).spawn()
}

/// Debian has nginx where only root looks.
fn path() -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::env::split_paths(&path).chain(["/usr/sbin".into()])).unwrap_or(path)
}

fn nginx(config: &Path, directives: &str) -> Command {
    let mut command = Command::new("nginx");
    command.env("PATH", path());
    // The workers of a root's nginx would be somebody who may not open the socket.
    let is_root = fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
    command.arg("-c").arg(config).arg("-g").arg(format!("{directives}{}", if is_root { " user root;" } else { "" }));
    command
}

/// Fails with what a program said when that failed.
fn said(output: &Output) -> io::Result<()> {
    if output.status.success() {
        return Ok(());
    }
    Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
}

/// Copies a folder; in every file each of these texts is replaced.
fn copy(from: &Path, to: &Path, places: &[(String, String)]) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to, places)?;
        } else if from.extension().is_some_and(|end| end == "sh") {
            fs::copy(&from, &to)?;
        } else {
            let text = fs::read_to_string(&from)?;
            let text = places.iter().fold(text, |text, (wanted, instead)| text.replace(wanted, instead));
            fs::File::create(&to)?.write_all(text.as_bytes())?;
        }
    }
    Ok(())
}
