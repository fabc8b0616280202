//! The books on both databases: nothing is forgotten, nothing is done twice, no change goes unnoticed.

mod tamper;

use diesel::connection::SimpleConnection;
use domain::ledger::{Account, Counter, Holder, Memo, Order, Policy, Request, Split, State, TransferId};
use domain::{Money, Timestamp};

use super::{CashFilter, Purses, Refused, SCHEMA, Totals};
use crate::testing::each_database;
use crate::{AnyConnection, Database};

fn id(text: &str) -> TransferId {
    TransferId::parse(text).unwrap()
}

fn holder(text: &str) -> Holder {
    Holder::parse(text).unwrap()
}

fn order(name: &str, person: &str, request: Request) -> Order {
    let memo = Memo { author: "cashier".into(), gid: "g1".into(), comment: format!("für {name}") };
    Order::New { id: id(name), holder: holder(person), request, memo }
}

fn reserve(amount: i64) -> Request {
    Request::Reserve { amount: Money(amount), policy: Policy::Partial, expires: Timestamp(500) }
}

fn settle(name: &str, actual: i64) -> Order {
    Order::Settle { id: id(name), actual: Money(actual) }
}

/// Two people, every kind of request, and reservations in every state.
fn story() -> Vec<Order> {
    vec![
        order("open-a", "anna", Request::Open),
        order("open-b", "Ben", Request::Open),
        order("deposit", "anna", Request::Deposit(Account::One, Money(100_000))),
        order("quota", "anna", Request::Deposit(Account::Two, Money(20_000))),
        order("withdraw", "anna", Request::Withdraw(Account::One, Money(10_000))),
        order("set", "ben", Request::Set(Account::Two, Money(5_000))),
        order("limit", "ben", Request::LimitSet(Money(-5_000))),
        order("settled", "anna", reserve(30_000)),
        settle("settled", 18_500),
        order("voided", "anna", reserve(1_000)),
        Order::Void { id: id("voided") },
        order("copy", "ben", Request::ReserveAll { policy: Policy::Quota, expires: Timestamp(0) }),
        order("freed", "ben", Request::Free(Money(4_000))),
        order("pending", "anna", reserve(2_000)),
    ]
}

#[test]
fn a_batch_answers_order_by_order_and_stays() {
    each_database(&SCHEMA, |database| {
        let store = Purses::on(database.clone());
        let mut orders = story();
        orders.insert(4, order("refused", "nobody", Request::Deposit(Account::One, Money(1))));
        let answers = store.batch(&orders, Timestamp(7)).unwrap();
        for (number, answer) in answers.iter().enumerate() {
            assert_eq!(answer.is_err(), number == 4, "{:?}: {answer:?}", orders[number]);
        }
        assert_eq!(answers[4], Err(Refused::HolderUnknown));
        let anna = store.purse(&holder("ANNA")).unwrap().unwrap();
        assert_eq!(anna.balance, Split { one: Money(90_000), two: Money(1_500) });
        assert_eq!(anna.reserved, Split { one: Money(500), two: Money(1_500) });
        assert_eq!(store.purse(&holder("nobody")).unwrap(), None);
        let ben = store.purse(&holder("ben")).unwrap().unwrap();
        assert_eq!((ben.reserved.two, ben.low_limit), (Money(4_000), Money(-5_000)));
        let counters: i64 = store.counters().unwrap().iter().map(|(_, balance)| balance.0).sum();
        assert_eq!(counters + anna.balance.sum().0 + ben.balance.sum().0, 0);
        assert_eq!(store.counters().unwrap()[3], (Counter::Sales, Money(18_500)));
        let settled = store.transfer(&id("settled")).unwrap().unwrap();
        assert_eq!((settled.state, settled.memo.comment.as_str()), (State::Posted, "für settled"));
        let proof = store.prove().unwrap();
        assert_eq!(proof.findings, Vec::<String>::new());
        assert_eq!((proof.entries, proof.purses, proof.transfers), (15, 2, 12));
    });
}

