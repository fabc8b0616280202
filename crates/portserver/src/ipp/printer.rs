//! What Get-Printer-Attributes tells of a queue.

use rpc::proto::jobserver::Queue;
use wire::ipp::{Attribute, DateTime, Resolution, Value};

use super::request::{Address, asks_for_proof};
use super::wanted::Wanted;
use super::{media, operation, subscription, template};
use crate::http::icon;
use crate::state::Port;

/// Document formats taken, in order of preference; the first is the default.
pub(crate) const FORMATS: [&str; 10] = [
    "application/octet-stream",
    "application/pdf",
    "image/pwg-raster",
    "image/urf",
    "image/jpeg",
    "application/postscript",
    "application/vnd.hp-PCL",
    "application/vnd.hp-pclxl",
    "application/openxps",
    "application/PCLm",
];

/// Whether documents of `format` are taken; media types are case-insensitive.
pub(crate) fn takes(format: &str) -> bool {
    let format = format.split(';').next().unwrap_or(format).trim();
    FORMATS.iter().any(|known| known.eq_ignore_ascii_case(format))
}

/// Collects the attributes that are wanted.
struct Collector<'a> {
    wanted: &'a Wanted,
    group: &'static str,
    out: Vec<Attribute>,
}

impl Collector<'_> {
    /// Adds `name` with one value if it is wanted; the value is made only then.
    fn one(&mut self, name: &'static str, value: impl FnOnce() -> Value) {
        if self.wanted.has(name, self.group) {
            self.out.push(Attribute::new(name, value()));
        }
    }

    fn many(&mut self, name: &'static str, values: impl FnOnce() -> Vec<Value>) {
        if self.wanted.has(name, self.group) {
            let values = values();
            if !values.is_empty() {
                self.out.push(Attribute { name: name.into(), values });
            }
        }
    }

    fn keyword(&mut self, name: &'static str, keyword: &'static str) {
        self.one(name, || Value::keyword(keyword));
    }

    fn keywords(&mut self, name: &'static str, keywords: &'static [&'static str]) {
        self.many(name, || Value::keywords(keywords.iter().copied()));
    }

    fn integer(&mut self, name: &'static str, number: i32) {
        self.one(name, || Value::Integer(number));
    }

    fn boolean(&mut self, name: &'static str, truth: bool) {
        self.one(name, || Value::Boolean(truth));
    }

    fn text(&mut self, name: &'static str, text: &str) {
        self.one(name, || Value::text(text.to_owned()));
    }
}

/// The wanted attributes of `queue`, as a client that knows this server as `authority` is told.
pub(crate) fn attributes(port: &Port, queue: &Queue, address: &Address, wanted: &Wanted) -> Vec<Attribute> {
    let mut to = Collector { wanted, group: "printer-description", out: Vec::with_capacity(160) };
    identity(&mut to, port, queue, address);
    state(&mut to, port, queue);
    abilities(&mut to, port, queue);
    raster(&mut to, queue);
    to.group = "job-template";
    job_template(&mut to, port, queue);
    paper(&mut to, port);
    if wanted.names("media-col-database") {
        let mut all: Vec<_> = media::ALL.iter().map(media::collection).collect();
        all.push(media::custom_collection());
        to.out.push(Attribute { name: "media-col-database".into(), values: all });
    }
    to.out
}

