//! Which queue or job an address means.

/// What a printer-uri, job-uri or path names.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Target<'a> {
    /// Name of the queue.
    pub(crate) queue: Option<&'a str>,
    /// The token behind the queue's name, which proves who prints.
    pub(crate) token: Option<&'a str>,
    /// job-id.
    pub(crate) job: Option<i32>,
    /// The address is the one of the server, and means its only queue if there is just one.
    pub(crate) server: bool,
    /// The queue is named as the CUPS scheduler names its queues, so the client takes us for one.
    pub(crate) cups: bool,
}

/// What `uri` names; host and port do not matter, a server has many names.
pub(crate) fn of_uri(uri: &str) -> Option<Target<'_>> {
    let (scheme, rest) = uri.split_once("://")?;
    if !["ipp", "ipps", "http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return None;
    }
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    Some(of_path(path.split(['?', '#']).next().unwrap_or(path)))
}

/// What the path of an address names: `/ipp/print/QUEUE[~TOKEN][/JOB]`, `/printers/QUEUE[~TOKEN][/JOB]`, `/jobs/JOB`.
pub(crate) fn of_path(path: &str) -> Target<'_> {
    let path = path.trim_end_matches('/');
    let of_cups = path.strip_prefix("/printers/");
    if let Some(inside) = of_cups.or_else(|| path.strip_prefix("/ipp/print/")) {
        let (named, job) =
            inside.split_once('/').map_or((inside, None), |(named, job)| (named, job.parse().ok()));
        let (queue, token) =
            named.split_once('~').map_or((named, None), |(queue, token)| (queue, Some(token)));
        return Target { queue: Some(queue), token, job, server: false, cups: of_cups.is_some() };
    }
    if let Some(job) = path.strip_prefix("/jobs/") {
        return Target { job: job.parse().ok(), ..Target::default() };
    }
    Target { server: matches!(path, "" | "/ipp" | "/ipp/print"), ..Target::default() }
}

/// `host` of `host[:port]`, with the brackets of an IPv6 address.
pub(crate) fn host_of(authority: &str) -> &str {
    match authority.rfind(':') {
        Some(colon) if !authority[colon..].contains(']') => &authority[..colon],
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_queues_and_jobs() {
        let queue = |queue| Target { queue: Some(queue), ..Target::default() };
        let rows = [
            ("ipp://host:631/ipp/print/pull", Some(queue("pull"))),
            ("IPPS://host/printers/pull", Some(Target { cups: true, ..queue("pull") })),
            ("ipp://host/ipp/print/pull/17", Some(Target { job: Some(17), ..queue("pull") })),
            ("ipp://host/ipp/print/pull/x", Some(queue("pull"))),
            ("ipp://host/ipp/print/pull/?a=b", Some(queue("pull"))),
            ("ipps://host/ipp/print/pull~abc", Some(Target { token: Some("abc"), ..queue("pull") })),
            (
                "ipps://host/ipp/print/pull~a/7",
                Some(Target { token: Some("a"), job: Some(7), ..queue("pull") }),
            ),
            ("ipp://host/jobs/17", Some(Target { job: Some(17), ..Target::default() })),
            ("ipp://host", Some(Target { server: true, ..Target::default() })),
            ("ipp://host/ipp/print", Some(Target { server: true, ..Target::default() })),
            ("ipp://host/elsewhere", Some(Target::default())),
            ("ftp://host/ipp/print/pull", None),
            ("pull", None),
        ];
        for (uri, expected) in rows {
            assert_eq!(of_uri(uri), expected, "{uri}");
        }
    }

    #[test]
    fn a_host_loses_its_port_only() {
        for (authority, host) in [
            ("a:631", "a"),
            ("a", "a"),
            ("[::1]:631", "[::1]"),
            ("[::1]", "[::1]"),
            ("10.0.0.1:1", "10.0.0.1"),
        ] {
            assert_eq!(host_of(authority), host);
        }
    }
}
