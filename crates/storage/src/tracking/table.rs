//! The table of records; see the migrations for what its columns are for.

diesel::table! {
    records (sequence) {
        sequence -> BigInt,
        tracking_id -> Text,
        start_us -> BigInt,
        stop_us -> BigInt,
        interrupted -> Bool,
        job_type -> BigInt,
        job_name -> Text,
        job_size -> BigInt,
        user_logon -> Text,
        user_domain -> Text,
        cost_code -> Text,
        device_name -> Text,
        billing_code -> Text,
        pages -> BigInt,
        color_pages -> BigInt,
        sheets -> BigInt,
        price -> BigInt,
        price2 -> BigInt,
        is_duplex -> Bool,
        is_color -> Bool,
        count_status -> BigInt,
        export_label -> Text,
        detail -> Text,
    }
}
