//! Documents of groups and delegates: who else than the owner may see, collect and delete them.

use domain::device::Device;
use domain::job::Job;
use domain::people::group::{AfterPrint, Group, GroupId, Standing, after_delete, after_print};
use domain::queue::NamedOwner;
use domain::user::{User, choose};
use domain::{JobId, Logon, Status, UserId};
use storage::core::Share;

use super::place;
use crate::failed::Failed;
use crate::session::Document;
use crate::state::{Jobserver, State};
use crate::submit::Submission;

/// The attribute of a job that names a group to send it to.
pub(crate) const GROUP_ATTRIBUTE: &str = "papergate-group";
/// The attribute of a job that names people who may collect it, parted by commas.
pub(crate) const DELEGATES_ATTRIBUTE: &str = "papergate-delegates";

/// Documents a panel is shown of others at most.
const LISTED_MAX: i64 = 1_000;

/// A person's own documents and those of others that they may collect, oldest first.
pub(crate) async fn documents(
    server: &Jobserver,
    user: &User,
    device: &Device,
) -> Result<Vec<Document>, Failed> {
    let mut documents = crate::documents::documents(server, user, Some(device)).await?;
    let (user, device) = (user.clone(), device.clone());
    let shared = server
        .blocking(move |state| {
            let tree = place::tree_for(state, user.unit)?;
            let mut shared = state.store.jobs_shared(&user, &tree, state.now(), LISTED_MAX)?;
            let fidelity = crate::fidelity::of(state, device.id)?;
            shared.retain(|shared| crate::fidelity::shows(state, &fidelity, &shared.job));
            // Whoever collects a document pays for it: the price is theirs.
            let jobs: Vec<Job> = shared.iter().map(|shared| shared.job.clone()).collect();
            let prices = crate::charge::shown(state, &device, &user, &jobs)?;
            let shown = shared.into_iter().zip(prices).map(|(shared, price)| Document {
                standing: shared.standing,
                owner: shared.job.owner_logon.clone(),
                price,
                ..crate::documents::judged(state, &shared.job, &fidelity)
            });
            Ok::<_, Failed>(shown.collect::<Vec<_>>())
        })
        .await?;
    if !shared.is_empty() {
        documents.extend(shared);
        documents.sort_by_key(|document| document.id);
    }
    Ok(documents)
}

/// How many documents of others a person may collect.
pub(crate) fn waiting(state: &State, user: &User) -> Result<i64, Failed> {
    let tree = place::tree_for(state, user.unit)?;
    let shared = state.store.jobs_shared(user, &tree, state.now(), LISTED_MAX)?;
    Ok(i64::try_from(shared.len()).unwrap_or(LISTED_MAX))
}

/// How a person stands to a job; nobody at all stands as the owner does, whom the rules of collecting then refuse.
pub(crate) fn standing(state: &State, job: Option<&Job>, user: &User) -> Result<Standing, Failed> {
    match job {
        Some(job) if job.owner != user.id => {
            let tree = place::tree_for(state, user.unit)?;
            let standing = state.store.job_standing(job.id, user, &tree, state.now())?;
            Ok(standing.unwrap_or(Standing::Owner))
        }
        _ => Ok(Standing::Owner),
    }
}

/// In whose name a person of this standing collects a job.
pub(crate) fn acting_as(standing: Standing, job: Option<&Job>, user: UserId) -> UserId {
    match (standing, job) {
        (Standing::Member { .. } | Standing::Delegate, Some(job)) => job.owner,
        _ => user,
    }
}

/// Whether the document stays for others after somebody of this standing printed it.
pub(crate) fn stays(standing: Standing) -> bool {
    after_print(standing) == AfterPrint::GoneForThem
}

/// Deletes a document for a person: wholly when it is theirs, for themselves when it is shared with them.
pub(crate) async fn delete(server: &Jobserver, user: &User, id: JobId) -> Result<(), Failed> {
    let person = user.clone();
    let for_them = server
        .blocking(move |state| {
            let job = state.store.job_show(id)?;
            let standing = standing(state, job.as_ref(), &person)?;
            let for_them = after_delete(standing) == AfterPrint::GoneForThem;
            if for_them {
                state.store.job_gone_for(id, person.id)?;
            }
            Ok::<_, Failed>(for_them)
        })
        .await?;
    if for_them { Ok(()) } else { crate::documents::delete(server, user.id, id).await }
}

/// The group a logon of the network names, when nobody has it: a document sent under a group's name is the group's.
pub(crate) fn group_named(state: &State, named: &NamedOwner) -> Result<Option<GroupId>, Failed> {
    let found = match state.store.group_named(&named.logon, &named.domain)? {
        None if !named.domain.is_empty() => state.store.group_named(&named.logon, "")?,
        found => found,
    };
    found.map(|group| printable(&group)).transpose()
}

/// With whom a submission shares its document, by the attributes of its job.
pub(crate) async fn shares_of(
    server: &Jobserver,
    owner: UserId,
    group: Option<GroupId>,
    submission: &Submission,
) -> Result<Vec<Share>, Failed> {
    let attributes = &submission.ticket.attributes;
    let named = attributes.get(GROUP_ATTRIBUTE).filter(|name| !name.is_empty()).cloned();
    let delegates = attributes.get(DELEGATES_ATTRIBUTE).filter(|names| !names.is_empty()).cloned();
    let mut shares: Vec<Share> = group.map(Share::Group).into_iter().collect();
    if named.is_none() && delegates.is_none() {
        return Ok(shares);
    }
    server
        .blocking(move |state| {
            if let Some(name) = named {
                let group = state.store.group_by_name(&name, "")?;
                let group = group.ok_or_else(|| {
                    Failed::refused(Status::GROUP_NOT_FOUND, format!("there is no group '{name}'"))
                })?;
                shares.push(Share::Group(printable(&group)?));
            }
            for name in delegates.iter().flat_map(|names| names.split(',')).take(DELEGATES_NAMED_MAX) {
                shares.push(Share::User(delegate_named(state, owner, name.trim())?));
            }
            Ok::<_, Failed>(shares)
        })
        .await
}

fn printable(group: &Group) -> Result<GroupId, Failed> {
    if group.prints {
        Ok(group.id)
    } else {
        let text = format!("documents cannot be sent to the group '{}'", group.name);
        Err(Failed::refused(Status::GROUP_PRINT_DISABLED, text))
    }
}

/// Somebody the owner delegates to now.
fn delegate_named(state: &State, owner: UserId, name: &str) -> Result<UserId, Failed> {
    let none = || {
        let text = format!("'{}' is no delegate of yours", domain::text::shorten(name, 40));
        Failed::refused(Status::DELEGATE_NOT_FOUND, text)
    };
    let (domain, bare) = domain::text::split_domain(name);
    let logon = Logon::parse(bare).map_err(|_| none())?;
    let candidates = state.store.users_by_logon(&logon)?;
    let (user, _) = choose(&candidates, |(user, _)| user, domain.unwrap_or_default()).ok_or_else(none)?;
    let relation = state.store.delegate_of(owner, user.id)?.ok_or_else(none)?;
    if relation.is_active(state.now()) { Ok(user.id) } else { Err(none()) }
}

/// People one document may be delegated to: as many as somebody has delegates.
const DELEGATES_NAMED_MAX: usize = 10;
