//! Refusals as a table, policies as a table, and a walk against an auditor that adds up by itself.

use std::collections::BTreeMap;

use super::*;

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

fn id(text: &str) -> TransferId {
    TransferId::parse(text).unwrap()
}

fn anna() -> Holder {
    Holder::parse("Anna").unwrap()
}

fn new(name: &str, request: Request) -> Order {
    Order::New { id: id(name), holder: anna(), request, memo: Memo::default() }
}

fn reserve(amount: &str, policy: Policy) -> Request {
    Request::Reserve { amount: money(amount), policy, expires: Timestamp(1_000) }
}

/// A purse with these balances.
fn book(one: &str, two: &str) -> Book {
    let mut book = Book::default();
    book.apply(&new("open", Request::Open), Timestamp(1)).unwrap();
    for (name, account, amount) in [("one", Account::One, one), ("two", Account::Two, two)] {
        book.apply(&new(name, Request::Set(account, money(amount))), Timestamp(1)).unwrap();
    }
    book
}

fn balances(book: &Book) -> (Split, Split) {
    let purse = book.purse(&anna()).unwrap();
    (purse.balance, purse.reserved)
}

fn pair(one: &str, two: &str) -> Split {
    Split { one: money(one), two: money(two) }
}

#[test]
fn a_refusal_is_the_first_of_its_order_and_changes_nothing() {
    let mut base = book("10", "0");
    for (name, request) in [
        ("pending", reserve("1", Policy::Full)),
        ("posted", reserve("1", Policy::Full)),
        ("voided", reserve("1", Policy::Full)),
        ("expired", reserve("1", Policy::Full)),
    ] {
        base.apply(&new(name, request), Timestamp(1)).unwrap();
    }
    base.apply(&Order::Settle { id: id("posted"), actual: money("1") }, Timestamp(2)).unwrap();
    base.apply(&Order::Void { id: id("voided") }, Timestamp(2)).unwrap();
    base.apply(&Order::Expire { id: id("expired") }, Timestamp(1_000)).unwrap();
    let stranger = |request| Order::New {
        id: id("x"),
        holder: Holder::parse("nobody").unwrap(),
        request,
        memo: Memo::default(),
    };
    let long = |request| Order::New {
        id: id("x"),
        holder: anna(),
        request,
        memo: Memo { comment: "x".repeat(TEXT_MAX + 1), ..Memo::default() },
    };
    let deposit = |amount| Request::Deposit(Account::One, amount);
    let huge = Money(AMOUNT_MAX.0 + 1);
    let settle = |name, actual| Order::Settle { id: id(name), actual };
    let table = [
        (long(deposit(Money(-1))), Refused::TextTooLong),
        (new("x", deposit(Money::ZERO)), Refused::AmountNotPositive),
        (new("x", deposit(Money(i64::MIN))), Refused::AmountNotPositive),
        (new("x", Request::Withdraw(Account::One, Money::ZERO)), Refused::AmountNotPositive),
        (new("x", reserve("-0.0001", Policy::Full)), Refused::AmountNotPositive),
        (new("x", Request::Free(Money(-1))), Refused::AmountNotPositive),
        (settle("pending", Money(-1)), Refused::AmountNotPositive),
        (new("pending", deposit(huge)), Refused::AmountTooLarge),
        (new("x", Request::Set(Account::One, Money(i64::MIN))), Refused::AmountTooLarge),
        (new("x", Request::LimitSet(huge)), Refused::AmountTooLarge),
        (settle("pending", huge), Refused::AmountTooLarge),
        (new("pending", reserve("2", Policy::Full)), Refused::ExistsDifferently),
        (new("pending", reserve("1", Policy::Partial)), Refused::ExistsDifferently),
        (new("one", deposit(money("1"))), Refused::ExistsDifferently),
        (stranger(deposit(money("1"))), Refused::HolderUnknown),
        (stranger(reserve("0", Policy::Full)), Refused::HolderUnknown),
        (settle("x", money("1")), Refused::TransferUnknown),
        (Order::Void { id: id("x") }, Refused::TransferUnknown),
        (settle("one", money("1")), Refused::NotAReservation),
        (settle("posted", money("2")), Refused::AlreadyPosted),
        (Order::Void { id: id("posted") }, Refused::AlreadyPosted),
        (Order::Expire { id: id("posted") }, Refused::AlreadyPosted),
        (settle("voided", money("1")), Refused::AlreadyVoided),
        (Order::Expire { id: id("voided") }, Refused::AlreadyVoided),
        (settle("expired", money("1")), Refused::AlreadyExpired),
        (Order::Expire { id: id("pending") }, Refused::NotYetExpired),
        (new("x", Request::Withdraw(Account::One, money("8.0001"))), Refused::InsufficientFunds),
        (new("x", reserve("8.0001", Policy::Full)), Refused::InsufficientFunds),
        (
            new("x", Request::ReserveAll { policy: Policy::Quota, expires: Timestamp(0) }),
            Refused::InsufficientFunds,
        ),
        (new("x", deposit(AMOUNT_MAX)), Refused::BalanceTooLarge),
    ];
    for window in table.windows(2) {
        assert!(window[0].1 <= window[1].1, "the table is in the order of checking");
    }
    for (order, refused) in table {
        let mut book = base.clone();
        let lines = book.clone().into_changes().entries.len();
        assert_eq!(book.apply(&order, Timestamp(999)), Err(refused), "{order:?}");
        assert_eq!(balances(&book), balances(&base));
        assert_eq!(book.into_changes().entries.len(), lines);
    }
}

