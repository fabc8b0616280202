//! Tables of the core store; the migrations make them.

diesel::table! {
    settings (key) { key -> Text, value -> Text, }
}

diesel::table! {
    users (id) {
        id -> BigInt, logon -> Text, logon_key -> Text, domain -> Text, domain_key -> Text,
        full_name -> Text, email -> Text, description -> Text, cost_code -> Text, rights -> Text,
        failed_logins -> BigInt, prevent_login -> Bool, print_all_at_login -> Bool,
        pin_hash -> Nullable<Binary>, password_hash -> Nullable<Text>, created_us -> BigInt,
        unit_id -> BigInt, profile -> Text, powers -> Text, puk_hash -> Nullable<Binary>,
        puk_sealed -> Nullable<Binary>,
    }
}

diesel::table! {
    strangers (id) { id -> BigInt, failed_logins -> BigInt, }
}

diesel::table! {
    cards (id) {
        id -> BigInt, user_id -> BigInt, code_hash -> Binary, code_sealed -> Binary,
        starts_us -> Nullable<BigInt>, ends_us -> Nullable<BigInt>, created_us -> BigInt,
        source -> BigInt, reminders -> BigInt,
    }
}

diesel::table! {
    devices (id) {
        id -> BigInt, name -> Text, name_key -> Text, channel -> Text, address -> Text, location -> Text,
        model -> Text, mac -> Text, color -> Bool, duplex -> Bool, print_all_at_login -> Bool,
        methods -> Text, driver_name -> Text, key_sealed -> Binary, last_seen_us -> Nullable<BigInt>,
        failed_logins -> BigInt, created_us -> BigInt,
    }
}

diesel::table! {
    drivers (name_key) { name_key -> Text, name -> Text, learnt -> Bool, created_us -> BigInt, }
}

diesel::table! {
    device_output (device_id) { device_id -> BigInt, driver_check -> Text, toner_save -> Bool, }
}

diesel::table! {
    device_drivers (device_id, name_key) { device_id -> BigInt, name_key -> Text, name -> Text, }
}

diesel::table! {
    push_queues (queue_id) {
        queue_id -> BigInt, device -> Text, forward -> Text, when_away -> Text, cost_code -> Text,
        driver_name -> Text, snmp_status -> Bool, confirm_price -> Bool,
    }
}

diesel::table! {
    queues (id) {
        id -> BigInt, name -> Text, name_key -> Text, kind -> Text, description -> Text, location -> Text,
        owner -> Text, fixed_logon -> Text, raw_port -> Nullable<BigInt>, default_domain -> Text,
        hide_document_name -> Bool, color -> Bool, duplex -> Bool, accepting_jobs -> Bool,
        created_us -> BigInt, logon_rule -> Text, toner_save -> Bool,
    }
}

diesel::table! {
    jobs (id) {
        id -> BigInt, submission_id -> Text, queue_id -> BigInt, queue_name -> Text, owner_id -> BigInt,
        owner_logon -> Text, submit_logon -> Text, name -> Text, state -> BigInt, reason -> Text,
        message -> Text, created_us -> BigInt, processing_us -> Nullable<BigInt>,
        completed_us -> Nullable<BigInt>, document -> Nullable<Text>, bytes -> BigInt, format -> Text,
        source_host -> Text, source_protocol -> Text, ticket -> Text, count_pending -> Bool,
        count -> Text, retained -> Bool, printed -> BigInt, panel_copies -> BigInt,
        device_id -> Nullable<BigInt>, marked_for_deletion -> Bool,
    }
}

diesel::table! {
    outbox (id) {
        id -> BigInt, recipient -> Text, key -> Text, payload -> Binary, created_us -> BigInt,
    }
}

diesel::table! {
    mails (id) {
        id -> BigInt, key -> Text, kind -> Text, recipient -> Text, sealed -> Binary, state -> Text,
        attempts -> BigInt, error -> Text, created_us -> BigInt, next_us -> BigInt, ended_us -> Nullable<BigInt>,
    }
}

diesel::table! {
    certificates (id) {
        id -> BigInt, user_id -> BigInt, fingerprint -> Binary, subject -> Text, created_us -> BigInt,
        starts_us -> BigInt, ends_us -> BigInt,
    }
}

diesel::table! {
    statistics (id) {
        id -> BigInt, at_us -> BigInt, ended_us -> Nullable<BigInt>, documents -> BigInt, bytes -> BigInt,
        people -> BigInt, cards -> BigInt, devices -> BigInt, queues -> BigInt, findings -> BigInt,
        deleted -> BigInt,
    }
}

diesel::table! {
    tokens (id) {
        id -> BigInt, user_id -> BigInt, queue_id -> BigInt, hash -> Binary, created_us -> BigInt,
        ends_us -> Nullable<BigInt>,
    }
}

diesel::table! {
    user_search (user_id) { user_id -> BigInt, key -> Text, }
}

diesel::table! {
    domains (id) { id -> BigInt, name -> Text, name_key -> Text, description -> Text, }
}

diesel::table! {
    aliases (id) { id -> BigInt, user_id -> BigInt, name -> Text, name_key -> Text, domain_key -> Text, }
}

diesel::table! {
    user_groups (id) {
        id -> BigInt, name -> Text, name_key -> Text, domain -> Text, domain_key -> Text, description -> Text,
        prints -> Bool, print_once -> Bool, everybody -> Bool,
    }
}

diesel::table! {
    group_members (group_id, user_id) { group_id -> BigInt, user_id -> BigInt, }
}

diesel::table! {
    units (id) { id -> BigInt, parent_id -> BigInt, name -> Text, name_key -> Text, description -> Text, }
}

diesel::table! {
    group_units (group_id, unit_id) { group_id -> BigInt, unit_id -> BigInt, }
}

diesel::table! {
    device_places (device_id) { device_id -> BigInt, unit_id -> BigInt, restricted -> Bool, }
}

diesel::table! {
    delegates (id) {
        id -> BigInt, submitter_id -> BigInt, collector_id -> BigInt, always -> Bool,
        ends_us -> Nullable<BigInt>, state -> Text, created_us -> BigInt,
    }
}

diesel::table! {
    job_shares (kind, subject_id, job_id) { job_id -> BigInt, kind -> Text, subject_id -> BigInt, }
}

diesel::table! {
    job_gone (job_id, user_id) { job_id -> BigInt, user_id -> BigInt, }
}

diesel::joinable!(user_search -> users (user_id));
diesel::joinable!(aliases -> users (user_id));
diesel::joinable!(group_members -> users (user_id));
diesel::joinable!(group_members -> user_groups (group_id));
diesel::joinable!(group_units -> user_groups (group_id));
diesel::joinable!(job_shares -> jobs (job_id));
diesel::allow_tables_to_appear_in_same_query!(user_search, users);
diesel::allow_tables_to_appear_in_same_query!(aliases, users);
diesel::allow_tables_to_appear_in_same_query!(group_members, users);
diesel::allow_tables_to_appear_in_same_query!(group_members, user_groups);
diesel::allow_tables_to_appear_in_same_query!(group_units, user_groups);
diesel::allow_tables_to_appear_in_same_query!(job_shares, jobs);
diesel::allow_tables_to_appear_in_same_query!(job_shares, job_gone);
diesel::allow_tables_to_appear_in_same_query!(job_gone, jobs);
diesel::joinable!(cards -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(cards, users);
