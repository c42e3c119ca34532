//! `pake user` and `pake audit`: who can sign in, and who did what.

use clap::{
    Args, Subcommand,
    builder::{PossibleValuesParser, TypedValueParser as _},
};
use server::access::Role;

use super::{Server, deploy::Place};

/// `pake user`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  pake user add ada                                 asks for a password; the first account governs
  pake user add grace --role manager --generate     prints a password
  printf %s \"$PASSWORD\" | pake user add alan --password-stdin
  pake user list --json
  pake user reset ada                               a link that sets a new password")]
pub struct User {
    /// What to do.
    #[command(subcommand)]
    pub command: UserCommand,
}

/// What to do with the people.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Make an account, in the database of this machine
    Add(UserAdd),
    /// List those who can sign in
    #[command(after_help = "Examples:
  pake user list --role admin
  pake user list --text example.org --json")]
    List(UserList),
    /// Make a link that sets a password anew
    Reset(UserReset),
}

/// `pake user add`.
#[derive(Debug, Args)]
pub struct UserAdd {
    /// What they sign in with: letters, digits and . _ - @ +
    pub username: String,
    /// What they are; the first account is super_admin
    #[arg(long, value_name = "ROLE", default_value = "user", value_parser = role())]
    pub role: Role,
    /// Where mail reaches them
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<String>,
    /// What others see [default: the name for signing in]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Make a password and print it
    #[arg(long, conflicts_with = "password_stdin")]
    pub generate: bool,
    /// Read the password from standard input
    #[arg(long)]
    pub password_stdin: bool,
}

/// `pake user list`.
#[derive(Debug, Args)]
pub struct UserList {
    /// Only those with this in their name, their name for signing in or their address
    #[arg(long, value_name = "TEXT")]
    pub text: Option<String>,
    /// Only those who are this
    #[arg(long, value_name = "ROLE", value_parser = role())]
    pub role: Option<Role>,
    /// Only those who may not sign in at the moment
    #[arg(long)]
    pub inactive: bool,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
    /// Where the people are.
    #[command(flatten)]
    pub server: Server,
}

/// `pake user reset`.
#[derive(Debug, Args)]
pub struct UserReset {
    /// Name or address
    pub username: String,
}

fn role() -> impl clap::builder::TypedValueParser<Value = Role> {
    PossibleValuesParser::new(Role::ALL.map(Role::name)).try_map(|name| name.parse::<Role>())
}

/// `pake audit`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  pake audit verify            is the audit log whole? Exit status 1 when it is not
  pake audit verify --json
  pake audit deploys           what was deployed, by the journals; exit status 1 when one was changed")]
pub struct Audit {
    /// What to do.
    #[command(subcommand)]
    pub command: AuditCommand,
}

/// What to do with the audit log.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Look whether every row is there, and as it was written
    Verify(AuditVerify),
    /// What was deployed, and whether every line of every journal is as it was written
    #[command(after_help = "Examples:
  pake audit deploys
  pake audit deploys --json | jq '.deployments[] | select(.ending != \"committed\")'

Each line of a journal holds the SHA-256 of the line before, over all deployments: `sha256sum` finds the same.")]
    Deploys(AuditDeploys),
}

/// `pake audit verify`.
#[derive(Debug, Args)]
pub struct AuditVerify {
    /// Write what was found as JSON
    #[arg(long)]
    pub json: bool,
}

/// `pake audit deploys`.
#[derive(Debug, Args)]
pub struct AuditDeploys {
    /// Write JSON
    #[arg(long)]
    pub json: bool,
    /// Which production.
    #[command(flatten)]
    pub place: Place,
}
