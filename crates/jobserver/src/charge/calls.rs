//! `Charging`: schemes, terms of devices and people, and unfinished reservations.

use domain::charge::{CostControl, Features};
use domain::price::{DocumentPrices, PagePrices, PaperSize, Scheme, SizePrices};
use domain::text::free;
use domain::{Money, Status as Code};
use rpc::Kind;
use rpc::proto::charging::{self as message, charging_server::Charging};
use rpc::proto::common::Empty;
use storage::core::{ChargeEnd, ChargeState, StoredScheme};
use tonic::{Request, Response, Status};

use super::{credit, holder};
use crate::failed::Failed;
use crate::rpc::{Actor, Calls, device_find};
use crate::state::State;

/// Longest name of a scheme, characters.
const NAME_MAX: usize = 80;
/// Longest description, characters.
const TEXT_MAX: usize = 255;
/// People found at most.
const FOUND_MAX: i64 = 500;
/// Unfinished reservations listed at most.
const LISTED_MAX: i64 = 1_000;
/// "The charging scheme is not known."
const SCHEME_NOT_FOUND: Code = Code(240);

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl Charging for Calls {
    async fn scheme_add(&self, request: Request<message::Scheme>) -> Answer<message::Scheme> {
        self.run(request, |state, scheme| {
            let stored = StoredScheme { id: 0, ..parse(scheme)? };
            let id = state.store.scheme_add(&stored).map_err(|error| taken(error, &stored))?;
            tracing::info!(scheme = stored.scheme.name, "a charging scheme was added");
            Ok(show(&StoredScheme { id, ..stored }))
        })
        .await
    }

    async fn scheme_save(&self, request: Request<message::Scheme>) -> Answer<message::Scheme> {
        self.run(request, |state, scheme| {
            let stored = parse(scheme)?;
            if !state.store.scheme_save(&stored).map_err(|error| taken(error, &stored))? {
                return Err(unknown(&stored.scheme.name));
            }
            tracing::info!(scheme = stored.scheme.name, "a charging scheme was changed");
            Ok(show(&stored))
        })
        .await
    }

    async fn scheme_show(&self, request: Request<message::SchemeShowRequest>) -> Answer<message::Scheme> {
        self.run(request, |state, request| Ok(show(&find(state, &request.name)?))).await
    }

    async fn scheme_list(
        &self,
        request: Request<message::SchemeListRequest>,
    ) -> Answer<message::SchemeListAnswer> {
        self.run(request, |state, _| {
            let schemes = state.store.schemes_list()?.iter().map(show).collect();
            Ok(message::SchemeListAnswer { schemes })
        })
        .await
    }

    async fn scheme_delete(&self, request: Request<message::SchemeDeleteRequest>) -> Answer<Empty> {
        self.run(request, |state, request| {
            let stored = find(state, &request.name)?;
            state.store.scheme_delete(stored.id)?;
            tracing::info!(scheme = stored.scheme.name, "a charging scheme was deleted");
            Ok(Empty {})
        })
        .await
    }

    async fn device_terms_show(
        &self,
        request: Request<message::DeviceTermsShowRequest>,
    ) -> Answer<message::DeviceTerms> {
        self.run(request, |state, request| device_terms(state, &device_find(state, &request.device)?)).await
    }

    async fn device_terms_edit(
        &self,
        request: Request<message::DeviceTermsEditRequest>,
    ) -> Answer<message::DeviceTerms> {
        self.run(request, device_terms_edit).await
    }

    async fn user_terms_show(
        &self,
        request: Request<message::UserTermsShowRequest>,
    ) -> Answer<message::UserTerms> {
        self.run(request, |state, request| user_terms(state, &crate::rpc::user_find(state, &request.logon)?))
            .await
    }

    async fn user_terms_edit(
        &self,
        request: Request<message::UserTermsEditRequest>,
    ) -> Answer<message::UserTerms> {
        self.run(request, |state, request| {
            let user = crate::rpc::user_find(state, &request.logon)?;
            let mut terms = state.store.user_terms(user.id)?;
            if let Some(control) = &request.control {
                terms.control = CostControl::parse(control)
                    .ok_or_else(|| Failed::invalid("cost control is one of none, tracking, pay"))?;
            }
            terms.encrypt = request.encrypt.unwrap_or(terms.encrypt);
            terms.bill_clients = request.bill_clients.unwrap_or(terms.bill_clients);
            state.store.user_terms_set(user.id, &terms)?;
            user_terms(state, &user)
        })
        .await
    }

    async fn holder_find(
        &self,
        request: Request<message::HolderFindRequest>,
    ) -> Answer<message::HolderFindAnswer> {
        self.run(request, |state, request| {
            let holders = if request.code.is_empty() {
                let found = state.store.users_list(request.text.trim(), domain::UserId(0), FOUND_MAX)?;
                found.iter().map(holder).collect()
            } else {
                // What has not even the form of a card is nobody's.
                let code = domain::secret::CardCode::parse(&request.code).ok();
                let found =
                    code.map(|code| state.store.card_holder(&state.keys.card_hash(&code))).transpose()?;
                found.flatten().iter().map(|found| holder(&found.user)).collect()
            };
            Ok(message::HolderFindAnswer { holders })
        })
        .await
    }

    async fn unfinished_list(
        &self,
        request: Request<message::UnfinishedListRequest>,
    ) -> Answer<message::UnfinishedListAnswer> {
        let names = Actor::of(&request).sees_document_names(&self.server.0);
        self.run(request, move |state, _| {
            let states = [
                ChargeState::Open,
                ChargeState::Settle,
                ChargeState::Void,
                ChargeState::Kept,
                ChargeState::Refused,
            ];
            let found = state.store.charges_in(&states, LISTED_MAX)?.into_iter();
            let unfinished = found.map(|charge| {
                let told = unfinished(charge);
                // As 'tracking' and 'jobs' hide them.
                if names { told } else { message::Unfinished { job_name: String::new(), ..told } }
            });
            Ok(message::UnfinishedListAnswer { unfinished: unfinished.collect() })
        })
        .await
    }

    async fn unfinished_resolve(&self, request: Request<message::UnfinishedResolveRequest>) -> Answer<Empty> {
        use message::unfinished_resolve_request::How;
        let answer = self
            .run(request, |state, request| {
                let (to, actual) = match request.how {
                    Some(How::Settle(amount)) if amount < 0 => {
                        return Err(Failed::invalid("the amount cannot be negative"));
                    }
                    Some(How::Settle(amount)) if Money(amount) > domain::ledger::AMOUNT_MAX => {
                        return Err(Failed::invalid("the amount is too large"));
                    }
                    Some(How::Settle(amount)) => (ChargeState::Settle, Money(amount)),
                    Some(How::GiveBack(true)) => (ChargeState::Void, Money::ZERO),
                    Some(How::GiveBack(false)) | None => {
                        return Err(Failed::invalid("say whether to charge an amount or to give it back"));
                    }
                };
                let nothing = || {
                    let text = format!("there is no unfinished reservation '{}'", request.id);
                    Failed::not_found(Code::RESERVATION_FAILED, text)
                };
                let charge = state.store.charge_show(&request.id)?.ok_or_else(nothing)?;
                match charge.state {
                    ChargeState::Kept | ChargeState::Refused => {}
                    ChargeState::Open => {
                        let text = "the document is still printing; wait until it ends";
                        return Err(Failed::new(Kind::Conflict, Code::JOB_LOCKED, text));
                    }
                    ChargeState::Settle | ChargeState::Void => return Err(nothing()),
                }
                let end = ChargeEnd { id: charge.id, state: to, actual, message: charge.message };
                state.store.charge_end(charge.state, &end, state.now())?;
                tracing::info!(reservation = end.id, %actual, "an unfinished reservation was ended by hand");
                Ok(Empty {})
            })
            .await?;
        self.server.0.charge.wake();
        Ok(answer)
    }

    async fn credit_add(&self, request: Request<message::CreditAddRequest>) -> Answer<message::Credit> {
        self.run(request, credit::calls::add).await
    }

    async fn credit_edit(&self, request: Request<message::CreditEditRequest>) -> Answer<message::Credit> {
        self.run(request, credit::calls::edit).await
    }

    async fn credit_show(&self, request: Request<message::CreditShowRequest>) -> Answer<message::Credit> {
        self.run(request, credit::calls::show).await
    }

    async fn credit_list(
        &self,
        request: Request<message::CreditListRequest>,
    ) -> Answer<message::CreditListAnswer> {
        self.run(request, credit::calls::list).await
    }

    async fn credit_delete(&self, request: Request<message::CreditDeleteRequest>) -> Answer<Empty> {
        self.run(request, credit::calls::delete).await
    }

    async fn credit_run_list(
        &self,
        request: Request<message::CreditRunListRequest>,
    ) -> Answer<message::CreditRunListAnswer> {
        self.run(request, credit::calls::runs).await
    }
}

