//! `papergate user export`: users, aliases or ID codes in a file, with the guide's names.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use rpc::proto::people as proto;

use crate::Shell;
use crate::failure::Failure;

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum What {
    /// Everybody with properties, codes, aliases and groups
    Users,
    /// Aliases
    Aliases,
    /// Cards and ID codes as they are
    Codes,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Format {
    /// A line a row; of users only the first alias, card and group
    Csv,
    /// Everything
    Xml,
    /// As csv, parted by tabulators, without a first line of names
    Txt,
}

#[derive(Args, Debug)]
pub(crate) struct UserExport {
    /// What to export
    #[arg(value_enum)]
    what: What,
    /// How it is written
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    /// Of ID codes only those that end (true) or do not (false)
    #[arg(long, value_name = "true|false")]
    temporary: Option<bool>,
    /// File to write, for its owner only; standard output without
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Names and values of one object; those of a list within it are only written as XML.
#[derive(Debug, Default)]
struct Row {
    fields: Vec<(&'static str, String)>,
    lists: Vec<(&'static str, Vec<Row>)>,
}

pub(crate) async fn run(shell: &mut Shell<'_>, arguments: UserExport) -> Result<(), Failure> {
    let rows = match arguments.what {
        What::Users => users(shell).await?,
        What::Aliases => aliases(shell).await?,
        What::Codes => codes(shell, arguments.temporary).await?,
    };
    let text = match (arguments.format, arguments.what) {
        (Format::Xml, What::Users) => xml("UserList", "User", &rows),
        (Format::Xml, What::Aliases) => xml("AliasList", "Alias", &rows),
        (Format::Xml, What::Codes) => xml("CardList", "Card", &rows),
        (Format::Csv, what) => table(&rows, names(what), b',')?,
        (Format::Txt, _) => table(&rows, &[], b'\t')?,
    };
    match arguments.output {
        None => shell.output.text(&text),
        Some(path) => {
            use std::os::unix::fs::OpenOptionsExt as _;
            let what = || format!("write {}", path.display());
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create(true).truncate(true).mode(0o600);
            let mut file = options.open(&path).map_err(Failure::io(what()))?;
            file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(Failure::io(what()))
        }
    }
}

/// The first line of a CSV file, so that one without rows has it too.
fn names(what: What) -> &'static [&'static str] {
    match what {
        What::Users => &[
            "UserID",
            "UserLogon",
            "FullName",
            "HomeServer",
            "EMail",
            "Description",
            "UserNodeID",
            "CostCode",
            "LoginsFailed",
            "UserLocked",
            "AvoidPINCode",
            "AllowRetainDocuments",
            "EnableBillingDialog",
            "PrintAll",
            "AccountingModel",
            "PUKCode",
            "AliasName",
            "CardNo",
            "GroupID",
        ],
        What::Aliases => &["UserLogon", "FullName", "Alias"],
        What::Codes => &["UserLogon", "FullName", "CardNo"],
    }
}

fn yes_no(value: bool) -> String {
    if value { "Yes" } else { "No" }.to_owned()
}

/// Date and time of an instant in local time; empty for none.
fn date_time(us: i64) -> (String, String) {
    match crate::time::local(us).split_once(' ') {
        Some((date, time)) => (date.to_owned(), time.to_owned()),
        None => (String::new(), String::new()),
    }
}

async fn users(shell: &mut Shell<'_>) -> Result<Vec<Row>, Failure> {
    let mut people = shell.reach.people_with(crate::reach::Patience::Unlimited).await?;
    let mut pages = people.user_export(proto::ExportRequest { after_id: 0 }).await?.into_inner();
    let mut rows = Vec::new();
    while let Some(page) = pages.message().await? {
        rows.extend(page.users.into_iter().map(user));
    }
    Ok(rows)
}

fn user(exported: proto::UserExport) -> Row {
    let user = exported.user.unwrap_or_default();
    let profile = user.profile.unwrap_or_default();
    let billing = domain::people::Billing::parse(&profile.billing).unwrap_or_default().as_export();
    let cost =
        domain::people::CostControl::parse(&profile.cost_control).unwrap_or_default().accounting_model();
    let fields = vec![
        ("UserID", user.id.to_string()),
        ("UserLogon", user.logon),
        ("FullName", user.full_name),
        ("HomeServer", profile.home_server),
        ("EMail", user.email),
        ("Description", user.description),
        ("UserNodeID", exported.unit_id.to_string()),
        ("CostCode", user.cost_code),
        ("LoginsFailed", user.failed_logins.to_string()),
        ("UserLocked", yes_no(user.prevent_login)),
        ("AvoidPINCode", yes_no(profile.login_without_pin)),
        ("AllowRetainDocuments", yes_no(profile.allow_retain)),
        ("EnableBillingDialog", billing.to_owned()),
        ("PrintAll", yes_no(user.print_all_at_login)),
        ("AccountingModel", cost.to_owned()),
        ("PUKCode", exported.puk),
    ];
    let groups = exported.groups.into_iter().map(|group| Row {
        fields: vec![
            ("GroupID", group.id.to_string()),
            ("GroupName", group.name),
            ("GroupDescription", group.description),
        ],
        lists: vec![],
    });
    let cards = exported.codes.into_iter().map(card);
    let aliases = exported.aliases.into_iter().map(|alias| Row {
        fields: vec![("AliasID", alias.id.to_string()), ("AliasName", alias.alias)],
        lists: vec![],
    });
    let lists =
        vec![("Group", groups.collect()), ("Card", cards.collect()), ("Alias", aliases.collect::<Vec<_>>())];
    Row { fields, lists }
}

fn card(code: proto::IdCode) -> Row {
    let (start_date, start_time) = date_time(code.starts_us);
    let (end_date, end_time) = date_time(code.ends_us);
    Row {
        fields: vec![
            ("CardID", code.id.to_string()),
            ("CardNo", code.code),
            ("SourceID", code.source_id.to_string()),
            ("TemporaryCard", yes_no(code.temporary)),
            ("StartDate", start_date),
            ("StartTime", start_time),
            ("EndDate", end_date),
            ("EndTime", end_time),
        ],
        lists: vec![],
    }
}

async fn aliases(shell: &mut Shell<'_>) -> Result<Vec<Row>, Failure> {
    let request = proto::AliasListRequest { logon: String::new() };
    let mut pages = shell.reach.people().await?.alias_list(request).await?.into_inner();
    let mut rows = Vec::new();
    while let Some(page) = pages.message().await? {
        rows.extend(page.aliases.into_iter().map(|alias| Row {
            fields: vec![("UserLogon", alias.logon), ("FullName", alias.full_name), ("Alias", alias.alias)],
            lists: vec![],
        }));
    }
    Ok(rows)
}

async fn codes(shell: &mut Shell<'_>, temporary: Option<bool>) -> Result<Vec<Row>, Failure> {
    let request = proto::CodeRevealRequest { logon: String::new(), temporary, export: true };
    let mut pages = shell.reach.people().await?.code_reveal(request).await?.into_inner();
    let mut rows = Vec::new();
    while let Some(page) = pages.message().await? {
        rows.extend(page.codes.into_iter().map(|code| Row {
            fields: vec![("UserLogon", code.logon), ("FullName", code.full_name), ("CardNo", code.code)],
            lists: vec![],
        }));
    }
    Ok(rows)
}

/// One line a row. A table has no lists: of each the first object's first telling name is written.
fn table(rows: &[Row], names: &[&str], separator: u8) -> Result<String, Failure> {
    let mut writer = csv::WriterBuilder::new().delimiter(separator).flexible(true).from_writer(Vec::new());
    let failed = |error: csv::Error| Failure::Usage(format!("a row cannot be written: {error}"));
    if !names.is_empty() {
        writer.write_record(names).map_err(failed)?;
    }
    for row in rows {
        let first = |list: &str, name: &str| {
            let of = row.lists.iter().find(|(kind, _)| *kind == list).and_then(|(_, rows)| rows.first());
            let value = of.and_then(|row| row.fields.iter().find(|(field, _)| *field == name));
            value.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let mut values: Vec<String> = row.fields.iter().map(|(_, value)| value.clone()).collect();
        if !row.lists.is_empty() {
            values.extend([first("Alias", "AliasName"), first("Card", "CardNo"), first("Group", "GroupID")]);
        }
        writer.write_record(&values).map_err(failed)?;
    }
    let bytes =
        writer.into_inner().map_err(|error| Failure::Usage(format!("a row cannot be written: {error}")))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn xml(list: &str, object: &str, rows: &[Row]) -> String {
    fn put(text: &mut String, object: &str, row: &Row, depth: usize) {
        let indent = "  ".repeat(depth);
        text.push_str(&format!("{indent}<{object}>\n"));
        for (name, value) in &row.fields {
            text.push_str(&format!("{indent}  <{name}>{}</{name}>\n", escaped(value)));
        }
        for (name, rows) in &row.lists {
            rows.iter().for_each(|row| put(text, name, row, depth + 1));
        }
        text.push_str(&format!("{indent}</{object}>\n"));
    }
    let mut text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{list}>\n");
    rows.iter().for_each(|row| put(&mut text, object, row, 1));
    text.push_str(&format!("</{list}>\n"));
    text
}

/// Text of an element; what XML 1.0 cannot carry is left out.
fn escaped(value: &str) -> String {
    value.chars().filter(|character| !character.is_control()).fold(String::new(), |mut text, character| {
        match character {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '\u{fffe}' | '\u{ffff}' => {}
            _ => text.push(character),
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exported() -> Row {
        user(proto::UserExport {
            user: Some(rpc::proto::jobserver::User {
                id: 7,
                logon: "JS".into(),
                full_name: "Smith <\"J\">, John".into(),
                profile: Some(rpc::proto::jobserver::Profile {
                    billing: "restricted".into(),
                    cost_control: "pay".into(),
                    allow_retain: true,
                    ..Default::default()
                }),
                ..Default::default()
            }),
            codes: ["0457", "0458"]
                .map(|code| proto::IdCode { code: code.into(), ..Default::default() })
                .into(),
            aliases: vec![proto::Alias { alias: "JSmith".into(), ..Default::default() }],
            groups: vec![proto::Group { id: 3, name: "Sales & more".into(), ..Default::default() }],
            puk: "12345678".into(),
            unit_id: 9,
        })
    }

    #[test]
    fn usr_18_users_are_exported_with_the_guides_names() {
        let csv = table(&[exported()], names(What::Users), b',').unwrap();
        let mut lines = csv.lines();
        assert!(lines.next().unwrap().starts_with("UserID,UserLogon,FullName,HomeServer,EMail"));
        assert_eq!(
            lines.next().unwrap(),
            "7,JS,\"Smith <\"\"J\"\">, John\",,,,9,,0,No,No,Yes,Yes_Restrict,No,PAY_AND_PRINT,12345678,JSmith,0457,3"
        );
        assert_eq!(names(What::Users).len(), exported().fields.len() + 3);
        let xml = xml("UserList", "User", &[exported()]);
        for part in [
            "<FullName>Smith &lt;\"J\"&gt;, John</FullName>",
            "<CardNo>0457</CardNo>",
            "<CardNo>0458</CardNo>",
            "<AliasName>JSmith</AliasName>",
            "<GroupName>Sales &amp; more</GroupName>",
            "<AccountingModel>PAY_AND_PRINT</AccountingModel>",
        ] {
            assert!(xml.contains(part), "{part} is missing in {xml}");
        }
    }
}
