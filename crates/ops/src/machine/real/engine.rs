//! The Docker engine, as far as a deployment needs it.

use std::{collections::HashMap, path::PathBuf};

use anyhow::{Context as _, bail, ensure};
use bollard::{
    API_DEFAULT_VERSION, Docker,
    container::LogOutput,
    errors::Error,
    models::{
        ContainerCreateBody, ContainerInspectResponse, ContainerUpdateBody, NetworkConnectRequest, RestartPolicy,
        RestartPolicyNameEnum,
    },
    query_parameters::{
        AttachContainerOptionsBuilder, CreateContainerOptionsBuilder, CreateImageOptionsBuilder,
        InspectContainerOptions, KillContainerOptionsBuilder, ListContainersOptionsBuilder, LogsOptionsBuilder,
        RemoveContainerOptionsBuilder, RemoveImageOptions, RestartContainerOptions, StartContainerOptions,
        StopContainerOptions, StopContainerOptionsBuilder, WaitContainerOptionsBuilder,
    },
};
use chrono::{DateTime, Utc};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};

use crate::world::Colour;

/// How long the engine may take for an answer, in seconds.
const PATIENCE: u64 = 120;

/// How long a release has to end by itself before it is killed, in seconds.
const GRACE: i32 = 10;

/// The label of a container's colour.
pub const COLOUR: &str = "pake.colour";

/// The label of the deployment that made it.
pub const DEPLOY: &str = "pake.deploy";

/// The label of a container that does one thing and ends, with the installation that it belongs to.
pub const ONCE: &str = "pake.once";

/// The label of the image as it was asked for: the container itself knows its digest.
pub const IMAGE: &str = "pake.image";

/// The labels of the installation that it belongs to: of those that a deployment made, and of those that compose made.
pub const PROJECT: [&str; 2] = ["pake.project", "com.docker.compose.project"];

/// The engine.
#[derive(Debug)]
pub struct Engine {
    docker: Docker,
}

/// What something said that ran once and ended.
#[derive(Debug)]
pub struct Said {
    /// How it ended.
    pub code: i64,
    /// Its standard output.
    pub out: String,
    /// Both outputs, as they came.
    pub all: String,
}

impl Engine {
    /// Reaches the engine at its socket.
    pub async fn at(socket: &str) -> anyhow::Result<Self> {
        let reached =
            || async { Docker::connect_with_unix(socket, PATIENCE, API_DEFAULT_VERSION)?.negotiate_version().await };
        let docker = reached().await.with_context(|| {
            format!(
                "the Docker engine does not answer at {socket}: start it, or have this user reach it (group docker)"
            )
        })?;
        Ok(Self { docker })
    }

    /// The containers of a colour in an installation: those that run first, then the newest.
    pub async fn containers(&self, project: &str, colour: Colour) -> anyhow::Result<Vec<ContainerInspectResponse>> {
        let mut found = self.labelled(project, Some(format!("{COLOUR}={colour}"))).await?;
        // The engine lists the newest first, and sorting keeps that.
        found.sort_by_key(|container| !is_running(container));
        Ok(found)
    }

    /// All containers of an installation, or those with a label.
    pub async fn labelled(
        &self,
        project: &str,
        label: Option<String>,
    ) -> anyhow::Result<Vec<ContainerInspectResponse>> {
        let filters = label.map(|label| HashMap::from([("label", vec![label])])).unwrap_or_default();
        let options = ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
        let mut found = Vec::new();
        for container in self.docker.list_containers(Some(options)).await.context("cannot list containers")? {
            let labels = container.labels.unwrap_or_default();
            let is_ours = PROJECT.iter().any(|label| labels.get(*label).is_some_and(|name| name == project));
            let Some(id) = container.id.filter(|_| is_ours) else { continue };
            match self.docker.inspect_container(&id, None::<InspectContainerOptions>).await {
                Ok(container) => found.push(container),
                // It went away in between.
                Err(error) if is_absent(&error) => {}
                Err(error) => return Err(error).context("cannot look at a container"),
            }
        }
        Ok(found)
    }

    /// The digest of an image that is here; none when it is not.
    pub async fn image(&self, name: &str) -> anyhow::Result<Option<String>> {
        match self.docker.inspect_image(name).await {
            Ok(image) => Ok(Some(image.id.context("the engine does not say which image it is")?)),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot look at the image {name}")),
        }
    }