fn identity(to: &mut Collector<'_>, port: &Port, queue: &Queue, address: &Address) {
    let authority = &address.authority;
    let proof = asks_for_proof(queue);
    let page = || Value::uri(format!("http://{authority}/ipp/print/{}", queue.name));
    if proof {
        // A token in the address proves by itself (the client would be asked for a password it does not need).
        let how: &'static [&'static str] = if address.has_token() { &["none"] } else { &["basic"] };
        to.many("printer-uri-supported", || vec![Value::uri(address.of("ipps", queue))]);
        to.keywords("uri-authentication-supported", how);
        to.keywords("uri-security-supported", &["tls"]);
    } else if let Some(scheme) = address.one_scheme(queue) {
        to.many("printer-uri-supported", || vec![Value::uri(address.of(scheme, queue))]);
        to.keywords("uri-authentication-supported", &["requesting-user-name"]);
        to.keyword("uri-security-supported", if scheme == "ipps" { "tls" } else { "none" });
    } else {
        let uris = || ["ipp", "ipps"].map(|scheme| Value::uri(address.of(scheme, queue))).to_vec();
        to.many("printer-uri-supported", uris);
        to.keywords("uri-authentication-supported", &["requesting-user-name", "requesting-user-name"]);
        to.keywords("uri-security-supported", &["none", "tls"]);
    }
    to.one("printer-name", || Value::name(queue.name.clone()));
    let info = if queue.description.is_empty() { &queue.name } else { &queue.description };
    to.text("printer-info", clipped(info));
    to.text("printer-location", clipped(&queue.location));
    to.one("printer-geo-location", || Value::Unknown);
    to.text("printer-make-and-model", MODEL);
    to.text("printer-organization", clipped(&port.config.organization));
    to.text("printer-organizational-unit", clipped(&port.config.organizational_unit));
    to.text("printer-device-id", &device_id(queue));
    to.one("printer-uuid", || Value::uri(port.identity.printer(queue)));
    to.one("printer-more-info", page);
    to.one("printer-supply-info-uri", page);
    to.many("printer-icons", || {
        icon::SIZES
            .iter()
            .map(|&size| Value::uri(format!("http://{authority}{}", icon::path(size))))
            .collect()
    });
    to.one("printer-dns-sd-name", || Value::name(queue.name.clone()));
    to.keywords("printer-kind", &["document"]);
}

fn state(to: &mut Collector<'_>, port: &Port, queue: &Queue) {
    let connected = port.queues.borrow().connected;
    let (number, reason, message) = if !connected {
        (5, "connecting-to-device", "The job server is away; documents cannot be taken now.")
    } else if !queue.accepting_jobs {
        (5, "paused", "The queue takes no documents at present.")
    } else {
        (3, "none", "Documents are held until you collect them at a printer.")
    };
    to.one("printer-state", || Value::Enum(number));
    to.keyword("printer-state-reasons", reason);
    to.text("printer-state-message", message);
    to.boolean("printer-is-accepting-jobs", connected && queue.accepting_jobs);
    to.integer("queued-job-count", i32::try_from(queue.held_jobs).unwrap_or(i32::MAX));
    let now = port.now_s();
    let started = port.started_s();
    to.integer("printer-up-time", as_seconds(now));
    to.one("printer-current-time", || Value::DateTime(DateTime::from_unix(now, 0)));
    to.integer("printer-state-change-time", as_seconds(started));
    to.one("printer-state-change-date-time", || Value::DateTime(DateTime::from_unix(started, 0)));
    to.integer("printer-config-change-time", as_seconds(started));
    to.one("printer-config-change-date-time", || Value::DateTime(DateTime::from_unix(started, 0)));
    // A queue has no toner; a driverless client wants the pair of attributes all the same (PWG 5100.14).
    to.one("printer-supply", || {
        Value::OctetString(
            "type=other;maxcapacity=-2;level=-2;index=1;class=other;unit=other;colorantname=unknown;"
                .as_bytes()
                .into(),
        )
    });
    to.text("printer-supply-description", "Supplies are those of the printer you collect at");
}