/// PAY-3.
#[test]
fn accounts_pay_in_the_order_of_the_policy() {
    // Balances, policy, price, what is reserved on each account; `None` when it is refused.
    let table = [
        ("5", "3", Policy::Full, "5", Some(("5", "0"))),
        ("5", "3", Policy::Full, "5.0001", None),
        ("5", "3", Policy::Quota, "3", Some(("0", "3"))),
        ("5", "3", Policy::Quota, "3.0001", None),
        ("5", "3", Policy::Partial, "2", Some(("0", "2"))),
        ("5", "3", Policy::Partial, "4", Some(("1", "3"))),
        ("5", "3", Policy::Partial, "8", Some(("5", "3"))),
        ("5", "3", Policy::Partial, "8.0001", None),
        ("5", "-1", Policy::Partial, "4", Some(("4", "0"))),
        ("5", "-1", Policy::Partial, "4.0001", None),
        ("0", "0", Policy::Full, "0", Some(("0", "0"))),
        ("-1", "0", Policy::Full, "0", Some(("0", "0"))),
    ];
    for (one, two, policy, price, expected) in table {
        let mut book = book(one, two);
        let receipt = book.apply(&new("job", reserve(price, policy)), Timestamp(2));
        let reserved = receipt.map(|receipt| receipt.transfer.split);
        let expected = expected.map(|(one, two)| pair(one, two)).ok_or(Refused::InsufficientFunds);
        assert_eq!(reserved, expected, "{one} {two} {policy:?} {price}");
        assert_eq!(balances(&book).0, pair(one, two), "a reservation moves nothing");
    }
}

/// PAY-1.
#[test]
fn the_low_limit_stays_untouched_and_may_be_below_zero() {
    let mut book = book("5", "0");
    book.apply(&new("limit", Request::LimitSet(money("1"))), Timestamp(1)).unwrap();
    assert_eq!(book.purse(&anna()).unwrap().disposable(Policy::Full), money("4"));
    assert_eq!(
        book.apply(&new("a", reserve("4.5", Policy::Full)), Timestamp(1)),
        Err(Refused::InsufficientFunds)
    );
    book.apply(&new("debt", Request::LimitSet(money("-2"))), Timestamp(1)).unwrap();
    book.apply(&new("b", reserve("7", Policy::Full)), Timestamp(1)).unwrap();
    let settled = book.apply(&Order::Settle { id: id("b"), actual: money("7") }, Timestamp(2)).unwrap();
    assert_eq!(settled.purse.balance.one, money("-2"));
}

