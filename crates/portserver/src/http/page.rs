//! What a browser sees: which queues there are and how to add one.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use rpc::proto::jobserver::Queue;

use super::{Origin, icon};
use crate::http::answer::Answer;
use crate::ipp::target;
use crate::state::Port;

/// Answers GET and HEAD; hyper leaves the body of a HEAD away.
pub(super) fn get(port: &Port, origin: &Origin, path: &str) -> Response<Answer> {
    if let Some(size) = icon::size_of(path) {
        let mut response = Response::new(Answer::from(icon::png(size)));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("image/png"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("max-age=86400"));
        return response;
    }
    let snapshot = port.queues.borrow().clone();
    if matches!(path, "/" | "/ipp" | "/ipp/" | "/ipp/print" | "/ipp/print/" | "/printers" | "/printers/") {
        let mut list = String::new();
        for queue in snapshot.all() {
            let name = escape(&queue.name);
            list.push_str(&format!(
                "<li><a href=\"/ipp/print/{name}\">{name}</a> {}</li>",
                escape(&queue.description)
            ));
        }
        let list = match (snapshot.known, list.is_empty()) {
            (false, _) => "<p>The job server is away; queues are shown when it is back.</p>".to_owned(),
            (true, true) => {
                "<p>There is no queue yet: <code>papergate queue add NAME --kind pull</code></p>".to_owned()
            }
            (true, false) => format!("<p>Queues to print to:</p><ul>{list}</ul>"),
        };
        return html(StatusCode::OK, "Papergate", &list);
    }
    let target = target::of_path(path);
    match target.queue.and_then(|name| snapshot.find(name)) {
        Some(queue) => {
            html(StatusCode::OK, &format!("Queue {}", escape(&queue.name)), &how_to_add(queue, origin))
        }
        None => html(
            StatusCode::NOT_FOUND,
            "Not here",
            "<p>There is no such queue. <a href=\"/\">All queues</a></p>",
        ),
    }
}

fn how_to_add(queue: &Queue, origin: &Origin) -> String {
    let (name, authority) = (escape(&queue.name), escape(&origin.authority));
    let host = escape(target::host_of(&origin.authority));
    let pull = "Documents are held, encrypted, until you log in at a printer and collect them.";
    format!(
        "<p>{description}</p><p>{pull}</p>\
         <h2>Add this queue</h2>\
         <dl><dt>Windows, Android, ChromeOS: printer address</dt><dd><code>ipp://{authority}/ipp/print/{name}</code></dd>\
         <dt>Encrypted</dt><dd><code>ipps://{authority}/ipp/print/{name}</code></dd>\
         <dt>macOS, iOS</dt><dd>Choose <b>{name}</b> among the printers nearby, or add the address as an AirPrint printer.</dd>\
         <dt>Linux</dt><dd><code>lpadmin -p {name} -E -m everywhere -v ipp://{authority}/ipp/print/{name}</code></dd>\
         <dt>LPD</dt><dd>host <code>{host}</code>, queue <code>{name}</code></dd></dl>\
         <p><a href=\"/\">All queues</a></p>",
        description = escape(&queue.description),
    )
}

fn html(status: StatusCode, title: &str, content: &str) -> Response<Answer> {
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style>body{{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem}}\
         code{{background:#eee;padding:.1em .3em;overflow-wrap:anywhere}}dt{{margin-top:.8em}}</style></head>\
         <body><h1>{title}</h1>{content}</body></html>\n"
    );
    let mut response = Response::new(Answer::from(Bytes::from(page)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(
        "content-security-policy",
        HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'"),
    );
    response
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