#[test]
fn every_order_may_be_repeated_in_the_same_batch_and_later() {
    each_database(&SCHEMA, |database| {
        let store = Purses::on(database.clone());
        let once = story();
        let twice: Vec<Order> = once.iter().flat_map(|order| [order.clone(), order.clone()]).collect();
        let answers = store.batch(&twice, Timestamp(7)).unwrap();
        for pair in answers.chunks(2) {
            assert_eq!(pair[0], pair[1]);
        }
        let proof = store.prove().unwrap();
        // Reservations that ended cannot be asked for anew: their ids answer as they stand.
        let again = store.batch(&once, Timestamp(99)).unwrap();
        assert!(again.iter().all(Result::is_ok), "{again:?}");
        assert_eq!(store.prove().unwrap(), proof, "nothing moved");
        let other = order("deposit", "anna", Request::Deposit(Account::One, Money(2)));
        assert_eq!(store.batch(&[other], Timestamp(99)).unwrap(), [Err(Refused::ExistsDifferently)]);
    });
}

#[test]
fn pages_meet_every_purse_and_transfer_once() {
    each_database(&SCHEMA, |database| {
        let store = Purses::on(database.clone());
        let mut orders: Vec<Order> =
            (0..7).map(|n| order(&format!("o{n}"), &format!("p{n}"), Request::Open)).collect();
        orders.push(order("d", "p0", Request::Deposit(Account::One, Money(100_000))));
        store.batch(&orders, Timestamp(1)).unwrap();
        for n in 0..9 {
            store.batch(&[order(&format!("r{n}"), "p0", reserve(n + 1))], Timestamp(10 + n / 2)).unwrap();
        }
        let (mut names, mut last) = (Vec::new(), None);
        loop {
            let page = store.purses_page(last.as_ref(), 3).unwrap();
            let Some(purse) = page.last() else { break };
            last = Some(purse.holder.clone());
            names.extend(page.iter().map(|purse| purse.holder.as_str().to_owned()));
        }
        assert_eq!(names, (0..7).map(|n| format!("p{n}")).collect::<Vec<_>>());
        let (mut ids, mut last) = (Vec::new(), None);
        loop {
            let page = store.transfers_page(&holder("p0"), last.as_ref(), 4).unwrap();
            let Some(transfer) = page.last() else { break };
            last = Some(transfer.clone());
            ids.extend(page.iter().map(|transfer| transfer.id.as_str().to_owned()));
        }
        assert_eq!(ids, ["r8", "r7", "r6", "r5", "r4", "r3", "r2", "r1", "r0", "o0", "d"]);
        assert_eq!(store.transfers_pending(None, 100).unwrap().len(), 9);
        assert_eq!(store.transfers_pending(Some(Timestamp(499)), 100).unwrap().len(), 0);
        let due = store.transfers_pending(Some(Timestamp(500)), 2).unwrap();
        assert_eq!(due.iter().map(|transfer| transfer.id.as_str()).collect::<Vec<_>>(), ["r0", "r1"]);
    });
}

