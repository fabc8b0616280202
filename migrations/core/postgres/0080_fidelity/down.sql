DROP TABLE device_drivers;
DROP TABLE device_output;
DROP TABLE drivers;
