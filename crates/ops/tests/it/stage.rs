//! A small production on the Docker engine of this machine: two colours that stand in for PAKE, behind nginx with the upstream of
//! the production. It is taken down when the test ends.
#![expect(clippy::disallowed_methods, reason = "a test may start processes and ask its own servers")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use chrono::Utc;
use ops::{
    backup::Backups,
    deploy_id::DeployId,
    desk::Desk,
    lock::{Holder, Lock},
    machine::{Edge, Machine as _, Real, Site},
    plan::{Plan, Policy},
    world::{Colour, World},
};
use tempfile::TempDir;

/// A small production.
pub struct Stage {
    folder: TempDir,
    project: String,
    port: u16,
    pub desk: Desk,
}

/// Quick, so that a test is.
pub const POLICY: Policy = Policy {
    ready_in_a_row: 3,
    ready_every_ms: 100,
    ready_seconds: 3,
    canary: Vec::new(),
    canary_seconds: 2,
    bake_seconds: 2,
    drain_seconds: 10,
    is_strict: false,
    keep: 3,
    keep_backups: 10,
};

impl Stage {
    /// Starts blue, as compose does at first.
    pub async fn up(name: &str, port: u16) -> Self {
        // Fails when a provider is there already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/production");
        for file in ["Dockerfile", "pake.sh", "edge.conf", "compose.yaml"] {
            fs::copy(source.join(file), folder.path().join(file)).unwrap();
        }
        let edge = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/nginx/pake");
        for file in ["upstream.conf", "lane.conf"] {
            fs::copy(edge.join(file), folder.path().join(file)).unwrap();
        }
        let project = format!("pake-ops-{name}");
        let settings =
            format!("COMPOSE_PROJECT_NAME={project}\nPAKE_IMAGE={}\nPAKE_HTTP_PORT={port}\n", image(name, 1));
        fs::write(folder.path().join(".env.production"), settings).unwrap();
        let desk = Desk::at(&folder.path().join("desk")).unwrap();
        let stage = Self { folder, project, port, desk };
        stage.build(name, 1, 204);
        stage.compose(&["up", "--detach", "blue", "edge"]);
        let machine = stage.machine().await;
        machine.point(Colour::Blue).await.unwrap();
        for _ in 0..100 {
            if reqwest::get(stage.url()).await.is_ok_and(|answer| answer.status() == 200) {
                return stage;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the production does not come up");
    }

    /// Builds a version of the image, which says this when it is asked whether it is ready.
    pub fn build(&self, name: &str, version: u8, ready: u16) -> String {
        let image = image(name, version);
        let (version, ready) = (format!("VERSION={version}"), format!("READY={ready}"));
        let label = format!("pake.test.{version}");
        run(Command::new("docker")
            .args(["build", "--quiet", "--tag", &image, "--build-arg", &ready, "--label", &label, "."])
            .current_dir(self.folder.path()));
        image
    }

    pub async fn machine(&self) -> Real {
        machine(self.folder.path(), self.port).await
    }

    /// A deployer in a process of its own.
    pub fn deployer(&self, plan: &Plan) -> Child {
        let text = serde_json::to_string(plan).unwrap();
        fs::write(self.folder.path().join("plan.json"), text).unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "docker::the_deployer_of_another_test", "--ignored"]);
        command.env(FOLDER, self.folder.path()).env(PORT, self.port.to_string());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    pub async fn plan(&self, machine: &Real, image: &str) -> Plan {
        let survey = machine.survey(image, &self.desk.salt().unwrap()).await.unwrap();
        let deploy = DeployId::after(self.desk.ledger().unwrap().last(), Utc::now());
        Plan::new(deploy, Utc::now(), survey, POLICY)
    }

    /// One release is live and well, and nothing of PAKE is there but it.
    pub async fn is_tidy(&self, machine: &Real, plan: &Plan) -> World {
        let world = machine.look(plan).await.unwrap();
        let live = world.active.unwrap();
        assert!(world.of(live).is_some_and(|it| it.is_running && it.is_well), "{world:?}");
        assert_eq!(world.of(live.other()), None, "{world:?}");
        let names = run(Command::new("docker").args([
            "ps",
            "--all",
            "--format",
            "{{.Names}}",
            "--filter",
            &format!("name=^{}-", self.project),
        ]));
        assert_eq!(names.lines().count(), 2, "one colour and the edge: {names}");
        world
    }

    /// Where the journals are.
    pub fn desk_folder(&self) -> PathBuf {
        self.folder.path().join("desk")
    }

    fn url(&self) -> String {
        format!("http://localhost:{}/", self.port)
    }

    fn compose(&self, words: &[&str]) -> String {
        let mut command = Command::new("docker");
        run(command.args(["compose", "--env-file", ".env.production"]).args(words).current_dir(self.folder.path()))
    }
}

async fn machine(folder: &Path, port: u16) -> Real {
    let url = format!("http://localhost:{port}/").parse().unwrap();
    let site = Site {
        folder: folder.to_owned(),
        compose: vec![PathBuf::from("compose.yaml")],
        engine: "/var/run/docker.sock".to_owned(),
        edge: Some(Edge { url, address: None, authority: None }),
        backups: Backups::at(&folder.join("backups")),
    };
    Real::open(site).await.unwrap()
}

/// What the deployer in a process of its own is told by its environment.
const FOLDER: &str = "PAKE_OPS_FOLDER";
const PORT: &str = "PAKE_OPS_PORT";

/// What a deployer in a process of its own has to work with; none where nobody has one.
pub async fn in_this_process() -> Option<(Real, Desk, Plan)> {
    let folder = PathBuf::from(std::env::var(FOLDER).ok()?);
    let port = std::env::var(PORT).ok()?.parse().ok()?;
    let plan = serde_json::from_slice(&fs::read(folder.join("plan.json")).ok()?).ok()?;
    Some((machine(&folder, port).await, Desk::at(&folder.join("desk")).unwrap(), plan))
}

/// The lock of a desk, which has to be free.
pub async fn lock(desk: &Desk) -> Lock {
    let holder = Holder { process: std::process::id(), command: "pake deploy".to_owned(), since: Utc::now() };
    Lock::take(&desk.lock(), Duration::ZERO, &holder).await.unwrap()
}

impl Drop for Stage {
    fn drop(&mut self) {
        let ids = |words: &[&str]| {
            Command::new("docker").args(words).output().map(|it| String::from_utf8_lossy(&it.stdout).into_owned())
        };
        let filter = format!("name=^{}-", self.project);
        for id in ids(&["ps", "--all", "--quiet", "--filter", &filter]).unwrap_or_default().lines() {
            let _ = Command::new("docker").args(["rm", "--force", id]).output();
        }
        let mut down = Command::new("docker");
        let _ = down
            .args(["compose", "--env-file", ".env.production", "down", "--volumes"])
            .current_dir(self.folder.path())
            .output();
    }
}

fn image(name: &str, version: u8) -> String {
    format!("pake-ops-{name}:{version}")
}

fn run(command: &mut Command) -> String {
    let run = command.output().unwrap();
    assert!(run.status.success(), "{command:?}: {}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap()
}

/// Somebody who asks the edge all the time, over connections that are kept.
pub struct Crowd {
    is_over: Arc<AtomicBool>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
    asked: Arc<AtomicUsize>,
    failed: Arc<AtomicUsize>,
}

impl Crowd {
    pub fn of(people: usize, stage: &Stage) -> Self {
        let (is_over, asked, failed) = (Arc::default(), Arc::default(), Arc::default());
        let mut crowd = Self { is_over, tasks: Vec::new(), asked, failed };
        for _ in 0..people {
            let (is_over, asked, failed) =
                (Arc::clone(&crowd.is_over), Arc::clone(&crowd.asked), Arc::clone(&crowd.failed));
            let url = stage.url();
            crowd.tasks.push(tokio::spawn(async move {
                let client = reqwest::Client::builder().no_proxy().build().unwrap();
                while !is_over.load(Ordering::Relaxed) {
                    let answer = client.get(&url).send().await;
                    asked.fetch_add(1, Ordering::Relaxed);
                    if !answer.is_ok_and(|answer| answer.status() == 200) {
                        failed.fetch_add(1, Ordering::Relaxed);
                    }
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }));
        }
        crowd
    }

    /// How many requests there were, and how many of them failed.
    pub async fn goes_home(self) -> (usize, usize) {
        self.is_over.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.unwrap();
        }
        (self.asked.load(Ordering::Relaxed), self.failed.load(Ordering::Relaxed))
    }
}
