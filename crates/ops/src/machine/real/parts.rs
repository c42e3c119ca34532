//! All that runs in a production, PAKE and what is around it: seen, read, stopped and started.

use std::{io, time::Duration};

use anyhow::{Context as _, bail};
use bollard::models::{ContainerInspectResponse, HealthStatusEnum, RestartPolicyNameEnum};
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use serde::Serialize;

use super::{Real, engine, is_running, label};
use crate::{deploy_id::DeployId, machine::Machine as _, world::Colour};

/// The label by which compose knows a service.
const SERVICE: &str = "com.docker.compose.service";

/// While this file is among the sockets, nobody is let in.
const SHUT: &str = "maintenance";

/// How often it is looked whether a service is well, and how many times.
const LOOKED_EVERY: Duration = Duration::from_millis(500);
const LOOKS: usize = 240;

/// A container of the production.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Service {
    /// What it is called: a colour by its colour, all else as compose does.
    pub name: String,
    /// Its container.
    pub container: String,
    /// Its image.
    pub image: String,
    /// What its process does: `running`, `exited` and so on.
    pub state: String,
    /// How it is by its own health check; none where it has none.
    pub health: Option<String>,
    /// Since when it runs.
    pub started_at: Option<String>,
    /// How often the engine has started it anew.
    pub restarts: i64,
    /// The release that it is.
    pub deploy: Option<DeployId>,
    /// Which colour of PAKE it is.
    pub colour: Option<Colour>,
    #[serde(skip)]
    id: String,
    #[serde(skip)]
    rank: u8,
}

/// Which lines of a log.
#[derive(Debug, Clone, Default)]
pub struct Logs {
    /// From this moment on.
    pub since: Option<DateTime<Utc>>,
    /// So many at most of those that there are.
    pub tail: Option<u32>,
    /// Those too that will be.
    pub follow: bool,
}

impl Real {
    /// All that runs or did: the edge, PAKE, then what they need.
    pub async fn services(&self) -> anyhow::Result<Vec<Service>> {
        let all = self.engine.labelled(&self.rendered().await?.name, None).await?;
        let mut services: Vec<Service> = all.iter().map(Service::of).collect();
        services.sort_by(|one, other| (one.rank, &one.name).cmp(&(other.rank, &other.name)));
        Ok(services)
    }

    /// One of them: by its name, `pake-` before it or not, or PAKE as it is live.
    pub async fn service(&self, name: &str) -> anyhow::Result<Service> {
        let name = match (name, self.active().await?) {
            ("pake", Some(live)) => live.as_str(),
            ("pake", None) => bail!("nothing is live; name a colour: blue or green"),
            (name, _) => name,
        };
        let short = |name: &str| name.trim_start_matches("pake-").trim_start_matches("backend-").to_owned();
        let services = self.services().await?;
        let known = || services.iter().map(|service| short(&service.name)).collect::<Vec<_>>().join(", ");
        let known = known();
        let found = services.into_iter().find(|service| short(&service.name) == short(name));
        found.with_context(|| format!("there is no `{name}` here; there are pake, {known}"))
    }

    /// Reads the log of a service line by line, until it ends or nobody wants more of it.
    pub async fn logs(
        &self,
        service: &Service,
        wanted: &Logs,
        mut take: impl FnMut(&str) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut lines = std::pin::pin!(self.engine.lines(&service.id, wanted.since, wanted.tail, wanted.follow));
        // Pieces end where the engine pleases.
        let mut rest = String::new();
        while let Some(piece) = lines.try_next().await.context("cannot read the log")? {
            rest.push_str(&String::from_utf8_lossy(&piece.into_bytes()));
            while let Some(end) = rest.find('\n') {
                let line: String = rest.drain(..=end).collect();
                take(line.trim_end())?;
            }
        }
        if rest.is_empty() { Ok(()) } else { take(rest.trim_end()) }
    }

    /// Starts one of them anew; what it does for others stands still meanwhile.
    pub async fn start_anew(&self, service: &Service) -> anyhow::Result<()> {
        self.engine.restart(&service.id).await?;
        self.is_up(&service.name).await
    }

    /// Stops all that runs: nobody is let in first, and what PAKE needs goes last. Says each.
    pub async fn stop_all(&self, mut tell: impl FnMut(&Service)) -> anyhow::Result<()> {
        for service in self.services().await?.iter().filter(|service| service.state == "running") {
            tell(service);
            self.engine.stop(&service.id).await?;
        }
        Ok(())
    }

