//! What each route asks of whoever asks: written beside the route, shown in the OpenAPI document, looked up by the gate.

use std::collections::HashMap;

use axum::{Router, extract::MatchedPath};
use http::Method;
use serde_json::json;
use utoipa::openapi::{
    Deprecated, OpenApi, PathItem,
    path::{Operation, Paths},
    security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::{
    access::Permission,
    app::SharedApp,
    error::{Error, Result},
    limits::Class,
};

/// What a route asks of whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: it is for everybody.
    Nothing,
    /// That they have signed in, whoever they are.
    SignIn,
    /// The same, even when their account is about to be deleted.
    EvenLeaving,
    /// That they may do this.
    Permission(Permission),
}

impl Needs {
    /// As it stands in the document, as `x-needs`.
    const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::SignIn | Self::EvenLeaving => "sign-in",
            Self::Permission(permission) => permission.name(),
        }
    }
}

/// What is said of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// What it asks of whoever asks.
    pub needs: Needs,
    /// As what its requests are counted; not at all without it.
    pub class: Option<Class>,
}

/// Routes while they are put together. There is no way to add one without saying what it needs.
pub struct Routes {
    router: OpenApiRouter<SharedApp>,
    table: Table,
}

impl Routes {
    /// No routes yet, in this document.
    pub fn new(mut document: OpenApi) -> Self {
        let components = document.components.get_or_insert_default();
        let bearer =
            HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An access token or an API token"));
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer.build()));
        let cookie = ApiKeyValue::with_description(
            "pake_access",
            "Browsers; with `x-csrf-token` for whatever changes something",
        );
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        Self { router: OpenApiRouter::with_openapi(document), table: Table::default() }
    }

    /// Adds routes for everybody, as often as they like: for monitoring, load balancers and descriptions.
    pub fn open(self, routes: UtoipaMethodRouter<SharedApp>) -> Self {
        self.add(Entry { needs: Needs::Nothing, class: None }, routes)
    }

    /// Adds routes for everybody, counted as this.
    pub fn anybody(self, class: Class, routes: UtoipaMethodRouter<SharedApp>) -> Self {
        self.add(Entry { needs: Needs::Nothing, class: Some(class) }, routes)
    }

    /// Adds routes for whoever has signed in, counted as this.
    pub fn signed_in(self, class: Class, routes: UtoipaMethodRouter<SharedApp>) -> Self {
        self.add(Entry { needs: Needs::SignIn, class: Some(class) }, routes)
    }

    /// Adds routes for whoever has signed in, even when their account is about to be deleted, counted as this.
    pub fn even_leaving(self, class: Class, routes: UtoipaMethodRouter<SharedApp>) -> Self {
        self.add(Entry { needs: Needs::EvenLeaving, class: Some(class) }, routes)
    }

    /// Adds routes for whoever may do this, counted as this.
    pub fn needs(self, permission: Permission, class: Class, routes: UtoipaMethodRouter<SharedApp>) -> Self {
        self.add(Entry { needs: Needs::Permission(permission), class: Some(class) }, routes)
    }

    fn add(self, entry: Entry, routes: UtoipaMethodRouter<SharedApp>) -> Self {
        let old = old_address(&routes);
        let mut all = self.insert(entry, routes);
        if let Some(old) = old {
            all = all.insert(entry, old);
        }
        all
    }

    fn insert(mut self, entry: Entry, (schemas, mut paths, handlers): UtoipaMethodRouter<SharedApp>) -> Self {
        for (path, item) in &mut paths.paths {
            for (method, operation) in operations(item) {
                self.table.insert(path, &method, entry);
                describe(operation, entry.needs);
            }
        }
        Self { router: self.router.routes((schemas, paths, handlers)), table: self.table }
    }

    /// The routes, the document that describes them, and what they need.
    pub fn done(self) -> (Router<SharedApp>, OpenApi, Table) {
        let (router, document) = self.router.split_for_parts();
        (router, document, self.table)
    }
}

/// The same routes where the earlier system had them: `/auth/…`, `/user/preferences` (compat.md §4.2).
fn old_address((_, paths, handlers): &UtoipaMethodRouter<SharedApp>) -> Option<UtoipaMethodRouter<SharedApp>> {
    let mut old = Paths::new();
    for (path, item) in &paths.paths {
        let is_old = |address: &&str| address.starts_with("/auth/") || *address == "/user/preferences";
        let address = path.strip_prefix("/api/v1").filter(is_old)?;
        let mut item = item.clone();
        for (_, operation) in operations(&mut item) {
            operation.operation_id = operation.operation_id.as_ref().map(|id| format!("old_{id}"));
            operation.deprecated = Some(Deprecated::True);
        }
        old.paths.insert(address.to_owned(), item);
    }
    Some((Vec::new(), old, handlers.clone()))
}

/// Says in the document what an operation needs.
fn describe(operation: &mut Operation, needs: Needs) {
    operation.extensions.get_or_insert_default().insert("x-needs".to_owned(), json!(needs.name()));
    operation.security = Some(match needs {
        Needs::Nothing => Vec::new(),
        Needs::SignIn | Needs::EvenLeaving | Needs::Permission(_) => {
            ["bearer", "cookie"].map(|scheme| SecurityRequirement::new::<_, [&str; 0], &str>(scheme, [])).into()
        }
    });
}

/// The operations of a path.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    [
        (Method::GET, &mut item.get),
        (Method::PUT, &mut item.put),
        (Method::POST, &mut item.post),
        (Method::DELETE, &mut item.delete),
        (Method::PATCH, &mut item.patch),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// What every route needs.
#[derive(Debug, Default)]
pub struct Table {
    routes: HashMap<String, Vec<(Method, Entry)>>,
    /// Lets everybody in where nothing is known: for routes that tests make up.
    is_open: bool,
}

impl Table {
    fn insert(&mut self, path: &str, method: &Method, entry: Entry) {
        self.routes.entry(path.to_owned()).or_default().push((method.clone(), entry));
    }

    /// A table that lets everybody in everywhere.
    #[cfg(test)]
    pub fn open() -> Self {
        Self { is_open: true, ..Self::default() }
    }

    /// What is said of the route with this path for this method. `None`: it does not answer to that method, which the router says
    /// better. A path that nobody has said anything about lets nobody in.
    pub fn of(&self, path: &MatchedPath, method: &Method) -> Result<Option<Entry>> {
        if self.is_open {
            return Ok(Some(Entry { needs: Needs::Nothing, class: None }));
        }
        let method = if method == Method::HEAD { &Method::GET } else { method };
        let methods = self.routes.get(path.as_str());
        let methods =
            methods.ok_or_else(|| Error::internal(format!("nobody has said what {} needs", path.as_str())))?;
        Ok(methods.iter().find(|(known, _)| known == method).map(|(_, entry)| *entry))
    }
}