fn unfinished(charge: storage::core::Charge) -> message::Unfinished {
    use message::unfinished::State;
    let state = match charge.state {
        ChargeState::Open => State::Open,
        ChargeState::Settle => State::Settle,
        ChargeState::Void => State::Void,
        ChargeState::Kept => State::Kept,
        ChargeState::Refused => State::Refused,
    };
    message::Unfinished {
        id: charge.id,
        job_id: charge.job.0,
        job_name: charge.job_name,
        holder: charge.holder,
        device: charge.device_name,
        pages: charge.pages,
        price: charge.price.0,
        state: state.into(),
        message: charge.message,
        created_us: charge.created.0,
        ended_us: charge.ended.map_or(0, |ended| ended.0),
    }
}

fn user_terms(state: &State, user: &domain::user::User) -> Result<message::UserTerms, Failed> {
    let terms = state.store.user_terms(user.id)?;
    Ok(message::UserTerms {
        logon: user.logon.to_string(),
        control: terms.control.as_str().to_owned(),
        encrypt: terms.encrypt,
        bill_clients: terms.bill_clients,
        holder: holder(user),
    })
}

fn device_terms(state: &State, device: &domain::device::Device) -> Result<message::DeviceTerms, Failed> {
    let charging = state.store.device_charging(device.id)?;
    let schemes = state.store.schemes_list()?;
    let name = |id: Option<i64>| {
        let found = schemes.iter().find(|stored| Some(stored.id) == id);
        found.map(|stored| stored.scheme.name.clone()).unwrap_or_default()
    };
    Ok(message::DeviceTerms {
        device: device.name.to_string(),
        scheme_one: name(charging.scheme_one),
        scheme_two: name(charging.scheme_two),
        features: charging.terms.features.names().into_iter().map(str::to_owned).collect(),
        allow_pay_user: charging.terms.allow_pay_user,
        snmp_port: charging.snmp_port.into(),
    })
}

