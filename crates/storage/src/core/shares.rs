//! Documents that others than their owner may collect: sent to a group, or delegated.

use diesel::prelude::*;
use domain::job::State;
use domain::people::group::{GroupId, Standing};
use domain::people::unit::Tree;
use domain::user::User;
use domain::{JobId, Timestamp, UserId};

use super::jobs::{COMPLETED_FIRST, JobRow};
use super::schema::{job_gone, job_shares, jobs};
use super::{CoreStore, delegates, groups};
use crate::dialect::insert_if_absent;
use crate::{AnyConnection, StoreResult};

/// Whom a document is shared with.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Share {
    /// Every member of a group.
    Group(GroupId),
    /// Somebody its owner delegates collecting to.
    User(UserId),
}

impl Share {
    fn kind(self) -> &'static str {
        match self {
            Self::Group(_) => "group",
            Self::User(_) => "user",
        }
    }

    fn subject(self) -> i64 {
        match self {
            Self::Group(GroupId(id)) | Self::User(UserId(id)) => id,
        }
    }
}

/// A document of somebody else that a person may collect.
#[derive(Clone, Debug)]
pub struct Shared {
    /// The document's job.
    pub job: domain::job::Job,
    /// Why they may.
    pub standing: Standing,
}

/// Shares a job within the transaction that stores it.
pub(super) fn insert(connection: &mut AnyConnection, job: JobId, shares: &[Share]) -> StoreResult<()> {
    for share in shares {
        let row = (
            job_shares::job_id.eq(job.0),
            job_shares::kind.eq(share.kind()),
            job_shares::subject_id.eq(share.subject()),
        );
        let target = (job_shares::kind, job_shares::subject_id, job_shares::job_id);
        insert_if_absent!(connection, job_shares::table, row, target)?;
    }
    Ok(())
}

/// What a person may collect beside their own: ids of groups that print with "once", and of people to collect for
/// with "always".
struct Reach {
    groups: Vec<(i64, bool)>,
    people: Vec<(i64, bool)>,
}

fn reach(connection: &mut AnyConnection, person: &User, tree: &Tree, now: Timestamp) -> StoreResult<Reach> {
    let units = groups::unit_path(tree, person.unit);
    let groups = groups::groups_of(connection, person.id, &units)?;
    let groups = groups.into_iter().filter(|group| group.prints);
    let people = delegates::collected_for(connection, person.id, now)?;
    Ok(Reach {
        groups: groups.map(|group| (group.id.0, group.print_once)).collect(),
        people: people.into_iter().map(|delegate| (delegate.submitter.0, delegate.always)).collect(),
    })
}

