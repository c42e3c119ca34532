//! A bucket of a test's own, at a server that speaks as Amazon S3 does (moto), and what copies the web app there (deploy/bucket).
#![expect(clippy::disallowed_methods, reason = "a test may start processes")]

use std::{
    io,
    path::Path,
    process::{Command, Output, Stdio},
};

use crate::{
    house::repository_root,
    patience::eventually,
    ports,
    process::{Family, mortal},
};

/// What it is called.
pub const NAME: &str = "pake-app";

/// The server. It ends when this is dropped.
#[derive(Debug)]
pub struct Bucket {
    port: u16,
    _server: Family,
}

impl Bucket {
    /// Starts a server with an empty bucket that everybody may read; none when moto or the AWS command line is not installed.
    pub fn start() -> io::Result<Option<Self>> {
        let (Some(mut command), Some(_)) = (mortal("moto_server"), mortal("aws")) else { return Ok(None) };
        let [port] = ports::free()?;
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
        let bucket = Self { port, _server: Family::start(&mut command)? };
        eventually("there is a bucket", || {
            bucket.aws(&["s3", "mb", &format!("s3://{NAME}")]).ok().filter(|made| made.status.success())
        })?;
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::{NAME}/*"}}]}}"#
        );
        let opened = bucket.aws(&["s3api", "put-bucket-policy", "--bucket", NAME, "--policy", &policy])?;
        if opened.status.success() {
            return Ok(Some(bucket));
        }
        Err(io::Error::other(String::from_utf8_lossy(&opened.stderr).into_owned()))
    }

    /// Host and port.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Copies the app there, told so.
    pub fn copy(&self, app: &Path, arguments: &[&str]) -> io::Result<Output> {
        let script = repository_root().join("deploy/bucket/sync.sh");
        let mut command = Self::known(Command::new(script));
        command.arg("--from").arg(app).args(["--endpoint", &self.url()]).args(arguments).output()
    }

    /// Has the AWS command line do something.
    pub fn aws(&self, arguments: &[&str]) -> io::Result<Output> {
        Self::known(Command::new("aws")).args(["--endpoint-url", &self.url()]).args(arguments).output()
    }

    fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// As somebody whom the server knows, and nothing that this machine knows beside.
    fn known(mut command: Command) -> Command {
        command.env("AWS_ACCESS_KEY_ID", "one").env("AWS_SECRET_ACCESS_KEY", "secret").env("AWS_REGION", "us-east-1");
        command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
        command.env("NO_PROXY", "127.0.0.1").env_remove("AWS_PROFILE").env_remove("AWS_CA_BUNDLE").stdin(Stdio::null());
        command
    }
}
