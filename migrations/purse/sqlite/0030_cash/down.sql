DROP INDEX transfers_cash;
