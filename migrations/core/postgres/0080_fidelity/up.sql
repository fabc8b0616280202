-- Names of printer drivers that documents named, or an administrator added.
CREATE TABLE drivers (
    name_key   TEXT NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL,
    -- False: added by an administrator.
    learnt     BOOLEAN NOT NULL,
    created_us BIGINT NOT NULL
);
-- What a device has beside its properties; a device without a row has nothing.
CREATE TABLE device_output (
    device_id    BIGINT NOT NULL PRIMARY KEY REFERENCES devices (id) ON DELETE CASCADE,
    -- off, warn or filter; empty for the setting of all devices.
    driver_check TEXT NOT NULL,
    -- Everything is printed with less toner.
    toner_save   BOOLEAN NOT NULL
);
-- Drivers whose documents suit a device.
CREATE TABLE device_drivers (
    device_id BIGINT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
    name_key  TEXT NOT NULL,
    name      TEXT NOT NULL,
    PRIMARY KEY (device_id, name_key)
);