fn device_terms_edit(
    state: &State,
    request: message::DeviceTermsEditRequest,
) -> Result<message::DeviceTerms, Failed> {
    let device = device_find(state, &request.device)?;
    let mut charging = state.store.device_charging(device.id)?;
    let id = |name: &str| match name {
        "" => Ok(None),
        name => find(state, name).map(|stored| Some(stored.id)),
    };
    if let Some(name) = &request.scheme_one {
        charging.scheme_one = id(name)?;
    }
    if let Some(name) = &request.scheme_two {
        charging.scheme_two = id(name)?;
    }
    if let Some(features) = &request.features {
        charging.terms.features = Features::parse(features.names.iter().map(String::as_str))
            .map_err(|word| Failed::invalid(format!("'{word}' is no feature of a device")))?;
    }
    charging.terms.allow_pay_user = request.allow_pay_user.unwrap_or(charging.terms.allow_pay_user);
    if let Some(port) = request.snmp_port {
        let port = u16::try_from(port).ok().filter(|port| *port != 0);
        charging.snmp_port = port.ok_or_else(|| Failed::invalid("a port is 1 to 65535"))?;
    }
    if let Some(community) = request.snmp_community {
        let fits =
            (1..=64).contains(&community.len()) && community.bytes().all(|byte| byte.is_ascii_graphic());
        if !fits {
            return Err(Failed::invalid("an SNMP community has 1 to 64 printable characters"));
        }
        charging.snmp_community = community;
    }
    state.store.device_charging_set(device.id, &charging)?;
    device_terms(state, &device)
}