    /// How many bytes an image takes.
    pub async fn size(&self, image: &str) -> anyhow::Result<u64> {
        let image =
            self.docker.inspect_image(image).await.with_context(|| format!("cannot look at the image {image}"))?;
        Ok(image.size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0))
    }

    /// Brings an image here.
    pub async fn pull(&self, name: &str) -> anyhow::Result<()> {
        let options = CreateImageOptionsBuilder::new().from_image(name).build();
        let pulling = self.docker.create_image(Some(options), None, None);
        pulling.try_for_each(|_| async { Ok(()) }).await.with_context(|| {
            format!("cannot fetch the image {name}: is the name right, and may this machine fetch it (`docker login`)?")
        })
    }

    /// Where a volume is on this machine.
    pub async fn volume(&self, name: &str) -> anyhow::Result<PathBuf> {
        let volume = self.docker.inspect_volume(name).await;
        let volume = volume.with_context(|| format!("there is no volume {name}: was the production ever started?"))?;
        Ok(volume.mountpoint.into())
    }

    /// Makes a container in these networks; gives its id.
    pub async fn create(&self, name: &str, body: ContainerCreateBody, networks: &[String]) -> anyhow::Result<String> {
        let options = CreateContainerOptionsBuilder::new().name(name).build();
        let made = self.docker.create_container(Some(options), body).await;
        if let Err(Error::DockerResponseServerError { status_code: 409, .. }) = &made {
            bail!(
                "cannot make the container {name}: the name is in use by one that is none of PAKE's; look at it (`docker \
                 inspect {name}`), and remove or rename it"
            );
        }
        let id = made.with_context(|| format!("cannot make the container {name}"))?.id;
        // An engine before 25 takes one network only when it makes a container.
        for network in networks.iter().skip(1) {
            let request = NetworkConnectRequest { container: id.clone(), endpoint_config: None };
            let connected = self.docker.connect_network(network, request).await;
            connected.with_context(|| format!("cannot bring the container {name} into the network {network}"))?;
        }
        Ok(id)
    }

    /// Starts a container.
    pub async fn start(&self, id: &str) -> anyhow::Result<()> {
        let started = self.docker.start_container(id, None::<StartContainerOptions>).await;
        started.map_err(with_remedy).context("cannot start the container")
    }

    /// Removes what an earlier deployer had do one thing and did not live to see the end of.
    pub async fn tidy(&self, project: &str) -> anyhow::Result<()> {
        let filters = HashMap::from([("label", vec![format!("{ONCE}={project}")])]);
        let options = ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
        for container in self.docker.list_containers(Some(options)).await.context("cannot list containers")? {
            self.remove(&container.id.unwrap_or_default()).await?;
        }
        Ok(())
    }

    /// Runs a container to its end; it is gone then, also when nobody waits for it any more. One that was made and never
    /// started stays: [`Engine::tidy`] is for it.
    pub async fn run(&self, name: &str, mut body: ContainerCreateBody, networks: &[String]) -> anyhow::Result<Said> {
        if let Some(host) = &mut body.host_config {
            host.auto_remove = Some(true);
        }
        self.remove(name).await?;
        let id = self.create(name, body, networks).await?;
        let attach = AttachContainerOptionsBuilder::new().stdout(true).stderr(true).stream(true).build();
        let mut output =
            self.docker.attach_container(&id, Some(attach)).await.context("cannot hear the container")?.output;
        let wait = WaitContainerOptionsBuilder::new().condition("removed").build();
        let mut ended = self.docker.wait_container(&id, Some(wait));
        let hear = async {
            self.start(&id).await?;
            let (mut out, mut all) = (String::new(), String::new());
            while let Some(piece) = output.next().await {
                let piece = piece.context("cannot hear the container to its end")?;
                if matches!(piece, LogOutput::StdOut { .. }) {
                    out.push_str(&piece.to_string());
                }
                all.push_str(&piece.to_string());
            }
            anyhow::Ok((out, all))
        };
        // Waiting begins first: what ends quickly is gone before anybody asks how it ended.
        let (ended, heard) = tokio::join!(ended.next(), hear);
        let (out, all) = heard?;
        let code = match ended {
            Some(Ok(ended)) => ended.status_code,
            Some(Err(Error::DockerContainerWaitError { code, .. })) => code,
            Some(Err(error)) => return Err(error).context("cannot tell how the container ended"),
            None => bail!("the engine does not say how the container ended"),
        };
        Ok(Said { code, out, all })
    }

    /// Tells a container to end.
    pub async fn signal(&self, id: &str) -> anyhow::Result<()> {
        let options = KillContainerOptionsBuilder::new().signal("SIGTERM").build();
        match self.docker.kill_container(id, Some(options)).await {
            // It has ended.
            Err(Error::DockerResponseServerError { status_code: 404 | 409, .. }) | Ok(()) => Ok(()),
            Err(error) => Err(error).context("cannot tell the container to end"),
        }
    }

    /// Ends a container, by force when it does not end by itself, and removes it.
    pub async fn remove(&self, id: &str) -> anyhow::Result<()> {
        let stop = StopContainerOptionsBuilder::new().t(GRACE).build();
        let remove = RemoveContainerOptionsBuilder::new().force(true).build();
        match self.docker.stop_container(id, Some(stop)).await {
            Err(error) if is_absent(&error) => return Ok(()),
            // It is removed all the same.
            Err(_) | Ok(()) => {}
        }
        match self.docker.remove_container(id, Some(remove)).await {
            // Somebody removes it already.
            Err(Error::DockerResponseServerError { status_code: 409, .. }) => Ok(()),
            Err(error) if !is_absent(&error) => Err(error).context("cannot remove the container"),
            _ => Ok(()),
        }
    }

    /// Has a container started again after the machine was.
    pub async fn keep(&self, id: &str) -> anyhow::Result<()> {
        let policy = RestartPolicy { name: Some(RestartPolicyNameEnum::UNLESS_STOPPED), maximum_retry_count: None };
        let update = ContainerUpdateBody { restart_policy: Some(policy), ..ContainerUpdateBody::default() };
        self.docker.update_container(id, update).await.context("cannot have the container started again by itself")
    }

    /// The last lines that a container has logged.
    pub async fn log(&self, id: &str, lines: usize) -> anyhow::Result<Vec<String>> {
        let options = LogsOptionsBuilder::new().stdout(true).stderr(true).tail(&lines.to_string()).build();
        let pieces: Vec<LogOutput> =
            self.docker.logs(id, Some(options)).try_collect().await.context("cannot read the log")?;
        let text: String = pieces.iter().map(ToString::to_string).collect();
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// What a container logs, as it logs it; with `follow` also what it will.
    pub fn lines(
        &self,
        id: &str,
        since: Option<DateTime<Utc>>,
        tail: Option<u32>,
        follow: bool,
    ) -> impl Stream<Item = Result<LogOutput, Error>> {
        let since = since.map_or(0, |since| i32::try_from(since.timestamp()).unwrap_or(i32::MAX));
        let tail = tail.map_or_else(|| "all".to_owned(), |lines| lines.to_string());
        let options = LogsOptionsBuilder::new().stdout(true).stderr(true).follow(follow).since(since).tail(&tail);
        self.docker.logs(id, Some(options.build()))
    }

    /// Starts a container anew.
    pub async fn restart(&self, id: &str) -> anyhow::Result<()> {
        let restarted = self.docker.restart_container(id, None::<RestartContainerOptions>).await;
        restarted.map_err(with_remedy).context("cannot start the container anew")
    }

    /// Tells a container to end and waits until it has; how long it may take it says itself.
    pub async fn stop(&self, id: &str) -> anyhow::Result<()> {
        match self.docker.stop_container(id, None::<StopContainerOptions>).await {
            Err(error) if !is_absent(&error) => Err(error).context("cannot stop the container"),
            _ => Ok(()),
        }
    }

    /// Removes an image that nothing uses.
    pub async fn remove_image(&self, digest: &str) -> anyhow::Result<()> {
        match self.docker.remove_image(digest, None::<RemoveImageOptions>, None).await {
            Err(error) if !is_absent(&error) => Err(error).with_context(|| format!("cannot remove the image {digest}")),
            _ => Ok(()),
        }
    }
}

impl Said {
    /// What it wrote to its standard output, when it ended well.
    pub fn good(self, what: &str) -> anyhow::Result<String> {
        ensure!(self.code == 0, "{what} ended with {}: {}", self.code, self.all.trim());
        Ok(self.out)
    }
}

/// Whether the process of a container runs.
pub fn is_running(container: &ContainerInspectResponse) -> bool {
    container.state.as_ref().and_then(|state| state.running).unwrap_or(false)
}

/// What to do about it stands beside an error that somebody else's port is the cause of.
fn with_remedy(error: Error) -> anyhow::Error {
    let said = error.to_string();
    let is_about_a_port = said.contains("address already in use") || said.contains("port is already allocated");
    let error = anyhow::Error::from(error);
    if is_about_a_port {
        return error.context("somebody else has its port: `ss -ltnp` tells who; end that, or publish another port");
    }
    error
}

fn is_absent(error: &Error) -> bool {
    matches!(error, Error::DockerResponseServerError { status_code: 404, .. })
}