fn tamper(database: &Database, statement: &str) {
    database
        .write("tamper", |connection| {
            match connection {
                AnyConnection::Sqlite(connection) => connection.batch_execute(statement)?,
                AnyConnection::Postgres(connection) => connection.batch_execute(statement)?,
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn tampering_with_any_row_is_found() {
    let numbers = |table: &str, columns: &[&str], key: &str| -> Vec<String> {
        columns
            .iter()
            .map(|column| format!("UPDATE {table} SET {column} = {column} + 1 WHERE {key}"))
            .collect()
    };
    let mut statements = vec![
        "DELETE FROM entries WHERE sequence = 3".to_owned(),
        "DELETE FROM entries WHERE sequence = 15".to_owned(),
        "DELETE FROM entries".to_owned(),
        "DELETE FROM transfers WHERE id = 'deposit'".to_owned(),
        "DELETE FROM purses WHERE holder = 'ben'".to_owned(),
        "DELETE FROM counters WHERE counter = 1".to_owned(),
        "UPDATE entries SET holder = 'ben' WHERE sequence = 3".to_owned(),
        "UPDATE entries SET transfer = 'quota' WHERE sequence = 3".to_owned(),
        "UPDATE entries SET hash = (SELECT hash FROM entries WHERE sequence = 4) WHERE sequence = 3".to_owned(),
        "UPDATE transfers SET comment = 'for somebody else' WHERE id = 'deposit'".to_owned(),
        "UPDATE transfers SET author = '' WHERE id = 'settled'".to_owned(),
        "UPDATE transfers SET gid = 'g2' WHERE id = 'pending'".to_owned(),
        "UPDATE transfers SET holder = 'ben' WHERE id = 'deposit'".to_owned(),
        "UPDATE transfers SET id = 'deposited' WHERE id = 'deposit'".to_owned(),
        "INSERT INTO purses VALUES ('mallory', 1, -1, 0, 0, 0, 7)".to_owned(),
        "INSERT INTO transfers SELECT 'forged', holder, kind, account, amount, policy, expires_us, author, gid, \
         comment, state, split_one, split_two, created_us, ended_us FROM transfers WHERE id = 'deposit'"
            .to_owned(),
        "UPDATE purses SET balance_one = balance_one + 5 WHERE holder = 'anna'; \
         UPDATE counters SET balance = balance - 5 WHERE counter = 1"
            .to_owned(),
    ];
    let of_purse = ["balance_one", "balance_two", "reserved_one", "reserved_two", "low_limit", "opened_us"];
    statements.extend(numbers("purses", &of_purse, "holder = 'anna'"));
    let of_transfer = [
        "kind",
        "account",
        "amount",
        "policy",
        "expires_us",
        "state",
        "split_one",
        "split_two",
        "created_us",
        "ended_us",
    ];
    statements.extend(numbers("transfers", &of_transfer, "id = 'deposit'"));
    statements.extend(numbers("transfers", &of_transfer, "id = 'pending'"));
    let of_entry = [
        "event",
        "balance_one",
        "balance_two",
        "reserved_one",
        "reserved_two",
        "low_limit",
        "counter",
        "after_one",
        "after_two",
        "at_us",
    ];
    statements.extend(numbers("entries", &of_entry, "sequence = 3"));
    statements.extend(numbers("entries", &of_entry, "sequence = 15"));
    statements.extend(numbers("counters", &["balance"], "counter = 4"));
    statements.extend(numbers("head", &["sequence"], "id = 1"));
    // Nothing depends on the database here: one of them is enough.
    let directory = tempfile::tempdir().unwrap();
    let template = Purses::open(crate::Location::Sqlite(directory.path().join("books.sqlite"))).unwrap();
    template.batch(&story(), Timestamp(7)).unwrap();
    assert_eq!(template.prove().unwrap().findings, Vec::<String>::new());
    let copies = directory.path().join("copies");
    std::fs::create_dir(&copies).unwrap();
    let template = crate::backup::copy(template.database(), &copies).unwrap();
    for (number, statement) in statements.iter().enumerate() {
        let path = directory.path().join(format!("{number}.sqlite"));
        std::fs::copy(&template, &path).unwrap();
        let store = Purses::open(crate::Location::Sqlite(path)).unwrap();
        tamper(store.database(), statement);
        let findings = store.prove().unwrap().findings;
        assert!(!findings.is_empty(), "not found: {statement}");
    }
}

/// PAY-6: what cashiers moved, page by page, and what is in the system.
#[test]
fn the_cashiers_reports_show_what_was_moved_by_hand() {
    each_database(&SCHEMA, |database| {
        let store = Purses::on(database.clone());
        assert_eq!(store.totals().unwrap(), Totals::default());
        for (at, order) in (1..).zip(story()) {
            store.batch(&[order], Timestamp(at)).unwrap().remove(0).unwrap();
        }
        let all =
            CashFilter { from: Timestamp(0), to: Timestamp(i64::MAX), account: None, author: String::new() };
        let listed = |filter: &CashFilter| {
            let (mut ids, mut after) = (Vec::new(), None);
            loop {
                let page = store.transfers_cash(filter, after.as_ref(), 2).unwrap();
                let Some(last) = page.last() else { return ids };
                after = Some(last.clone());
                ids.extend(page.into_iter().map(|transfer| transfer.id.as_str().to_owned()));
            }
        };
        assert_eq!(listed(&all), ["deposit", "quota", "withdraw", "set"]);
        let two = CashFilter { account: Some(Account::Two), ..all.clone() };
        assert_eq!(listed(&two), ["quota", "set"]);
        assert_eq!(listed(&CashFilter { author: "somebody".into(), ..all.clone() }), Vec::<String>::new());
        assert_eq!(
            listed(&CashFilter { from: Timestamp(4), to: Timestamp(6), ..all }),
            ["quota", "withdraw"]
        );
        let totals = store.totals().unwrap();
        assert_eq!(totals.purses, 2);
        // 100,000 - 10,000 on account 1 and 20,000 + 5,000 on account 2, less 18,500 that were printed.
        assert_eq!(totals.balance.sum(), Money(96_500));
        assert_eq!(totals.reserved.sum(), Money(2_000 + 4_000));
    });
}

/// PAY-10: old transactions go, each person's last stays, and what is left can still be proved and not be changed.
#[test]
fn a_clean_up_keeps_what_the_guide_says_and_the_proof() {
    each_database(&SCHEMA, |database| {
        let store = Purses::on(database.clone());
        for (at, order) in (1..).zip(story()) {
            store.batch(&[order], Timestamp(at)).unwrap().remove(0).unwrap();
        }
        let before = (store.purse(&holder("anna")).unwrap(), store.purse(&holder("ben")).unwrap());
        let cleaned = store.clean(Timestamp(12), Timestamp(20)).unwrap();
        assert_eq!(cleaned.findings, Vec::<String>::new());
        let left = |person: &str| -> Vec<String> {
            let page = store.transfers_page(&holder(person), None, 100).unwrap();
            page.into_iter().map(|transfer| transfer.id.as_str().to_owned()).collect()
        };
        // Line 12 is ben's copy, which is pending still; the ones before are gone.
        assert_eq!(left("anna"), ["pending"]);
        assert_eq!(left("ben"), ["freed", "copy"]);
        assert!(cleaned.transfers > 0 && cleaned.entries >= 11, "{cleaned:?}");
        assert_eq!((store.purse(&holder("anna")).unwrap(), store.purse(&holder("ben")).unwrap()), before);
        let proof = store.prove().unwrap();
        assert_eq!((proof.findings, proof.head), (Vec::<String>::new(), cleaned.head));

        // Life goes on, and it can be cleaned again, to the last line.
        store.batch(&[settle("pending", 1_000)], Timestamp(30)).unwrap().remove(0).unwrap();
        assert_eq!(store.prove().unwrap().findings, Vec::<String>::new());
        let again = store.clean(Timestamp(100), Timestamp(101)).unwrap();
        assert_eq!(
            (left("anna"), left("ben")),
            (vec!["pending".to_owned()], vec!["freed".to_owned(), "copy".to_owned()])
        );
        assert_eq!(store.prove().unwrap().findings, Vec::<String>::new());
        assert_eq!(
            store.clean(Timestamp(100), Timestamp(102)).unwrap().head,
            again.head,
            "nothing is left to clean"
        );

        // Whatever of it is changed is found.
        for (change, back) in [
            (
                "UPDATE transfers SET comment = 'x' WHERE id = 'freed'",
                "UPDATE transfers SET comment = 'für freed' WHERE id = 'freed'",
            ),
            (
                "UPDATE purses SET balance_one = balance_one + 1 WHERE holder = 'anna'",
                "UPDATE purses SET balance_one = balance_one - 1 WHERE holder = 'anna'",
            ),
            (
                "UPDATE checkpoint SET sequence = sequence - 1",
                "UPDATE checkpoint SET sequence = sequence + 1",
            ),
            (
                "UPDATE checkpoint SET content = replace(content, 'purse\tanna\t', 'purse\tanna\t1')",
                "UPDATE checkpoint SET content = replace(content, 'purse\tanna\t1', 'purse\tanna\t')",
            ),
        ] {
            tamper(database, change);
            assert_ne!(store.prove().unwrap().findings, Vec::<String>::new(), "{change}");
            tamper(database, back);
            assert_eq!(store.prove().unwrap().findings, Vec::<String>::new(), "{back}");
        }
        tamper(database, "DELETE FROM transfers WHERE id = 'freed'");
        assert_ne!(store.prove().unwrap().findings, Vec::<String>::new());
    });
}