impl CoreStore {
    /// Documents of others that a person may collect and has not, oldest first, at most `limit`.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn jobs_shared(
        &self,
        person: &User,
        tree: &Tree,
        now: Timestamp,
        limit: i64,
    ) -> StoreResult<Vec<Shared>> {
        self.database.read("jobs-shared", |connection| {
            let reach = reach(connection, person, tree, now)?;
            if reach.groups.is_empty() && reach.people.is_empty() {
                return Ok(Vec::new());
            }
            let mut found: std::collections::BTreeMap<i64, Standing> = std::collections::BTreeMap::new();
            for &(group, once) in &reach.groups {
                let ids: Vec<i64> = job_shares::table
                    .filter(job_shares::kind.eq("group"))
                    .filter(job_shares::subject_id.eq(group))
                    .order(job_shares::job_id)
                    .limit(limit)
                    .select(job_shares::job_id)
                    .load(connection)?;
                for id in ids {
                    found.entry(id).or_insert(Standing::Member { once });
                }
            }
            let delegated: Vec<i64> = job_shares::table
                .filter(job_shares::kind.eq("user"))
                .filter(job_shares::subject_id.eq(person.id.0))
                .order(job_shares::job_id)
                .limit(limit)
                .select(job_shares::job_id)
                .load(connection)?;
            let submitters: Vec<i64> = reach.people.iter().map(|(id, _)| *id).collect();
            // A document counts as delegated only while its owner's relation holds.
            let ids: Vec<i64> = jobs::table
                .filter(jobs::id.eq_any(delegated))
                .filter(jobs::owner_id.eq_any(submitters))
                .select(jobs::id)
                .load(connection)?;
            found.extend(ids.into_iter().map(|id| (id, Standing::Delegate)));
            for &(submitter, _) in reach.people.iter().filter(|(_, always)| *always) {
                let ids: Vec<i64> = jobs::table
                    .filter(jobs::owner_id.eq(submitter))
                    .filter(jobs::state.lt(COMPLETED_FIRST))
                    .order(jobs::id)
                    .limit(limit)
                    .select(jobs::id)
                    .load(connection)?;
                found.extend(ids.into_iter().map(|id| (id, Standing::Delegate)));
            }
            let gone: std::collections::HashSet<i64> = job_gone::table
                .filter(job_gone::user_id.eq(person.id.0))
                .select(job_gone::job_id)
                .load::<i64>(connection)?
                .into_iter()
                .collect();
            let ids: Vec<i64> = found.keys().copied().filter(|id| !gone.contains(id)).collect();
            let mut shared = Vec::new();
            for part in ids.chunks(IDS_AT_ONCE) {
                let rows: Vec<JobRow> = jobs::table
                    .filter(jobs::id.eq_any(part.to_vec()))
                    .filter(jobs::owner_id.ne(person.id.0))
                    .filter(jobs::state.lt(COMPLETED_FIRST))
                    .order(jobs::id)
                    .load(connection)?;
                for row in rows {
                    let job = row.into_job()?;
                    if job.state != State::Pending && !job.marked_for_deletion {
                        shared.push(Shared { standing: found[&job.id.0], job });
                    }
                }
            }
            shared.truncate(usize::try_from(limit).unwrap_or(0));
            Ok(shared)
        })
    }

    /// How a person stands to one job; `None` when it is no business of theirs, or gone for them.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn job_standing(
        &self,
        id: JobId,
        person: &User,
        tree: &Tree,
        now: Timestamp,
    ) -> StoreResult<Option<Standing>> {
        self.database.read("job-standing", |connection| {
            let owner: Option<i64> =
                jobs::table.find(id.0).select(jobs::owner_id).first(connection).optional()?;
            let Some(owner) = owner else { return Ok(None) };
            if owner == person.id.0 {
                return Ok(Some(Standing::Owner));
            }
            if job_gone::table.find((id.0, person.id.0)).count().get_result::<i64>(connection)? > 0 {
                return Ok(None);
            }
            let reach = reach(connection, person, tree, now)?;
            let shares: Vec<(String, i64)> = job_shares::table
                .filter(job_shares::job_id.eq(id.0))
                .select((job_shares::kind, job_shares::subject_id))
                .load(connection)?;
            let delegated =
                reach.people.iter().find(|(submitter, _)| *submitter == owner).is_some_and(|(_, always)| {
                    *always || shares.iter().any(|(kind, subject)| kind == "user" && *subject == person.id.0)
                });
            if delegated {
                return Ok(Some(Standing::Delegate));
            }
            let of_group = |(group, _): &&(i64, bool)| {
                shares.iter().any(|(kind, subject)| kind == "group" && subject == group)
            };
            let group = reach.groups.iter().find(of_group);
            Ok(group.map(|&(_, once)| Standing::Member { once }))
        })
    }

    /// Notes that a shared document is gone for a person.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn job_gone_for(&self, id: JobId, person: UserId) -> StoreResult<()> {
        self.database.write("job-gone-for", |connection| {
            let row = (job_gone::job_id.eq(id.0), job_gone::user_id.eq(person.0));
            insert_if_absent!(connection, job_gone::table, row, (job_gone::job_id, job_gone::user_id))?;
            Ok(())
        })
    }
}

/// Ids in one query: far below what either database takes.
const IDS_AT_ONCE: usize = 500;
