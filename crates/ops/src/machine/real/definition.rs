//! How a colour is run: what deploy/compose.yaml says of it, as `docker compose config` gives it, brought into the form of the
//! engine. Closed: what is said there and not understood here is an error, so that a release never runs otherwise than it says.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use anyhow::{Context as _, bail};
use bollard::models::{
    ContainerCreateBody, EndpointSettings, HostConfig, HostConfigLogConfig, Mount, MountType, NetworkingConfig,
    ResourcesUlimits,
};
use serde::Deserialize;
use serde_json::Value;

use super::question::Edge;
use crate::world::Colour;

/// What compose says, whole.
#[derive(Debug, Deserialize)]
pub struct Rendered {
    /// The project.
    pub name: String,
    services: BTreeMap<String, Value>,
    #[serde(default)]
    volumes: BTreeMap<String, Named>,
    #[serde(default)]
    networks: BTreeMap<String, Named>,
    #[serde(default)]
    secrets: BTreeMap<String, Secret>,
}

#[derive(Debug, Deserialize)]
struct Named {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Secret {
    file: String,
}

/// A service, as far as it can be one of PAKE.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Service {
    #[serde(default)]
    environment: BTreeMap<String, Option<String>>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    cap_drop: Vec<String>,
    #[serde(default)]
    security_opt: Vec<String>,
    #[serde(default)]
    read_only: bool,
    #[serde(default)]
    group_add: Vec<String>,
    user: Option<String>,
    mem_limit: Option<String>,
    pids_limit: Option<i64>,
    #[serde(default)]
    tmpfs: Vec<String>,
    #[serde(default)]
    ulimits: BTreeMap<String, Limit>,
    #[serde(default)]
    networks: BTreeMap<String, Option<Value>>,
    #[serde(default)]
    secrets: Vec<Placed>,
    #[serde(default)]
    volumes: Vec<Volume>,
    logging: Option<Logging>,
    stop_grace_period: Option<String>,
    // Decided by the deployment, or by the image.
    #[serde(rename = "image")]
    _image: Value,
    #[serde(default, rename = "build")]
    _build: Value,
    #[serde(default, rename = "restart")]
    _restart: Value,
    #[serde(default, rename = "profiles")]
    _profiles: Value,
    #[serde(default, rename = "depends_on")]
    _depends_on: Value,
    #[serde(default, rename = "extra_hosts")]
    extra_hosts: Vec<String>,
    command: Option<Vec<String>>,
    entrypoint: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Limit {
    One(i64),
    Two { soft: i64, hard: i64 },
}

#[derive(Debug, Deserialize)]
struct Placed {
    source: String,
    target: String,
}

#[derive(Debug, Deserialize)]
struct Volume {
    #[serde(rename = "type")]
    kind: String,
    source: String,
    target: String,
    #[serde(default)]
    read_only: bool,
}

#[derive(Debug, Deserialize)]
struct Logging {
    driver: String,
    #[serde(default)]
    options: HashMap<String, String>,
}

/// How a colour is run.
#[derive(Debug, Clone)]
pub struct Definition {
    /// Its settings.
    pub environment: BTreeMap<String, String>,
    /// The volume in which its socket is.
    pub sockets: String,
    /// The volume in which it keeps what it has to keep.
    pub data: Option<String>,
    /// The networks that it is in.
    pub networks: Vec<String>,
    body: ContainerCreateBody,
}

/// The port of the edge inside of its container.
const EDGE: u16 = 8443;

/// The address of PAKE, and who vouches for the edge's certificate where it is none that everybody knows.
const ADDRESS: &str = "PAKE_SERVER__BASE_URL";
const AUTHORITY: &str = "PAKE_EDGE_AUTHORITY";

impl Rendered {
    /// The service of a colour, by its name.
    pub fn service(&self, colour: Colour) -> anyhow::Result<(&str, &Value)> {
        let is_colour = |service: &&Value| service["labels"]["pake.colour"] == colour.as_str();
        let found = self.services.iter().find(|(_, service)| is_colour(service));
        let (name, service) =
            found.with_context(|| format!("no service of compose.yaml has the label pake.colour: {colour}"))?;
        Ok((name, service))
    }

