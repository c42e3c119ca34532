//! What is sealed in the database, and sealing it anew when there is a new master key.

use crate::{
    adjustments,
    app::App,
    data_keys,
    error::Result,
    factors, personal_export, post, signing_keys, steps,
    store::sealed::{RowName, SealedColumn},
    vault::{Place, UnsealError},
};

/// THE TABLE of what is sealed: where it is, and for what purpose.
const TABLE: [(SealedColumn, &str); 7] = [
    (SealedColumn { table: "adjustments", row: RowName::Text("name"), column: "settings" }, adjustments::SEALED_FOR),
    (SealedColumn { table: "authenticators", row: RowName::Id("user_id"), column: "secret" }, factors::SEALED_FOR),
    (SealedColumn { table: "data_keys", row: RowName::Text("purpose"), column: "secret" }, data_keys::PURPOSE),
    (
        SealedColumn { table: "export_parts", row: RowName::Part("export_id", "part"), column: "sealed" },
        personal_export::SEALED_FOR,
    ),
    (SealedColumn { table: "outgoing_mails", row: RowName::Id("id"), column: "letter" }, post::SEALED_FOR),
    (SealedColumn { table: "sign_in_steps", row: RowName::Text("hash"), column: "state" }, steps::SEALED_FOR),
    (SealedColumn { table: "signing_keys", row: RowName::Text("id"), column: "secret" }, signing_keys::PURPOSE),
];

/// How the sealed texts of one column are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// What they are for.
    pub purpose: &'static str,
    /// All of them.
    pub texts: u64,
    /// Those that an older key sealed.
    pub outdated: u64,
    /// Those that no key opens, with the reason of the first.
    pub unreadable: Option<(u64, UnsealError)>,
}

/// Looks at everything that is sealed, without changing it.
pub async fn look(app: &App) -> Result<Vec<Sealed>> {
    let mut found = Vec::new();
    for (column, purpose) in TABLE {
        let mut sealed = Sealed { purpose, texts: 0, outdated: 0, unreadable: None };
        for (row, text) in column.all(&app.db).await? {
            sealed.texts += 1;
            sealed.outdated += u64::from(app.vault.is_outdated(&text));
            if let Err(problem) = app.vault.unseal(Place { purpose, row: &row }, &text) {
                sealed.unreadable.get_or_insert((0, problem)).0 += 1;
            }
        }
        found.push(sealed);
    }
    Ok(found)
}

/// Seals with the current key what an older one sealed; gives how many texts that were. What does not open stays as it is.
pub async fn reseal(app: &App) -> Result<u64> {
    let mut resealed = 0;
    for (column, purpose) in TABLE {
        for (row, text) in column.all(&app.db).await? {
            match app.vault.reseal(Place { purpose, row: &row }, &text) {
                Ok(Some(new)) => resealed += u64::from(column.replace(&app.db, &text, &new).await?),
                Ok(None) => {}
                Err(error) => tracing::error!(purpose, row, %error, "a sealed text stays as it is"),
            }
        }
    }
    Ok(resealed)
}

#[cfg(test)]
mod tests;