fn abilities(to: &mut Collector<'_>, port: &Port, queue: &Queue) {
    to.keywords("ipp-versions-supported", &["1.1", "2.0", "2.1"]);
    to.keywords("ipp-features-supported", &["ipp-everywhere", "airprint-1.7"]);
    to.many("operations-supported", || {
        operation::SUPPORTED.iter().map(|operation| Value::Enum(i32::from(operation.code()))).collect()
    });
    to.one("charset-configured", || Value::Charset("utf-8".into()));
    to.many("charset-supported", || {
        ["utf-8", "us-ascii"].into_iter().map(|charset| Value::Charset(charset.into())).collect()
    });
    to.one("natural-language-configured", || Value::NaturalLanguage("en".into()));
    to.one("generated-natural-language-supported", || Value::NaturalLanguage("en".into()));
    to.one("document-format-default", || Value::mime(FORMATS[0]));
    to.many("document-format-supported", || FORMATS.into_iter().map(Value::mime).collect());
    to.keywords("compression-supported", &["none", "gzip", "deflate"]);
    to.keyword("pdl-override-supported", "attempted");
    to.boolean("color-supported", queue.color);
    to.integer("pages-per-minute", PAGES_PER_MINUTE);
    if queue.color {
        to.integer("pages-per-minute-color", PAGES_PER_MINUTE);
    }
    to.boolean("multiple-document-jobs-supported", false);
    to.integer(
        "multiple-operation-time-out",
        i32::try_from(port.config.job_open_limit_s).unwrap_or(i32::MAX),
    );
    to.keyword("multiple-operation-time-out-action", "abort-job");
    to.one("job-k-octets-supported", || {
        Value::Range(0, i32::try_from(port.config.document_bytes_max / 1024).unwrap_or(i32::MAX))
    });
    to.boolean("job-ids-supported", true);
    to.boolean("preferred-attributes-supported", false);
    to.keywords("which-jobs-supported", operation::WHICH_JOBS);
    to.keywords("identify-actions-supported", &["display"]);
    to.keyword("identify-actions-default", "display");
    to.keywords("printer-get-attributes-supported", &["document-format"]);
    to.keyword("job-settable-attributes-supported", "none");
    to.keyword("printer-settable-attributes-supported", "none");
    to.many("job-creation-attributes-supported", || {
        template::names().chain(["ipp-attribute-fidelity", "job-name"]).map(Value::keyword).collect()
    });
    to.boolean("job-account-id-supported", true);
    to.boolean("job-accounting-user-id-supported", true);
    to.keywords("overrides-supported", &["document-number", "pages"]);
    to.many("printer-input-tray", || {
        let tray = "type=other;mediafeed=0;mediaxfeed=0;maxcapacity=-2;level=-2;status=0;name=auto;";
        vec![Value::OctetString(tray.as_bytes().into())]
    });
    to.keywords("notify-events-default", &["job-completed"]);
    to.keywords("notify-events-supported", subscription::EVENTS);
    to.integer("notify-lease-duration-default", subscription::LEASE_DEFAULT_S);
    to.one("notify-lease-duration-supported", || Value::Range(0, subscription::LEASE_MAX_S));
    to.integer("notify-max-events-supported", subscription::EVENTS_PER_SUBSCRIPTION);
    to.keyword("notify-pull-method-supported", "ippget");
    to.integer("ippget-event-life", subscription::EVENT_LIFE_S);
}

fn raster(to: &mut Collector<'_>, queue: &Queue) {
    let types: &[&str] =
        if queue.color { &["black_1", "sgray_8", "srgb_8", "cmyk_8"] } else { &["black_1", "sgray_8"] };
    to.keywords("pwg-raster-document-type-supported", types);
    to.many("pwg-raster-document-resolution-supported", resolutions);
    to.keyword("pwg-raster-document-sheet-back", "normal");
    // AirPrint: raster depths, copies, quality, resolutions and duplex in one list.
    to.many("urf-supported", || Value::keywords(urf(queue)));
    to.keywords(
        "pdf-versions-supported",
        &["adobe-1.3", "adobe-1.4", "adobe-1.5", "adobe-1.6", "iso-32000-1_2008"],
    );
}

/// Values of urf-supported, also told by DNS-SD.
pub(crate) fn urf(queue: &Queue) -> Vec<&'static str> {
    let mut urf = vec!["V1.4", "CP9999", "IS1", "MT1-2-3", "OB10", "PQ3-4-5", "RS300-600", "W8"];
    if queue.color {
        urf.push("SRGB24");
    }
    if queue.duplex {
        urf.push("DM1");
    }
    urf
}

