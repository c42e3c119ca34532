//! One order at an authority, from the account to the certificate.

use std::{error::Error, time::Duration};

use instant_acme::{
    Account, AuthorizationStatus, ChallengeType, Identifier, NewAccount, NewOrder, Order, OrderStatus, RetryPolicy,
};

use super::folder::{self, Folder, Shown};
use crate::{certificates::proof, config::TlsConfig};

/// How long is waited for the authority to look, and to sign.
const PATIENCE: RetryPolicy = RetryPolicy::new().timeout(Duration::from_mins(1));
/// How long is waited until the authority has taken the order.
const ANSWER: Duration = Duration::from_secs(30);
/// The problem of an authority that does not know an account.
const NO_ACCOUNT: &str = "urn:ietf:params:acme:error:accountDoesNotExist";

/// The authority could not be asked.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Away(String);

type Ordered<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Orders a certificate for this name; gives its key and what vouches for it (PEM).
pub(super) async fn order(settings: &TlsConfig, name: &str, folder: &Folder) -> Ordered<String> {
    let begun = tokio::time::timeout(ANSWER, begin(settings, name, folder)).await;
    let begun = begun.map_err(|_| Away(format!("the authority does not answer within {ANSWER:?}")))?;
    let mut order = begun.map_err(unless_refused)?;
    let _shown = prove(&mut order, name, folder).await?;
    match order.poll_ready(&PATIENCE).await? {
        OrderStatus::Ready => {}
        status => return Err(refusal(&mut order, status).await.into()),
    }
    let key = order.finalize().await?;
    let chain = order.poll_certificate(&PATIENCE).await?;
    Ok(format!("{key}{chain}"))
}

/// What is no answer of the authority is told with what led to it.
fn unless_refused(error: Box<dyn Error + Send + Sync>) -> Box<dyn Error + Send + Sync> {
    match error.downcast::<instant_acme::Error>() {
        Ok(refused) if matches!(*refused, instant_acme::Error::Api(_)) => refused,
        Ok(error) => {
            let mut cause: &dyn Error = &*error;
            while let Some(deeper) = cause.source() {
                cause = deeper;
            }
            Away(format!("the authority cannot be reached: {cause}")).into()
        }
        Err(other) => other,
    }
}

/// Says for which name a certificate is wanted.
async fn begin(settings: &TlsConfig, name: &str, folder: &Folder) -> Ordered<Order> {
    let names = [Identifier::Dns(name.to_owned())];
    let wanted = NewOrder::new(&names);
    match account(settings, folder).await?.new_order(&wanted).await {
        Err(instant_acme::Error::Api(problem)) if problem.r#type.as_deref() == Some(NO_ACCOUNT) => {
            folder.forget_account();
            Ok(account(settings, folder).await?.new_order(&wanted).await?)
        }
        begun => Ok(begun?),
    }
}

/// Our account at the authority; a new one where there is none.
async fn account(settings: &TlsConfig, folder: &Folder) -> Ordered<Account> {
    let builder = || match &settings.acme_ca_file {
        Some(file) => Account::builder_with_root(file),
        None => Account::builder(),
    };
    let directory = settings.directory();
    if let Some(credentials) = folder.account(directory) {
        return Ok(builder()?.from_credentials(credentials).await?);
    }
    let contact: Vec<String> = settings.acme_contact.iter().map(|contact| format!("mailto:{contact}")).collect();
    let contact: Vec<&str> = contact.iter().map(String::as_str).collect();
    let wanted = NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
    let (account, credentials) = builder()?.create(&wanted, directory.to_owned(), None).await?;
    folder.keep_account(&folder::Account { directory: directory.to_owned(), credentials })?;
    Ok(account)
}

/// Shows what the authority wants to see, and tells it to look.
async fn prove(order: &mut Order, name: &str, folder: &Folder) -> Ordered<Option<Shown>> {
    let mut shown = None;
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        match authorization.status {
            AuthorizationStatus::Pending => {}
            // It looked lately.
            AuthorizationStatus::Valid => continue,
            status => return Err(format!("the authority does not let us show that we have {name}: {status:?}").into()),
        }
        let challenge = authorization.challenge(ChallengeType::TlsAlpn01);
        let mut challenge = challenge.ok_or("the authority does not look where TLS is ended (TLS-ALPN-01)")?;
        shown = Some(folder.show(&proof(name, challenge.key_authorization().digest().as_ref())?)?);
        challenge.set_ready().await?;
    }
    Ok(shown)
}

/// Why the authority does not give a certificate.
async fn refusal(order: &mut Order, status: OrderStatus) -> String {
    let mut said = format!("the authority refuses ({status:?})");
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        let Ok(state) = authorization.refresh().await else { continue };
        for problem in state.challenges.iter().filter_map(|challenge| challenge.error.as_ref()) {
            said = format!("{said}: {problem}");
        }
    }
    said
}
