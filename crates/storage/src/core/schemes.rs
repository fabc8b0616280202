//! Charging schemes.

use diesel::prelude::*;
use domain::Money;
use domain::price::{DocumentPrices, PagePrices, PaperSize, Scheme, SizePrices};

use super::charge_schema::{scheme_prices, schemes};
use super::{CoreStore, corrupt};
use crate::dialect::insert_returning;
use crate::{AnyConnection, StoreResult};

/// A stored scheme.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredScheme {
    /// Id in the store.
    pub id: i64,
    /// Its prices.
    pub scheme: Scheme,
    /// New devices get it as their first scheme.
    pub default_one: bool,
    /// New devices get it as their second scheme.
    pub default_two: bool,
}

const PRINT: &str = "print";
const COPY: &str = "copy";

#[derive(AsChangeset, Insertable)]
#[diesel(table_name = schemes)]
struct SchemeRow<'a> {
    name: &'a str,
    name_key: String,
    description: &'a str,
    job_name_pricing: bool,
    print_job: i64,
    copy_job: i64,
    fax_job: i64,
    fax_page: i64,
    scan_job: i64,
    scan_page: i64,
    email_job: i64,
    email_page: i64,
    default_one: bool,
    default_two: bool,
}

#[derive(Queryable)]
struct LoadedScheme {
    id: i64,
    name: String,
    _name_key: String,
    description: String,
    job_name_pricing: bool,
    print_job: i64,
    copy_job: i64,
    fax_job: i64,
    fax_page: i64,
    scan_job: i64,
    scan_page: i64,
    email_job: i64,
    email_page: i64,
    default_one: bool,
    default_two: bool,
}

type PriceRow = (i64, String, String, i64, i64, i64);

impl<'a> SchemeRow<'a> {
    fn new(stored: &'a StoredScheme) -> Self {
        let scheme = &stored.scheme;
        Self {
            name: &scheme.name,
            name_key: domain::text::fold(&scheme.name),
            description: &scheme.description,
            job_name_pricing: scheme.job_name_pricing,
            print_job: scheme.print.job.0,
            copy_job: scheme.copy.job.0,
            fax_job: scheme.fax.job.0,
            fax_page: scheme.fax.page.0,
            scan_job: scheme.scan.job.0,
            scan_page: scheme.scan.page.0,
            email_job: scheme.email.job.0,
            email_page: scheme.email.page.0,
            default_one: stored.default_one,
            default_two: stored.default_two,
        }
    }
}

impl LoadedScheme {
    fn into_scheme(self, prices: &[PriceRow]) -> StoreResult<StoredScheme> {
        let document = |job, page| DocumentPrices { job: Money(job), page: Money(page) };
        let mut scheme = Scheme {
            name: self.name,
            description: self.description,
            job_name_pricing: self.job_name_pricing,
            print: PagePrices::new(Money(self.print_job)),
            copy: PagePrices::new(Money(self.copy_job)),
            fax: document(self.fax_job, self.fax_page),
            scan: document(self.scan_job, self.scan_page),
            email: document(self.email_job, self.email_page),
        };
        for (_, used, paper, sheet, mono, color) in prices.iter().filter(|row| row.0 == self.id) {
            let size = PaperSize::parse(paper).ok_or_else(|| corrupt("scheme_prices", "paper", paper))?;
            let of = SizePrices { sheet: Money(*sheet), mono: Money(*mono), color: Money(*color) };
            match used.as_str() {
                PRINT => scheme.print = scheme.print.with(size, of),
                COPY => scheme.copy = scheme.copy.with(size, of),
                other => return Err(corrupt("scheme_prices", "use", other)),
            }
        }
        let (default_one, default_two) = (self.default_one, self.default_two);
        Ok(StoredScheme { id: self.id, scheme, default_one, default_two })
    }
}

impl CoreStore {
    /// Adds a scheme (`id` is not used) and answers with its id.
    ///
    /// # Errors
    /// [`crate::StoreError::Conflict`] on `name` when it is taken.
    pub fn scheme_add(&self, stored: &StoredScheme) -> StoreResult<i64> {
        self.database.write("scheme-add", |connection| {
            keep_defaults_single(connection, stored)?;
            let row = SchemeRow::new(stored);
            let id = insert_returning!(connection, schemes::table, &row, schemes::id)?;
            prices_save(connection, id, &stored.scheme)?;
            Ok(id)
        })
    }

    /// Stores a changed scheme; `false` when there is none with its id.
    ///
    /// # Errors
    /// [`crate::StoreError::Conflict`] on `name` when it is taken.
    pub fn scheme_save(&self, stored: &StoredScheme) -> StoreResult<bool> {
        self.database.write("scheme-save", |connection| {
            keep_defaults_single(connection, stored)?;
            let row = SchemeRow::new(stored);
            let changed = diesel::update(schemes::table.find(stored.id)).set(&row).execute(connection)?;
            if changed == 0 {
                return Ok(false);
            }
            let old = scheme_prices::table.filter(scheme_prices::scheme_id.eq(stored.id));
            diesel::delete(old).execute(connection)?;
            prices_save(connection, stored.id, &stored.scheme)?;
            Ok(true)
        })
    }

    /// Every scheme, by name.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn schemes_list(&self) -> StoreResult<Vec<StoredScheme>> {
        self.database.read("schemes-list", |connection| {
            let rows: Vec<LoadedScheme> = schemes::table.order(schemes::name_key).load(connection)?;
            let prices: Vec<PriceRow> = scheme_prices::table.load(connection)?;
            rows.into_iter().map(|row| row.into_scheme(&prices)).collect()
        })
    }

    /// Deletes a scheme, also from the devices that use it; `false` when there is none.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn scheme_delete(&self, id: i64) -> StoreResult<bool> {
        self.database.write("scheme-delete", |connection| {
            Ok(diesel::delete(schemes::table.find(id)).execute(connection)? > 0)
        })
    }
}

/// There is one default of each kind: a new one takes the place of the old.
fn keep_defaults_single(connection: &mut AnyConnection, stored: &StoredScheme) -> StoreResult<()> {
    if stored.default_one {
        diesel::update(schemes::table).set(schemes::default_one.eq(false)).execute(connection)?;
    }
    if stored.default_two {
        diesel::update(schemes::table).set(schemes::default_two.eq(false)).execute(connection)?;
    }
    Ok(())
}

fn prices_save(connection: &mut AnyConnection, id: i64, scheme: &Scheme) -> StoreResult<()> {
    for (used, prices) in [(PRINT, &scheme.print), (COPY, &scheme.copy)] {
        for (size, of) in prices.sizes() {
            let row = (
                scheme_prices::scheme_id.eq(id),
                scheme_prices::use_.eq(used),
                scheme_prices::paper.eq(size.name()),
                scheme_prices::sheet.eq(of.sheet.0),
                scheme_prices::mono.eq(of.mono.0),
                scheme_prices::color.eq(of.color.0),
            );
            diesel::insert_into(scheme_prices::table).values(row).execute(connection)?;
        }
    }
    Ok(())
}