/// PAY-2.
#[test]
fn what_was_printed_is_what_is_charged() {
    // Reserved 4 under partial recovery with 3 of quota: 3 + 1.
    let table = [("4", "4", "0"), ("2", "5", "1"), ("0", "5", "3"), ("6", "2", "0"), ("9", "-1", "0")];
    for (actual, one, two) in table {
        let mut book = book("5", "3");
        book.apply(&new("job", reserve("4", Policy::Partial)), Timestamp(2)).unwrap();
        let settle = Order::Settle { id: id("job"), actual: money(actual) };
        let first = book.apply(&settle, Timestamp(3)).unwrap();
        assert_eq!(balances(&book), (pair(one, two), Split::default()), "{actual}");
        assert_eq!(book.apply(&settle, Timestamp(9)).unwrap(), first, "the same again answers the same");
    }
}

/// PAY-2.
#[test]
fn a_copy_keeps_everything_back_until_it_is_settled() {
    let mut book = book("5", "3");
    let all = Request::ReserveAll { policy: Policy::Partial, expires: Timestamp(0) };
    book.apply(&new("copy", all), Timestamp(2)).unwrap();
    assert_eq!(balances(&book).1, pair("5", "3"));
    let second = book.apply(&new("print", reserve("0.01", Policy::Partial)), Timestamp(2));
    assert_eq!(second, Err(Refused::InsufficientFunds));
    book.apply(&Order::Settle { id: id("copy"), actual: money("0.79") }, Timestamp(3)).unwrap();
    assert_eq!(balances(&book), (pair("5", "2.21"), Split::default()));
}

/// PAY-4.
#[test]
fn reservations_are_given_free_newest_first_and_in_part() {
    let mut book = book("10", "2");
    for (instant, name) in [(1, "old"), (2, "middle"), (3, "new")] {
        book.apply(&new(name, reserve("3", Policy::Partial)), Timestamp(instant)).unwrap();
    }
    assert_eq!(balances(&book).1, pair("7", "2"));
    book.apply(&new("free", Request::Free(money("4"))), Timestamp(4)).unwrap();
    let states: Vec<State> =
        ["old", "middle", "new"].map(|name| book.transfer(&id(name)).unwrap().state).into();
    assert_eq!(states, [State::Pending, State::Pending, State::Voided]);
    assert_eq!(balances(&book).1.sum(), money("4"));
    book.apply(&new("rest", Request::Free(Money::ZERO)), Timestamp(5)).unwrap();
    assert_eq!(balances(&book), (pair("10", "2"), Split::default()));
    let late = book.apply(&Order::Settle { id: id("old"), actual: money("3") }, Timestamp(6));
    assert_eq!(late, Err(Refused::AlreadyVoided));
}

/// A small generator: the walk is the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// Adds up what the receipts say, without knowing how they came about.
#[derive(Default)]
struct Auditor {
    balances: BTreeMap<Holder, i64>,
    reserved: BTreeMap<TransferId, (Holder, i64)>,
}