    /// The image that compose.yaml names.
    pub fn image(&self) -> anyhow::Result<&str> {
        let (name, service) = self.service(Colour::Blue)?;
        service["image"].as_str().with_context(|| format!("compose.yaml names no image for {name}; give --image"))
    }

    /// How everybody comes in: by the name of PAKE's address, at the port that is published for the edge.
    pub fn edge(&self, folder: &Path) -> anyhow::Result<Edge> {
        let environment = &self.service(Colour::Blue)?.1["environment"];
        let address = environment[ADDRESS].as_str().with_context(|| format!("{ADDRESS} is not set in compose.yaml"))?;
        let mut url: url::Url = address.parse().with_context(|| format!("{ADDRESS}: {address} is no address"))?;
        let ports = self.services.values().filter_map(|service| service["ports"].as_array()).flatten();
        let mut published = ports.filter(|port| port["target"] == EDGE).filter_map(|port| port["published"].as_str());
        let port = published.next().and_then(|port| port.parse().ok());
        let port: u16 = port.with_context(|| format!("no service of compose.yaml publishes the port {EDGE}"))?;
        let set = url.set_port(Some(port));
        set.map_err(|()| anyhow::anyhow!("{ADDRESS}: {address} has no place for a port"))?;
        let authority = environment[AUTHORITY].as_str().filter(|path| !path.is_empty());
        Ok(Edge { url, address: None, authority: authority.map(|path| folder.join(path)) })
    }
}

/// Where the volume of the data is in a container.
const DATA: &str = "/var/lib/pake";

/// Where the volume of the sockets is in a container.
pub const SOCKETS: &str = "/run/pake";

impl Definition {
    /// What compose says of a colour.
    pub fn of(rendered: &Rendered, colour: Colour) -> anyhow::Result<Self> {
        let (name, service) = rendered.service(colour)?;
        let service = Service::deserialize(service)
            .with_context(|| format!("what compose.yaml says of {name} is more than a deployment understands"))?;
        let mounts = mounts(rendered, &service)?;
        let volume = |place: &str| mounts.iter().find(|it| it.target.as_deref() == Some(place))?.source.clone();
        let (sockets, data) = (volume(SOCKETS), volume(DATA));
        let sockets = sockets.with_context(|| format!("{name} has no volume at {SOCKETS}"))?;
        let networks = service.networks.iter().map(|(name, options)| match (rendered.networks.get(name), options) {
            (Some(network), None) => Ok(network.name.clone()),
            (Some(_), Some(_)) => bail!("options of the network {name} are more than a deployment understands"),
            (None, _) => bail!("the network {name} is not declared"),
        });
        let networks = networks.collect::<anyhow::Result<Vec<_>>>()?;
        let environment = service.environment.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
        let environment = environment.collect();
        Ok(Self { environment, sockets, data, networks, body: body(service, mounts)? })
    }

