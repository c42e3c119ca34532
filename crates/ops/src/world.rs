//! What stands on the machine, as it was seen a moment ago. Nothing in here is remembered.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::deploy_id::DeployId;

/// One of the two places in which a PAKE can stand: its container and its socket are called after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// Blue.
    Blue,
    /// Green.
    Green,
}

impl Colour {
    /// Both of them.
    pub const BOTH: [Self; 2] = [Self::Blue, Self::Green];

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Blue => Self::Green,
            Self::Green => Self::Blue,
        }
    }

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Blue => "blue",
            Self::Green => "green",
        }
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Some of the requests go to a colour beside the live one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canary {
    /// To which.
    pub colour: Colour,
    /// So many of a hundred.
    pub percent: u8,
}

/// What decides about the next step.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct World {
    /// Where the link leads that the edge follows.
    pub active: Option<Colour>,
    /// The share that is led to the colour that is not live, while a canary is tried.
    #[serde(default)]
    pub canary: Option<Canary>,
    /// The container of blue.
    pub blue: Option<Container>,
    /// The container of green.
    pub green: Option<Container>,
    /// Whether the image of the plan is on this machine.
    pub has_image: bool,
    /// Whether the backup that belongs to this deployment is there, and was checked.
    pub has_backup: bool,
    /// Whether nobody is let in.
    #[serde(default)]
    pub is_shut: bool,
    /// Whether the data of before were put back, as this plan says.
    #[serde(default)]
    pub is_restored: bool,
}

impl World {
    /// The container of a colour.
    pub const fn of(&self, colour: Colour) -> Option<&Container> {
        match colour {
            Colour::Blue => self.blue.as_ref(),
            Colour::Green => self.green.as_ref(),
        }
    }

    /// The place of a container.
    pub const fn place_of(&mut self, colour: Colour) -> &mut Option<Container> {
        match colour {
            Colour::Blue => &mut self.blue,
            Colour::Green => &mut self.green,
        }
    }
}

/// A container of PAKE.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Container {
    /// The deployment that made it; none when something else did (`docker compose up`).
    pub deploy: Option<DeployId>,
    /// The digest of its image.
    pub image: String,
    /// Whether its process runs.
    pub is_running: bool,
    /// Whether it takes requests, asked more than once.
    pub is_well: bool,
    /// How often the engine has started it anew.
    pub restarts: u32,
}
