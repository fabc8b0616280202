//! `papergate scheme`: what printing costs.

use clap::{Args, Subcommand};
use domain::Money;
use domain::price::PaperSize;
use rpc::proto::charging as proto;
use serde::Serialize;
use serde_json::json;

use crate::Shell;
use crate::failure::Failure;
use crate::output::{Listed, or_dash, or_null, yes};

#[derive(Debug, Subcommand)]
pub(crate) enum SchemeCommand {
    /// Add a charging scheme
    Add(SchemePrices),
    /// List charging schemes
    List,
    /// Show every price of one scheme
    Show {
        /// Name of the scheme
        name: String,
    },
    /// Change prices of a scheme; what is not named stays
    Edit(SchemePrices),
    /// Delete a scheme, also from the devices that use it
    Delete {
        /// Name of the scheme
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SchemePrices {
    /// Name of the scheme
    name: String,
    /// New name
    #[arg(long, value_name = "NAME")]
    rename: Option<String>,
    /// Free text
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Start-up cost of a print
    #[arg(long, value_name = "AMOUNT")]
    print_job: Option<Money>,
    /// Prices of prints on a paper: A3, A4, Executive, Letter, Legal, Ledger, Other, or all; "A4=-" takes it out
    #[arg(long, value_name = "PAPER=SHEET,MONO,COLOR")]
    print: Vec<String>,
    /// Start-up cost of a copy
    #[arg(long, value_name = "AMOUNT")]
    copy_job: Option<Money>,
    /// Prices of copies on a paper, as --print
    #[arg(long, value_name = "PAPER=SHEET,MONO,COLOR")]
    copy: Vec<String>,
    /// Prices of a fax
    #[arg(long, value_name = "JOB,PAGE")]
    fax: Option<String>,
    /// Prices of a scan
    #[arg(long, value_name = "JOB,PAGE")]
    scan: Option<String>,
    /// Prices of an e-mail
    #[arg(long, value_name = "JOB,PAGE")]
    email: Option<String>,
    /// Whether the name of a document may set its price (JobNamePricing.txt)
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    job_name_pricing: Option<bool>,
    /// New devices get it as their first scheme
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    default_1: Option<bool>,
    /// New devices get it as their second scheme
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    default_2: Option<bool>,
}

pub(crate) async fn run(shell: &mut Shell<'_>, command: SchemeCommand) -> Result<(), Failure> {
    let mut charging = shell.reach.charging().await?;
    match command {
        SchemeCommand::Add(prices) => {
            let mut scheme = proto::Scheme { name: prices.name.clone(), ..proto::Scheme::default() };
            prices.apply(&mut scheme)?;
            let added = charging.scheme_add(scheme).await?;
            shell.output.show(&Scheme::from(added.into_inner()))
        }
        SchemeCommand::Edit(prices) => {
            let request = proto::SchemeShowRequest { name: prices.name.clone() };
            let mut scheme = charging.scheme_show(request).await?.into_inner();
            prices.apply(&mut scheme)?;
            let saved = charging.scheme_save(scheme).await?;
            shell.output.show(&Scheme::from(saved.into_inner()))
        }
        SchemeCommand::List => {
            let answer = charging.scheme_list(proto::SchemeListRequest {}).await?.into_inner();
            let mut listing = shell.output.list::<Scheme>();
            for scheme in answer.schemes {
                listing.row(&Scheme::from(scheme))?;
            }
            listing.finish()
        }
        SchemeCommand::Show { name } => {
            let scheme = charging.scheme_show(proto::SchemeShowRequest { name }).await?;
            shell.output.show(&Scheme::from(scheme.into_inner()))
        }
        SchemeCommand::Delete { name } => {
            charging.scheme_delete(proto::SchemeDeleteRequest { name: name.clone() }).await?;
            shell.output.done(&format!("scheme '{name}' is deleted"), &json!({ "deleted": name }))
        }
    }
}

impl SchemePrices {
    fn apply(self, scheme: &mut proto::Scheme) -> Result<(), Failure> {
        if let Some(name) = self.rename {
            scheme.name = name;
        }
        if let Some(description) = self.description {
            scheme.description = description;
        }
        let print = scheme.print.get_or_insert_default();
        print.job = self.print_job.map_or(print.job, |amount| amount.0);
        sizes(print, &self.print)?;
        let copy = scheme.copy.get_or_insert_default();
        copy.job = self.copy_job.map_or(copy.job, |amount| amount.0);
        sizes(copy, &self.copy)?;
        for (text, prices) in
            [(self.fax, &mut scheme.fax), (self.scan, &mut scheme.scan), (self.email, &mut scheme.email)]
        {
            if let Some(text) = text {
                let [job, page] = amounts(&text)?;
                *prices = Some(proto::DocumentPrices { job, page });
            }
        }
        scheme.job_name_pricing = self.job_name_pricing.unwrap_or(scheme.job_name_pricing);
        scheme.default_one = self.default_1.unwrap_or(scheme.default_one);
        scheme.default_two = self.default_2.unwrap_or(scheme.default_two);
        Ok(())
    }
}

fn sizes(prices: &mut proto::PagePrices, texts: &[String]) -> Result<(), Failure> {
    for text in texts {
        let wrong = || Failure::Usage(format!("'{text}' is not like A4=0.05,0.10,0.30"));
        let (paper, of) = text.split_once('=').ok_or_else(wrong)?;
        let papers: Vec<PaperSize> = match paper {
            "all" => PaperSize::ALL.to_vec(),
            paper => vec![PaperSize::parse(paper).ok_or_else(wrong)?],
        };
        for paper in papers {
            prices.sizes.retain(|size| size.paper != paper.name());
            if of == "-" {
                continue;
            }
            let [sheet, mono, color] = amounts(of)?;
            prices.sizes.push(proto::SizePrices { paper: paper.name().to_owned(), sheet, mono, color });
        }
    }
    Ok(())
}

fn amounts<const N: usize>(text: &str) -> Result<[i64; N], Failure> {
    let wrong = |why: &dyn std::fmt::Display| Failure::Usage(format!("'{text}' are not {N} amounts: {why}"));
    let parts: Vec<i64> = text
        .split(',')
        .map(|part| part.trim().parse::<Money>().map(|amount| amount.0).map_err(|error| wrong(&error)))
        .collect::<Result<_, _>>()?;
    <[i64; N]>::try_from(parts).map_err(|parts| wrong(&format!("there are {}", parts.len())))
}

/// A scheme, as scripts see one. Amounts are text, exact to four decimals.
#[derive(Debug, Serialize)]
pub(crate) struct Scheme {
    id: i64,
    name: String,
    description: Option<String>,
    job_name_pricing: bool,
    print: Pages,
    copy: Pages,
    fax: Document,
    scan: Document,
    email: Document,
    default_1: bool,
    default_2: bool,
}

#[derive(Debug, Serialize)]
struct Pages {
    job: String,
    papers: std::collections::BTreeMap<String, Size>,
}

#[derive(Debug, Serialize)]
struct Size {
    sheet: String,
    mono: String,
    color: String,
}

#[derive(Debug, Serialize)]
struct Document {
    job: String,
    page: String,
}

fn amount(amount: i64) -> String {
    Money(amount).to_string()
}

impl From<proto::Scheme> for Scheme {
    fn from(scheme: proto::Scheme) -> Self {
        let pages = |prices: Option<proto::PagePrices>| {
            let prices = prices.unwrap_or_default();
            let papers = prices.sizes.into_iter().map(|size| {
                let of =
                    Size { sheet: amount(size.sheet), mono: amount(size.mono), color: amount(size.color) };
                (size.paper, of)
            });
            Pages { job: amount(prices.job), papers: papers.collect() }
        };
        let document = |prices: Option<proto::DocumentPrices>| {
            let prices = prices.unwrap_or_default();
            Document { job: amount(prices.job), page: amount(prices.page) }
        };
        Self {
            id: scheme.id,
            name: scheme.name,
            description: or_null(scheme.description),
            job_name_pricing: scheme.job_name_pricing,
            print: pages(scheme.print),
            copy: pages(scheme.copy),
            fax: document(scheme.fax),
            scan: document(scheme.scan),
            email: document(scheme.email),
            default_1: scheme.default_one,
            default_2: scheme.default_two,
        }
    }
}

impl Listed for Scheme {
    const COLUMNS: &'static [&'static str] =
        &["NAME", "PRINT JOB", "A4 SHEET", "A4 MONO", "A4 COLOR", "BY NAME", "DEFAULT", "DESCRIPTION"];

    fn cells(&self) -> Vec<String> {
        let a4 = self.print.papers.get("A4").or(self.print.papers.get("Other"));
        let of = |part: fn(&Size) -> &String| a4.map_or_else(|| "-".to_owned(), |size| part(size).clone());
        let default = match (self.default_1, self.default_2) {
            (true, true) => "1 and 2",
            (true, false) => "1",
            (false, true) => "2",
            (false, false) => "-",
        };
        vec![
            self.name.clone(),
            self.print.job.clone(),
            of(|size| &size.sheet),
            of(|size| &size.mono),
            of(|size| &size.color),
            yes(self.job_name_pricing),
            default.to_owned(),
            or_dash(self.description.as_deref().unwrap_or_default()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prices() -> proto::PagePrices {
        let mut prices = proto::PagePrices::default();
        sizes(&mut prices, &["all=0.05,0.10,0.30".into(), "a3=0.10,0.20,0.60".into(), "Legal=-".into()])
            .unwrap();
        prices
    }

    #[test]
    fn prices_are_written_as_paper_and_three_amounts() {
        let prices = prices();
        assert_eq!(prices.sizes.len(), 6);
        let a3 = prices.sizes.iter().find(|size| size.paper == "A3").unwrap();
        assert_eq!((a3.sheet, a3.mono, a3.color), (1_000, 2_000, 6_000));
        assert!(prices.sizes.iter().all(|size| size.paper != "Legal"));
    }

    #[test]
    fn what_is_no_price_is_a_usage_error() {
        for wrong in [
            "A4",
            "A9=1,1,1",
            "A4=1,1",
            "A4=1,1,1,1",
            "A4=1,x,1",
            "A4=0.00001,1,1",
            "A4=9999999999999999,1,1",
        ] {
            let refused = sizes(&mut proto::PagePrices::default(), &[wrong.to_owned()]);
            assert!(matches!(refused, Err(Failure::Usage(_))), "{wrong}");
        }
    }
}
