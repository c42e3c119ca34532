//! What people prefer, and what comes of it. Names: compat.md §4.2.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::{
    access::Caller,
    app::App,
    audience::Audience,
    error::{Error, Result},
    frame::FrameType,
    preference_book::kept_for,
    store::{
        self, Scope,
        preferences::{self, PreferenceRow},
    },
    workspaces::check_sources,
};

/// Longest time that searches may be kept, in days.
const MOST_DAYS: u32 = 36_500;
/// Longest name of a format.
const LONGEST_FORMAT: usize = 32;

/// What somebody prefers in a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Preferences {
    /// Sources that are asked when a question names none; without it, the workspace's.
    pub default_sources: Option<Vec<String>>,
    /// Whether searches go into the history.
    pub auto_save_searches: bool,
    /// How long they stay there, in days; at most as long as the workspace lets them.
    pub search_history_retention_days: u32,
    /// How results are shown: kept for clients, no matter to the server.
    pub preferred_result_format: String,
    /// What one is told of: kept for clients, nothing is sent yet.
    pub notification_settings: NotificationSettings,
    /// What others may know.
    pub privacy_settings: PrivacySettings,
}

/// What one is told of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NotificationSettings {
    /// News by mail.
    pub email_digest: bool,
    /// New answers to a question.
    pub search_alerts: bool,
    /// What happened in the week.
    pub weekly_summary: bool,
}

/// What others may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PrivacySettings {
    /// Whether one's searches count in the numbers of the workspace.
    pub anonymous_analytics: bool,
    /// Whether one's questions are among those that the workspace shows as popular.
    pub share_popular_searches: bool,
    /// No history is kept: nothing is added, and what is there goes. Favourites stay until they are deleted.
    pub retention_opt_out: bool,
}

impl Default for PrivacySettings {
    fn default() -> Self {
        Self { anonymous_analytics: true, share_popular_searches: false, retention_opt_out: false }
    }
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            default_sources: None,
            auto_save_searches: true,
            search_history_retention_days: 365,
            preferred_result_format: "detailed".to_owned(),
            notification_settings: NotificationSettings::default(),
            privacy_settings: PrivacySettings::default(),
        }
    }
}

impl From<PreferenceRow> for Preferences {
    fn from(row: PreferenceRow) -> Self {
        Self {
            default_sources: row.default_sources.as_deref().and_then(|names| serde_json::from_str(names).ok()),
            auto_save_searches: row.auto_save_searches,
            search_history_retention_days: row.retention_days.try_into().unwrap_or(0),
            preferred_result_format: row.result_format,
            notification_settings: NotificationSettings {
                email_digest: row.email_digest,
                search_alerts: row.search_alerts,
                weekly_summary: row.weekly_summary,
            },
            privacy_settings: PrivacySettings {
                anonymous_analytics: row.anonymous_analytics,
                share_popular_searches: row.share_popular_searches,
                retention_opt_out: row.retention_opt_out,
            },
        }
    }
}

impl Preferences {
    fn row(&self) -> PreferenceRow {
        PreferenceRow {
            default_sources: self.default_sources.as_ref().map(|names| json!(names).to_string()),
            auto_save_searches: self.auto_save_searches,
            retention_days: self.search_history_retention_days.into(),
            result_format: self.preferred_result_format.clone(),
            email_digest: self.notification_settings.email_digest,
            search_alerts: self.notification_settings.search_alerts,
            weekly_summary: self.notification_settings.weekly_summary,
            anonymous_analytics: self.privacy_settings.anonymous_analytics,
            share_popular_searches: self.privacy_settings.share_popular_searches,
            retention_opt_out: self.privacy_settings.retention_opt_out,
        }
    }

    fn check(&self, app: &App) -> Result<()> {
        if let Some(names) = &self.default_sources {
            check_sources(app, names)?;
        }
        if self.search_history_retention_days > MOST_DAYS {
            return Err(Error::invalid("search_history_retention_days", format!("must be 0 to {MOST_DAYS}")));
        }
        let format = &self.preferred_result_format;
        let fits = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
        if !(1..=LONGEST_FORMAT).contains(&format.len()) || !format.chars().all(fits) {
            let message = format!("must be 1 to {LONGEST_FORMAT} letters, digits, _ or -");
            return Err(Error::invalid("preferred_result_format", message));
        }
        Ok(())
    }
}

/// What somebody prefers in a workspace.
pub async fn of(app: &App, scope: Scope) -> Result<Preferences> {
    Ok(preferences::get(&app.db, scope).await?.map(Into::into).unwrap_or_default())
}

/// How long the searches of somebody are really kept, in days.
pub async fn kept_days(app: &App, scope: Scope) -> Result<u32> {
    let most = app.config.history.retention_days;
    let found = store::preferences::deciding(&app.db, scope).await?;
    Ok(found.map_or(most, |found| kept_for(found.own_days, found.their_days, found.retention_opt_out, most)))
}

/// Sets what the caller prefers here. Their sockets are told.
pub async fn set(app: &App, caller: &Caller, wanted: Preferences) -> Result<Preferences> {
    wanted.check(app)?;
    preferences::set(&app.db, caller.scope, &wanted.row(), app.clock.now()).await?;
    app.preference_book.changed();
    app.alerts.tell_everywhere(Audience::Person(caller.scope), FrameType::PreferencesUpdated, &wanted).await;
    Ok(wanted)
}