#[test]
fn a_long_walk_keeps_the_books_balanced() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let holders: Vec<Holder> = (0..5).map(|n| Holder::parse(&format!("p{n}")).unwrap()).collect();
    let mut book = Book::default();
    let mut auditor = Auditor::default();
    for (number, holder) in holders.iter().enumerate() {
        let open = Order::New {
            id: id(&format!("open{number}")),
            holder: holder.clone(),
            request: Request::Open,
            memo: Memo::default(),
        };
        book.apply(&open, Timestamp(0)).unwrap();
    }
    let (mut done, mut refused) = (0, 0);
    for step in 0..20_000 {
        let now = Timestamp(step);
        let amount = Money(i64::try_from(dice.roll(50_000)).unwrap());
        let account = if dice.roll(2) == 0 { Account::One } else { Account::Two };
        let policy = [Policy::Full, Policy::Partial, Policy::Quota][dice.roll(3) as usize];
        let expires = Timestamp(step + i64::try_from(dice.roll(200)).unwrap());
        let known = id(&format!("t{}", dice.roll(step.unsigned_abs() + 1)));
        let request = match dice.roll(10) {
            0 | 1 => Some(Request::Deposit(account, amount)),
            2 => Some(Request::Withdraw(account, amount)),
            3 => Some(Request::LimitSet(Money(amount.0 - 25_000))),
            4..=6 => Some(Request::Reserve { amount, policy, expires }),
            7 if dice.roll(20) == 0 => Some(Request::Free(amount)),
            _ => None,
        };
        let order = match request {
            Some(request) => Order::New {
                id: id(&format!("t{step}")),
                holder: holders[dice.roll(5) as usize].clone(),
                request,
                memo: Memo::default(),
            },
            None => match dice.roll(4) {
                0 => Order::Void { id: known },
                1 => Order::Expire { id: known },
                _ => Order::Settle { id: known, actual: amount },
            },
        };
        let answer = book.apply(&order, now);
        assert_eq!(
            book.apply(&order, now).is_ok(),
            answer.is_ok(),
            "asking twice changes nothing: {order:?}"
        );
        let Ok(receipt) = answer else {
            refused += 1;
            continue;
        };
        done += 1;
        audit(&mut auditor, &order, &receipt);
        let total: i64 = auditor
            .reserved
            .values()
            .filter(|(holder, _)| *holder == receipt.purse.holder)
            .map(|(_, held)| held)
            .sum();
        if !matches!(order, Order::New { request: Request::Free(_), .. }) {
            assert_eq!(receipt.purse.reserved.sum().0, total, "{order:?}");
        } else {
            // Free changes other transfers than its own: the auditor asks for them again.
            auditor.reserved.retain(|id, _| book.transfer(id).unwrap().state == State::Pending);
            for (id, (_, held)) in &mut auditor.reserved {
                *held = book.transfer(id).unwrap().split.sum().0;
            }
        }
        assert_eq!(
            receipt.purse.balance.sum().0,
            auditor.balances.get(&receipt.purse.holder).copied().unwrap_or(0),
            "{order:?}"
        );
        assert!(receipt.purse.reserved.one.0 >= 0 && receipt.purse.reserved.two.0 >= 0, "{order:?}");
    }
    assert!(done > 5_000 && refused > 1_000, "the walk meets both: {done} {refused}");
    let people: i64 = book.purses().map(|purse| purse.balance.sum().0).sum();
    let changes = book.into_changes();
    let house: i64 = changes.counters.values().map(|counter| counter.0).sum();
    assert_eq!(people + house, 0);
    let journal: i64 = changes.entries.iter().map(|entry| entry.balance.sum().0).sum();
    assert_eq!(journal, people);
}

fn audit(auditor: &mut Auditor, order: &Order, receipt: &Receipt) {
    let holder = receipt.purse.holder.clone();
    let balance = auditor.balances.entry(holder.clone()).or_default();
    let name = receipt.transfer.id.clone();
    match order {
        Order::New { request: Request::Deposit(_, amount), .. } => *balance += amount.0,
        Order::New { request: Request::Withdraw(_, amount), .. } => *balance -= amount.0,
        Order::New { request: Request::Reserve { amount, .. }, .. } => {
            auditor.reserved.insert(name, (holder, amount.0));
        }
        Order::New { .. } => {}
        Order::Settle { actual, .. } => {
            if auditor.reserved.remove(&name).is_some() {
                *balance -= actual.0;
            }
        }
        Order::Void { .. } | Order::Expire { .. } => drop(auditor.reserved.remove(&name)),
    }
}
