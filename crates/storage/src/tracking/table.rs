//! The tables; see the migrations for what their columns are for.

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
        deleted_by -> BigInt,
    }
}

diesel::table! {
    subjects (id) {
        id -> BigInt,
        kind -> BigInt,
        name -> Text,
        newest_us -> BigInt,
        detail -> Text,
    }
}

diesel::table! {
    sums (kind, level, block, subject, interrupted) {
        kind -> BigInt,
        level -> BigInt,
        block -> BigInt,
        subject -> BigInt,
        interrupted -> BigInt,
        jobs -> BigInt,
        size -> BigInt,
        pages -> BigInt,
        color_pages -> BigInt,
        sheets -> BigInt,
        copy_pages -> BigInt,
        send_pages -> BigInt,
        duplex_jobs -> BigInt,
        color_jobs -> BigInt,
        price -> BigInt,
        price2 -> BigInt,
    }
}

diesel::table! {
    collected (name) {
        name -> Text,
        sequence -> BigInt,
    }
}

diesel::table! {
    buried (tracking_id) {
        tracking_id -> Text,
        buried_us -> BigInt,
    }
}