fn job_template(to: &mut Collector<'_>, port: &Port, queue: &Queue) {
    to.integer("copies-default", 1);
    to.one("copies-supported", || Value::Range(1, template::COPIES_MAX));
    to.one("finishings-default", || Value::Enum(3));
    to.one("finishings-supported", || Value::Enum(3));
    to.one("job-account-id-default", || Value::NoValue);
    to.one("job-accounting-user-id-default", || Value::NoValue);
    to.keyword("job-hold-until-default", "indefinite");
    to.keywords("job-hold-until-supported", template::HOLD_UNTIL);
    to.integer("job-priority-default", 50);
    to.integer("job-priority-supported", 100);
    to.keyword("job-sheets-default", "none");
    to.keyword("job-sheets-supported", "none");
    to.keyword("multiple-document-handling-default", template::DOCUMENT_HANDLING[1]);
    to.keywords("multiple-document-handling-supported", template::DOCUMENT_HANDLING);
    to.integer("number-up-default", 1);
    to.integer("number-up-supported", 1);
    to.one("orientation-requested-default", || Value::NoValue);
    to.many("orientation-requested-supported", || [3, 4, 5, 6].map(Value::Enum).to_vec());
    to.keyword("output-bin-default", "auto");
    to.keywords("output-bin-supported", template::OUTPUT_BINS);
    to.boolean("page-ranges-supported", true);
    to.keyword("print-color-mode-default", "auto");
    to.keywords("print-color-mode-supported", template::color_modes(queue));
    to.keyword("print-content-optimize-default", "auto");
    to.keywords("print-content-optimize-supported", template::CONTENT_OPTIMIZE);
    to.one("print-quality-default", || Value::Enum(4));
    to.many("print-quality-supported", || [3, 4, 5].map(Value::Enum).to_vec());
    to.keyword("print-rendering-intent-default", "auto");
    to.keywords("print-rendering-intent-supported", template::RENDERING_INTENT);
    to.keyword("print-scaling-default", "auto");
    to.keywords("print-scaling-supported", template::SCALING);
    to.one("printer-resolution-default", || Value::Resolution(Resolution::dpi(600)));
    to.many("printer-resolution-supported", resolutions);
    to.keyword("sides-default", "one-sided");
    to.keywords("sides-supported", template::sides(queue));
    let default = media::find(&port.config.media_default).unwrap_or(&media::ALL[0]);
    to.keyword("media-default", default.name);
    to.one("media-col-default", || media::collection(default));
}

fn paper(to: &mut Collector<'_>, port: &Port) {
    let default = media::find(&port.config.media_default).unwrap_or(&media::ALL[0]);
    let names = || media::ALL.iter().map(|media| media.name).chain(media::CUSTOM);
    to.many("media-supported", || Value::keywords(names()));
    to.keyword("media-ready", default.name);
    to.keywords("media-col-supported", &media::MEMBERS);
    to.one("media-col-ready", || media::collection(default));
    to.many("media-size-supported", || {
        media::ALL.iter().map(media::size).chain([media::custom_size()]).collect()
    });
    to.keywords("media-source-supported", &media::SOURCES);
    to.keywords("media-type-supported", &media::TYPES);
    for name in [
        "media-bottom-margin-supported",
        "media-left-margin-supported",
        "media-right-margin-supported",
        "media-top-margin-supported",
    ] {
        to.integer(name, media::MARGIN);
    }
}

fn resolutions() -> Vec<Value> {
    template::RESOLUTIONS.map(|dots| Value::Resolution(Resolution::dpi(dots))).to_vec()
}

/// printer-device-id (IEEE 1284).
pub(crate) fn device_id(queue: &Queue) -> String {
    let urf = urf(queue).join(",");
    format!("MFG:Papergate;MDL:Pull Queue;CMD:PDF,PWGRaster,URF,PS,PCL,JPEG;CLS:PRINTER;URF:{urf};")
}

/// text(127) attributes (RFC 8011, section 5.4).
fn clipped(text: &str) -> &str {
    wire::ipp::encode::cut(text, 127)
}

/// An instant as printer-up-time counts it: seconds since the epoch, so that the times of jobs keep
/// their meaning over restarts.
pub(crate) fn as_seconds(unix: i64) -> i32 {
    i32::try_from(unix).unwrap_or(i32::MAX)
}

/// printer-make-and-model.
pub(crate) const MODEL: &str = "Papergate Pull Queue";
/// Nobody knows at which device a document is collected; clients only show the number.
const PAGES_PER_MINUTE: i32 = 30;
