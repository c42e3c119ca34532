//! `pake move`: all that is kept, from one database to another.

use clap::Args;

/// `pake move`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  pake move --to postgres://pake:secret@db/pake            from the database that is configured
  pake move --from sqlite:///var/lib/pake/pake.db --to @/run/secrets/database_url
  pake move --from postgres://pake@db/pake --to sqlite:///var/lib/pake/pake.db --json

An address that begins with @ is read from the file of that name: on the command line everybody on this machine sees it.
Stop the server first. The database that is moved from is only read, and stays as it is. The other one must be empty; the
tables are made in it. At the end both are read once more and compared, table by table. Killed or cut off, the same command
goes on where it was; until it is done, no server starts on the half of it. Afterwards set database.url, keep the master
key (secrets.master_key, or the file in server.data_dir), and start.")]
pub struct Move {
    /// The database to read; sqlite://… or postgres://… [default: database.url]
    #[arg(long, value_name = "URL")]
    pub from: Option<String>,
    /// The empty database to fill
    #[arg(long, value_name = "URL")]
    pub to: String,
    /// Throw away what a move that did not end has left there, and begin again
    #[arg(long)]
    pub anew: bool,
    /// Move although a server is at work; what it writes from now on is not moved
    #[arg(long)]
    pub while_serving: bool,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
}
