//! Tables of charging; the migration `0030_charging` makes them.

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
    user_terms (user_id) {
        user_id -> BigInt, control -> Text, encrypt -> Bool, bill_clients -> Bool,
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
    job_paid (job_id) {
        job_id -> BigInt, pages -> BigInt, amount -> BigInt, amount_two -> BigInt,
    }
}