fn find(state: &State, name: &str) -> Result<StoredScheme, Failed> {
    let key = domain::text::fold(name.trim());
    let schemes = state.store.schemes_list()?;
    let found = schemes.into_iter().find(|stored| domain::text::fold(&stored.scheme.name) == key);
    found.ok_or_else(|| unknown(name))
}

fn unknown(name: &str) -> Failed {
    let name = domain::text::shorten(name, NAME_MAX);
    Failed::not_found(SCHEME_NOT_FOUND, format!("there is no charging scheme '{name}'"))
}

fn taken(error: storage::StoreError, stored: &StoredScheme) -> Failed {
    if error.is_conflict_on("name") {
        let text = format!("a charging scheme '{}' exists already", stored.scheme.name);
        return Failed::new(Kind::Conflict, Code::NAME_EXISTS, text);
    }
    error.into()
}

fn parse(scheme: message::Scheme) -> Result<StoredScheme, Failed> {
    let invalid = |error: domain::TextError| Failed::invalid(error.to_string());
    let name = free("name of a scheme", &scheme.name, NAME_MAX).map_err(invalid)?;
    if name.is_empty() {
        return Err(Failed::invalid("a charging scheme needs a name"));
    }
    let document = |prices: Option<message::DocumentPrices>| {
        let prices = prices.unwrap_or_default();
        DocumentPrices { job: Money(prices.job), page: Money(prices.page) }
    };
    let parsed = Scheme {
        name,
        description: free("description", &scheme.description, TEXT_MAX).map_err(invalid)?,
        job_name_pricing: scheme.job_name_pricing,
        print: pages(scheme.print.unwrap_or_default())?,
        copy: pages(scheme.copy.unwrap_or_default())?,
        fax: document(scheme.fax),
        scan: document(scheme.scan),
        email: document(scheme.email),
    };
    parsed.check().map_err(|refused| Failed::invalid(refused.to_string()))?;
    let (default_one, default_two) = (scheme.default_one, scheme.default_two);
    Ok(StoredScheme { id: scheme.id, scheme: parsed, default_one, default_two })
}

fn pages(prices: message::PagePrices) -> Result<PagePrices, Failed> {
    let mut parsed = PagePrices::new(Money(prices.job));
    for size in prices.sizes {
        let paper = PaperSize::parse(&size.paper).ok_or_else(|| {
            let known: Vec<&str> = PaperSize::ALL.into_iter().map(PaperSize::name).collect();
            Failed::invalid(format!("'{}' is no paper of a scheme; use {}", size.paper, known.join(", ")))
        })?;
        let of = SizePrices { sheet: Money(size.sheet), mono: Money(size.mono), color: Money(size.color) };
        parsed = parsed.with(paper, of);
    }
    Ok(parsed)
}

fn show(stored: &StoredScheme) -> message::Scheme {
    let scheme = &stored.scheme;
    let pages = |prices: &PagePrices| message::PagePrices {
        job: prices.job.0,
        sizes: prices
            .sizes()
            .map(|(size, of)| message::SizePrices {
                paper: size.name().to_owned(),
                sheet: of.sheet.0,
                mono: of.mono.0,
                color: of.color.0,
            })
            .collect(),
    };
    let document =
        |prices: DocumentPrices| Some(message::DocumentPrices { job: prices.job.0, page: prices.page.0 });
    message::Scheme {
        id: stored.id,
        name: scheme.name.clone(),
        description: scheme.description.clone(),
        job_name_pricing: scheme.job_name_pricing,
        print: Some(pages(&scheme.print)),
        copy: Some(pages(&scheme.copy)),
        fax: document(scheme.fax),
        scan: document(scheme.scan),
        email: document(scheme.email),
        default_one: stored.default_one,
        default_two: stored.default_two,
    }
}
