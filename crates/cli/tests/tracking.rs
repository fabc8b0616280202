//! `papergate tracking` against a real trackingserver.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use rpc::proto::trackingserver as proto;
use rpc::proto::trackingserver::tracking_client::TrackingClient;
use serde_json::Value;
use service::Context;
use tempfile::TempDir;

/// 2026-01-01 00:00 UTC.
const NEW_YEAR: i64 = 1_767_225_600_000_000;
const DAY: i64 = 86_400_000_000;

/// A trackingserver with ten records, one a day, in a directory of its own.
struct Story {
    directory: TempDir,
    context: Context<trackingserver::Config>,
}

struct Said {
    code: u8,
    out: String,
    err: String,
}

impl Story {
    async fn begin() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let context =
            Context::for_test("trackingserver", trackingserver::Config::default(), directory.path());
        trackingserver::start(context.clone()).await.unwrap();
        let records = (0..10).map(record).collect();
        let mut client = TrackingClient::new(context.peer("trackingserver"));
        client.record(proto::RecordRequest { records }).await.unwrap();
        Self { directory, context }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Runs `papergate --data DIR WORDS...` as another process would: on a thread of its own.
    async fn papergate(&self, words: &[&str]) -> Said {
        let mut all: Vec<OsString> = vec!["papergate".into(), "--data".into(), self.directory.path().into()];
        all.extend(words.iter().map(OsString::from));
        let run = move || {
            let (mut out, mut err) = (Vec::new(), Vec::new());
            let code = cli::run(all, &mut out, &mut err);
            Said { code, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
        };
        tokio::task::spawn_blocking(run).await.unwrap()
    }

    async fn done(&self, words: &[&str]) -> String {
        let said = self.papergate(words).await;
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{words:?}");
        said.out
    }

    async fn end(self) {
        self.context.stop.ask();
        self.context.tasks.close();
        self.context.tasks.wait().await;
    }
}

fn record(day: i64) -> proto::Record {
    proto::Record {
        tracking_id: format!("id-{day}"),
        start_us: NEW_YEAR + day * DAY,
        stop_us: NEW_YEAR + day * DAY,
        tracking_page_count: day,
        job_name: format!("letter; {day}"),
        user_logon: if day % 2 == 0 { "anna" } else { "ben" }.into(),
        job_price: 18_500,
        job_type: proto::record::JobType::Pull.into(),
        ..proto::Record::default()
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_listed_for_people_and_for_scripts() {
    let story = Story::begin().await;
    let table = story.done(&["tracking", "list", "--user", "anna", "--limit", "2"]).await;
    assert_eq!(table.lines().count(), 3, "{table}");
    assert!(table.starts_with("STOPPED") && table.contains("letter; 2"), "{table}");
    let json: Value = serde_json::from_str(&story.done(&["--json", "tracking", "list"]).await).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 10);
    assert_eq!(json[1]["price"], "1.85");
    assert_eq!(json[1]["stopped"], "2026-01-02T00:00:00.000000Z");
    let period =
        ["tracking", "list", "--json", "--from", "2026-01-03T00:00:00Z", "--to", "2026-01-05T00:00:00Z"];
    let json: Value = serde_json::from_str(&story.done(&period).await).unwrap();
    assert_eq!(json.as_array().unwrap().iter().map(|row| &row["pages"]).collect::<Vec<_>>(), [2, 3]);
    story.end().await;
}

/// TRK-6.
#[tokio::test(flavor = "multi_thread")]
async fn an_export_goes_to_standard_output_or_whole_into_a_file() {
    let story = Story::begin().await;
    let csv = story.done(&["tracking", "export", "--separator", ";"]).await;
    assert!(csv.starts_with("TrackingID;ComputerName;"), "{csv}");
    assert!(csv.contains(";\"letter; 3\";"), "{csv}");
    let json: Value =
        serde_json::from_str(&story.done(&["tracking", "export", "--format", "json"]).await).unwrap();
    assert_eq!((&json[9]["TrackingPageCount"], &json[9]["JobPrice"]), (&9.into(), &1.85.into()));

    let path = story.file("export.txt");
    let name = path.to_str().unwrap();
    let said = story
        .done(&[
            "tracking",
            "export",
            "--format",
            "txt",
            "--separator",
            "tab",
            "--label",
            "may",
            "--output",
            name,
        ])
        .await;
    assert_eq!(said, format!("10 records are in {name}\n"));
    assert_eq!(read(&path).lines().count(), 10);
    assert!(read(&path).lines().all(|line| line.split('\t').nth(2) == Some("may")));
    let schema = read(&story.file("export.sch"));
    assert!(schema.starts_with("[export.txt]\r\nColNameHeader=False\r\nFormat=TabDelimited\r\n"), "{schema}");
    assert!(!story.file("export.txt.part").exists());

    let refused = story.papergate(&["tracking", "export", "--separator", "1"]).await;
    assert_eq!((refused.code, refused.out.as_str()), (1, ""));
    assert!(refused.err.starts_with("papergate: refused (1): a separator"), "{}", refused.err);
    let nowhere = story.papergate(&["tracking", "export", "--output", "/nonexistent/file"]).await;
    assert_eq!(nowhere.code, 1, "{}", nowhere.err);
    story.end().await;
}

/// TRK-6.
#[tokio::test(flavor = "multi_thread")]
async fn a_delete_keeps_what_it_deletes_in_a_file() {
    let story = Story::begin().await;
    assert_eq!(story.papergate(&["tracking", "delete"]).await.code, 2, "nothing is named");
    let path = story.file("old.xml");
    let until = ["tracking", "delete", "--to", "2026-01-04T00:00:00Z", "--format", "xml", "--output"];
    let words: Vec<&str> = until.into_iter().chain(path.to_str()).collect();
    assert_eq!(story.done(&words).await, "3 records are deleted\n");
    assert_eq!(read(&path).matches("<TrackingID>").count(), 3);

    // The file cannot be written: nothing is deleted.
    let words = ["tracking", "delete", "--all", "--output", "/nonexistent/file"];
    assert_eq!(story.papergate(&words).await.code, 1);
    assert_eq!(story.done(&["tracking", "list"]).await.lines().count(), 1 + 7);

    let csv = story.done(&["tracking", "delete", "--user", "anna"]).await;
    assert_eq!(csv.lines().count(), 1 + 3, "standard output is the file: {csv}");
    let json = story.done(&["tracking", "delete", "--all", "--no-export", "--json"]).await;
    assert_eq!(json, "{\"deleted\":4}\n");
    assert_eq!(story.done(&["tracking", "list", "--json"]).await, "[]\n");
    story.end().await;
}

/// TRK-8, TRK-10, TRK-5.
#[tokio::test(flavor = "multi_thread")]
async fn statistics_add_up_and_page() {
    let story = Story::begin().await;
    let deleted = proto::Record {
        tracking_id: "deleted".into(),
        deleted_by: proto::record::DeletedBy::User.into(),
        ..record(4)
    };
    let copied = proto::Record {
        tracking_id: "copied".into(),
        job_type: proto::record::JobType::Copy.into(),
        job_is_duplex: true,
        interrupted: true,
        device_name: "mfp".into(),
        billing_code: "C1".into(),
        ..record(5)
    };
    let mut client = TrackingClient::new(story.context.peer("trackingserver"));
    client.record(proto::RecordRequest { records: vec![deleted, copied] }).await.unwrap();
    let json = async |words: &[&str]| -> Value {
        let words: Vec<&str> =
            ["--json", "tracking", "stats"].into_iter().chain(words.iter().copied()).collect();
        serde_json::from_str(&story.done(&words).await).unwrap()
    };
    let main = json(&["main"]).await;
    assert_eq!(
        (&main["completed"], &main["interrupted"], &main["total"]),
        (&10.into(), &1.into(), &11.into())
    );
    assert_eq!((&main["summary"]["pages"], &main["job_types"]["copy"]["pages"]), (&50.into(), &5.into()));
    assert_eq!((&main["ratios"]["pull"], &main["ratios"]["duplex"]), (&90.91.into(), &9.09.into()));
    assert_eq!(main["load"].as_array().unwrap().len(), 10);
    assert_eq!((&main["saved"]["pages"], &main["saved"]["by_user"]["jobs"]), (&4.into(), &1.into()));
    let some = json(&["main", "--from", "2026-01-03T00:00:00Z", "--to", "2026-01-05T00:00:00Z"]).await;
    assert_eq!((&some["summary"]["pages"], &some["load"][0]["jobs"]), (&5.into(), &1.into()));
    let table = story.done(&["tracking", "stats", "main"]).await;
    assert!(table.starts_with("11 jobs: 10 completed, 1 failed or interrupted\n"), "{table}");

    let users = json(&["users", "--sort", "pages"]).await;
    let seen = |rows: &Value, name: &str| -> Vec<(String, i64)> {
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| (row[name].as_str().unwrap().to_owned(), row["pages"].as_i64().unwrap())).collect()
    };
    assert_eq!(seen(&users, "user"), [("ben".to_owned(), 30), ("anna".to_owned(), 20)]);
    assert_eq!(
        seen(&json(&["users", "--skip", "1", "--limit", "1"]).await, "user"),
        [("ben".to_owned(), 30)]
    );
    assert_eq!(seen(&json(&["users", "Anna"]).await, "user"), [("anna".to_owned(), 20)]);
    assert_eq!(json(&["devices"]).await[0]["copy_pages"], 5);
    assert_eq!(
        seen(&json(&["billing", "--include", "interrupted"]).await, "billing_code"),
        [("C1".to_owned(), 5)]
    );

    let jobs = json(&["jobs", "--sort", "pages", "--limit", "3"]).await;
    let ids: Vec<&str> =
        jobs.as_array().unwrap().iter().map(|job| job["tracking_id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["id-9", "id-8", "id-7"]);
    assert_eq!(json(&["show", "copied"]).await["job_type"], "copy");
    let nothing = story.papergate(&["tracking", "stats", "show", "nothing"]).await;
    assert_eq!(nothing.code, 1, "{}", nothing.err);
    let server = json(&["server", "--from", "2026-01-01T00:00:00Z"]).await;
    let what =
        |name: &str| server.as_array().unwrap().iter().find(|row| row["what"] == name).unwrap().clone();
    assert_eq!((&what("pull")["jobs"], &what("deleted-by-user")["pages"]), (&10.into(), &4.into()));
    story.end().await;
}
