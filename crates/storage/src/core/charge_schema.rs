//! Tables of charging; the migrations `0030_charging`, `00701_money_credits`, `0072_sessions_walkups`, `0090_paid_by_person` and
//! `0091_price_agreed` make them.

diesel::table! {
    schemes (id) {
        id -> BigInt, name -> Text, name_key -> Text, description -> Text, job_name_pricing -> Bool,
        print_job -> BigInt, copy_job -> BigInt, fax_job -> BigInt, fax_page -> BigInt, scan_job -> BigInt,
        scan_page -> BigInt, email_job -> BigInt, email_page -> BigInt, default_one -> Bool, default_two -> Bool,
    }
}

diesel::table! {
    scheme_prices (scheme_id, use_, paper) {
        scheme_id -> BigInt,
        #[sql_name = "use"]
        use_ -> Text,
        paper -> Text, sheet -> BigInt, mono -> BigInt, color -> BigInt,
    }
}

diesel::table! {
    device_terms (device_id) {
        device_id -> BigInt, scheme_one -> Nullable<BigInt>, scheme_two -> Nullable<BigInt>,
        features -> Text, allow_pay_user -> Bool, snmp_port -> BigInt, snmp_community -> Text,
    }
}

diesel::table! {
    charges (id) {
        id -> Text, job_id -> BigInt, job_name -> Text, user_id -> BigInt, holder -> Text, device_id -> BigInt,
        device_name -> Text, pages -> BigInt, price -> BigInt, state -> BigInt, actual -> BigInt,
        message -> Text, created_us -> BigInt, ended_us -> Nullable<BigInt>,
    }
}

diesel::table! {
    job_payments (job_id, user_id) {
        job_id -> BigInt, user_id -> BigInt, pages -> BigInt, amount -> BigInt, amount_two -> BigInt,
    }
}

diesel::table! {
    job_agreements (job_id) {
        job_id -> BigInt, price -> BigInt, agreed_us -> BigInt,
    }
}

diesel::table! {
    credits (id) {
        id -> BigInt, name -> Text, name_key -> Text, group_id -> BigInt, enabled -> Bool, account -> BigInt,
        action -> Text, amount -> BigInt, comment -> Text, starts -> Text, ends -> Text, frequency -> Text,
        done_us -> BigInt, created_us -> BigInt,
    }
}

diesel::table! {
    credit_runs (credit_id, due_us) {
        credit_id -> BigInt, due_us -> BigInt, ended_us -> BigInt, given -> BigInt, refused -> BigInt,
    }
}

diesel::table! {
    walkups (id) {
        id -> Text, device_id -> BigInt, session -> Text, kind -> Text, color -> Bool, user_id -> BigInt, cost -> Text,
        reservation -> Text, record -> Binary, parts -> Text, price -> BigInt, price_two -> BigInt,
        started_us -> BigInt, heard_us -> BigInt, ended_us -> Nullable<BigInt>,
    }
}