    /// A container of this definition, in the first of its networks.
    pub fn container(&self, image: &str, more: &[(&str, &str)], labels: &[(&str, &str)]) -> ContainerCreateBody {
        let mut environment = self.environment.clone();
        environment.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let own = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let labels = self.body.labels.clone().unwrap_or_default().into_iter().chain(own).collect();
        let first = self.networks.first().map(|name| NetworkingConfig {
            endpoints_config: Some(HashMap::from([(name.clone(), EndpointSettings::default())])),
        });
        let mut body = self.body.clone();
        if let (Some(host), Some(name)) = (&mut body.host_config, self.networks.first()) {
            host.network_mode = Some(name.clone());
        }
        ContainerCreateBody {
            image: Some(image.to_owned()),
            env: Some(environment.into_iter().map(|(name, value)| format!("{name}={value}")).collect()),
            labels: Some(labels),
            networking_config: first,
            ..body
        }
    }
}

impl Definition {
    /// A container of this definition that does one thing and ends. It is of no colour.
    pub fn once(&self, image: &str, command: &[&str], label: (&str, &str)) -> ContainerCreateBody {
        let body = self.container(image, &[], &[]);
        let command = command.iter().map(|word| (*word).to_owned()).collect();
        let labels = HashMap::from([(label.0.to_owned(), label.1.to_owned())]);
        ContainerCreateBody { cmd: Some(command), labels: Some(labels), ..body }
    }
}

fn mounts(rendered: &Rendered, service: &Service) -> anyhow::Result<Vec<Mount>> {
    let mut mounts = Vec::new();
    for volume in &service.volumes {
        let (typ, source) = match volume.kind.as_str() {
            "bind" => (MountType::BIND, volume.source.clone()),
            "volume" => {
                let named = rendered.volumes.get(&volume.source);
                let named = named.with_context(|| format!("the volume {} is not declared", volume.source))?;
                (MountType::VOLUME, named.name.clone())
            }
            other => bail!("a volume of the type {other} is more than a deployment understands"),
        };
        mounts.push(mount(typ, source, &volume.target, volume.read_only));
    }
    for Placed { source, target } in &service.secrets {
        let secret = rendered.secrets.get(source).with_context(|| format!("the secret {source} is not declared"))?;
        mounts.push(mount(MountType::BIND, secret.file.clone(), target, true));
    }
    Ok(mounts)
}

fn mount(typ: MountType, source: String, target: &str, read_only: bool) -> Mount {
    let (target, read_only) = (Some(target.to_owned()), Some(read_only));
    Mount { typ: Some(typ), source: Some(source), target, read_only, ..Mount::default() }
}

fn body(service: Service, mounts: Vec<Mount>) -> anyhow::Result<ContainerCreateBody> {
    let memory =
        service.mem_limit.map(|bytes| bytes.parse().with_context(|| format!("mem_limit: {bytes}"))).transpose()?;
    let tmpfs = service.tmpfs.iter().map(|text| {
        let (path, options) = text.split_once(':').unwrap_or((text, ""));
        (path.to_owned(), options.to_owned())
    });
    let ulimits = service.ulimits.into_iter().map(|(name, limit)| {
        let (soft, hard) = match limit {
            Limit::One(both) => (both, both),
            Limit::Two { soft, hard } => (soft, hard),
        };
        ResourcesUlimits { name: Some(name), soft: Some(soft), hard: Some(hard) }
    });
    let logging = service.logging.map(|it| HostConfigLogConfig { typ: Some(it.driver), config: Some(it.options) });
    let host = HostConfig {
        memory,
        pids_limit: service.pids_limit,
        cap_drop: Some(service.cap_drop),
        security_opt: Some(service.security_opt),
        readonly_rootfs: Some(service.read_only),
        group_add: Some(service.group_add),
        extra_hosts: Some(service.extra_hosts),
        tmpfs: Some(tmpfs.collect()),
        ulimits: Some(ulimits.collect()),
        mounts: Some(mounts),
        log_config: logging,
        ..HostConfig::default()
    };
    Ok(ContainerCreateBody {
        user: service.user,
        cmd: service.command,
        entrypoint: service.entrypoint,
        labels: Some(service.labels.into_iter().collect()),
        stop_timeout: service.stop_grace_period.as_deref().map(seconds).transpose()?,
        host_config: Some(host),
        ..ContainerCreateBody::default()
    })
}

/// The seconds of a duration like `1m30s`.
fn seconds(text: &str) -> anyhow::Result<i64> {
    let mut all = 0;
    let mut number = String::new();
    for char in text.chars() {
        let unit = match char {
            '0'..='9' => {
                number.push(char);
                continue;
            }
            'h' => 3_600,
            'm' => 60,
            's' => 1,
            _ => bail!("stop_grace_period: {text} is no duration in whole seconds"),
        };
        all += number.parse::<i64>().with_context(|| format!("stop_grace_period: {text}"))? * unit;
        number.clear();
    }
    if number.is_empty() { Ok(all) } else { bail!("stop_grace_period: {text} has no unit") }
}

#[cfg(test)]
mod tests;