    /// Starts all that was stopped, what PAKE needs first. Says each.
    pub async fn start_all(&self, mut tell: impl FnMut(&Service)) -> anyhow::Result<()> {
        let mut services = self.services().await?;
        if services.is_empty() {
            bail!("nothing was ever started here: `docker compose --env-file .env.production up --detach` begins it");
        }
        services.retain(|service| service.state != "running" && service.rank != ONCE);
        services.reverse();
        // Those that do not need each other come up side by side.
        for rank in services.chunk_by(|one, other| one.rank == other.rank) {
            for service in rank {
                tell(service);
                self.engine.start(&service.id).await?;
            }
            for service in rank {
                self.is_up(&service.name).await?;
            }
        }
        Ok(())
    }

    /// Waits until a service is well by its own health check, or runs where it has none.
    async fn is_up(&self, name: &str) -> anyhow::Result<()> {
        for _ in 0..LOOKS {
            let service = self.service(name).await?;
            match (service.state.as_str(), service.health.as_deref()) {
                ("running", None | Some("healthy")) => return Ok(()),
                ("exited" | "dead", _) => bail!("{name} has ended: `pake logs {name}` tells why"),
                _ => self.pause(LOOKED_EVERY).await,
            }
        }
        bail!("{name} is not well: `pake logs {name}` tells why")
    }

    /// Lets nobody in, or everybody again: the edge looks for a file beside the sockets.
    pub async fn shut(&self, is_shut: bool) -> anyhow::Result<()> {
        let file = self.sockets().await?.join(SHUT);
        let done = if is_shut { std::fs::write(&file, "") } else { std::fs::remove_file(&file) };
        match done {
            Err(error) if is_shut || error.kind() != io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot change {}; is this user root?", file.display()))
            }
            _ => Ok(()),
        }
    }

    /// Whether nobody is let in.
    pub async fn is_shut(&self) -> anyhow::Result<bool> {
        Ok(self.sockets().await?.join(SHUT).exists())
    }

    /// Starts the container of a colour that was stopped; `false` when there is none.
    pub async fn wake(&self, colour: Colour) -> anyhow::Result<bool> {
        let Some(container) = self.container(colour).await? else { return Ok(false) };
        if !is_running(&container) {
            self.engine.start(&container.id.unwrap_or_default()).await?;
        }
        for _ in 0..LOOKS / 4 {
            if self.is_well(colour).await {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The rank of what does one thing and ends.
const ONCE: u8 = 3;

impl Service {
    fn of(container: &ContainerInspectResponse) -> Self {
        let colour = label(container, engine::COLOUR);
        let colour = colour.and_then(|name| Colour::BOTH.into_iter().find(|colour| colour.as_str() == name));
        let own = container.name.clone().unwrap_or_default().trim_start_matches('/').to_owned();
        let named = label(container, SERVICE).cloned().unwrap_or_else(|| own.clone());
        let state = container.state.clone().unwrap_or_default();
        let health = state
            .health
            .and_then(|health| health.status)
            .filter(|status| !matches!(status, HealthStatusEnum::NONE | HealthStatusEnum::EMPTY));
        let host = container.host_config.clone().unwrap_or_default();
        let is_edge = host.port_bindings.is_some_and(|ports| !ports.is_empty());
        let policy = host.restart_policy.and_then(|policy| policy.name);
        let is_once = matches!(policy, None | Some(RestartPolicyNameEnum::NO | RestartPolicyNameEnum::EMPTY));
        Self {
            name: colour.map_or(named, |colour| colour.as_str().to_owned()),
            container: own,
            image: label(container, engine::IMAGE)
                .cloned()
                .or_else(|| container.config.as_ref()?.image.clone())
                .unwrap_or_default(),
            state: state.status.map(|status| status.to_string()).unwrap_or_default(),
            health: health.map(|status| status.to_string()),
            started_at: state.started_at,
            restarts: container.restart_count.unwrap_or(0),
            deploy: label(container, engine::DEPLOY).and_then(|deploy| deploy.parse().ok()),
            colour,
            id: container.id.clone().unwrap_or_default(),
            rank: match colour {
                _ if is_edge => 0,
                Some(_) => 1,
                None if is_once => ONCE,
                None => 2,
            },
        }
    }
}
